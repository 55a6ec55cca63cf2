import { decode } from "@sumac/cbor";
import { parseEncrypt, parseSign1, serializeSign1, verifySign1 } from "@sumac/cose";
import { bytesToHex, type Crypto, hexToBytes } from "@sumac/crypto";
import type { Vector } from "../../firmware-fixtures/vectors-source/vector-file.ts";
import { testPublicKey } from "./test-public-key.ts";
import { refusedInput, type Verdict } from "./verdict.ts";

/** What every COSE vector signs: the README prints it. */
const signedPayload: Uint8Array = hexToBytes(
  "822f5820000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
);

const keys = new Map(["vendor", "vendor-p256"].map((name) => [name, testPublicKey(name)]));

/** Any vector of this layer, by its headers. */
export function judgeCoseVector({ bytes, headers }: Pick<Vector, "bytes" | "headers">, crypto: Crypto): Verdict {
  return headers.context === "encrypt" ? judgeEncrypt(bytes) : judgeCose(bytes, headers.key ?? "vendor", crypto);
}

/** Reads how a payload is encrypted, without decrypting anything. */
function judgeEncrypt(bytes: Uint8Array): Verdict {
  const item = decode(bytes, { field: "encrypt", tags: [16, 96], mapOrder: "any", maxDepth: 8 });
  if (!item.ok) return refusedInput(item.error);
  const encrypt = parseEncrypt(item.value, "encrypt");
  if (!encrypt.ok) return refusedInput(encrypt.error);
  const { encoded } = encrypt.value;
  return { verdict: "accept", meaning: { encoded: bytesToHex(encoded) }, rewritten: encoded };
}

/** Reads a block as an envelope does, and asks whether it is the key's signature over the payload. */
function judgeCose(bytes: Uint8Array, keyName: string, crypto: Crypto): Verdict {
  const key = keys.get(keyName);
  if (key === undefined) throw new Error(`no key ${keyName}`);
  const item = decode(bytes, { field: "block", tags: [17, 18, 97, 98], mapOrder: "any", maxDepth: 8 });
  if (!item.ok) return refusedInput(item.error);
  const sign1 = parseSign1(item.value, "block");
  if (!sign1.ok) return refusedInput(sign1.error);
  if (!verifySign1(sign1.value, key, signedPayload, crypto)) return refusedInput({ code: "signature-invalid" });
  const meaning = { protected: bytesToHex(sign1.value.protected), algorithm: String(sign1.value.algorithm) };
  return { verdict: "accept", meaning, rewritten: serializeSign1(sign1.value) };
}

import {
  type CborItem,
  type CborValue,
  decode,
  encode,
  err,
  type Malformed,
  malformed,
  ok,
  type Result,
} from "@sumac/cbor";
import {
  algorithmById,
  algorithmForScheme,
  buildSign1,
  keyId,
  parseEmbeddedSign1,
  protectedHeaderFor,
  serializeEmbeddedSign1,
  sign1Tag,
  toBeSigned,
  verifySign1,
} from "@sumac/cose";
import { bytesToHex, type Crypto, equalBytes, type PublicKey } from "@sumac/crypto";
import type { DeviceKey } from "./device-key.ts";

/** Why something is not this device's word. Key ids are hex. */
export type StatementRefusal =
  | Malformed
  | { readonly code: "statement-signer-unknown"; readonly keyId: string; readonly expected: string }
  | { readonly code: "statement-algorithm-not-allowed"; readonly algorithm: number | bigint | null }
  | { readonly code: "statement-signature-invalid" };

/**
 * A COSE_Sign1 by the device key. `kind` stands first in what is signed: no statement is ever taken for one of another
 * kind, for a report (a map) or for the digest of an envelope.
 */
export async function signStatement(
  kind: string,
  content: readonly CborValue[],
  key: DeviceKey,
  crypto: Crypto,
): Promise<Uint8Array> {
  const payload = encode([kind, ...content]);
  const header = { algorithm: algorithmForScheme(key.publicKey.scheme), keyId: keyId(key.publicKey, crypto) };
  const signature = new Uint8Array(await key.sign(toBeSigned(protectedHeaderFor(header), payload)));
  return serializeEmbeddedSign1(buildSign1({ ...header, signature }), payload);
}

/** What was signed behind the kind. The key decides the algorithm; a key id in the message only has to agree. */
export function verifyStatement(
  bytes: Uint8Array,
  kind: string,
  deviceKey: PublicKey,
  crypto: Crypto,
): Result<readonly CborItem[], StatementRefusal> {
  const item = decode(new Uint8Array(bytes), { field: "statement", tags: [sign1Tag], mapOrder: "any" });
  if (!item.ok) return item;
  const parsed = parseEmbeddedSign1(item.value, "statement");
  if (!parsed.ok) return parsed;
  const { sign1, payload, payloadOffset } = parsed.value;
  const expected = keyId(deviceKey, crypto);
  if (sign1.keyId !== undefined && !equalBytes(sign1.keyId, expected)) {
    return err({ code: "statement-signer-unknown", keyId: bytesToHex(sign1.keyId), expected: bytesToHex(expected) });
  }
  const algorithm = sign1.algorithm === undefined ? undefined : algorithmById(sign1.algorithm);
  if (algorithm?.scheme !== deviceKey.scheme || algorithm.status === "legacy") {
    return err({ code: "statement-algorithm-not-allowed", algorithm: sign1.algorithm ?? null });
  }
  if (!verifySign1(sign1, deviceKey, payload, crypto)) return err({ code: "statement-signature-invalid" });
  const content = decode(payload, { field: "statement", baseOffset: payloadOffset });
  if (!content.ok) return content;
  if (content.value.kind !== "array") return err(malformed("wrong-type", "statement", payloadOffset));
  const [mark, ...rest] = content.value.items;
  if (mark?.kind !== "text" || mark.value !== kind)
    return err(malformed("wrong-value", "statement.kind", payloadOffset));
  return ok(rest);
}

import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { encode } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import { testKeyFiles } from "../test-keys.ts";

export const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());

/** A TEST ONLY Ed25519 key of `keys/`. Its signatures are the same every time, so the files are too. */
export interface TestSigner {
  /** The COSE kid: SHA-256 of the TUF key object. Written out here, apart from the code that is tested with it. */
  readonly keyId: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

function testSigner(holder: string): TestSigner {
  const privateKey = ed25519Key(holder);
  const spki = createPublicKey(privateKey.export({ type: "pkcs8", format: "pem" })).export({
    type: "spki",
    format: "der",
  });
  const publicHex = bytesToHex(new Uint8Array(spki.subarray(-32)));
  const keyObject = `{"keytype":"ed25519","keyval":{"public":"${publicHex}"},"scheme":"ed25519"}`;
  return {
    keyId: sha256(new TextEncoder().encode(keyObject)),
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}

function ed25519Key(holder: string): KeyObject {
  const file = testKeyFiles(holder).find(({ name }) => name === `${holder}.test-only.private.pem`);
  if (file === undefined) throw new RangeError(`no test key of ${holder}`);
  return createPrivateKey(file.text);
}

export const vendor: TestSigner = testSigner("vendor");
export const owner: TestSigner = testSigner("owner");
export const foreign: TestSigner = testSigner("foreign");

/** What a COSE_Sign1 signature covers (RFC 9052 4.4). */
export const signatureInput = (protectedHeader: Uint8Array, payload: Uint8Array): Uint8Array =>
  encode(["Signature1", protectedHeader, new Uint8Array(), payload]);

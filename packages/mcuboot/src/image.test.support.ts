import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { hexToBytes, type PublicKey, schemeForms } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { type ImageInput, layOutImage } from "./build-image.ts";

export interface TestKey {
  readonly publicKey: PublicKey;
  readonly privateKey: KeyObject;
}

/** TEST ONLY: made anew for each run. */
export function testKey(scheme: "ed25519" | "ecdsa-p256-sha256"): TestKey {
  const { publicKey, privateKey } =
    scheme === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const der = publicKey.export({ format: "der", type: "spki" });
  const bytes = new Uint8Array(der.subarray(hexToBytes(schemeForms[scheme].spkiPrefix).length));
  return { publicKey: { scheme, bytes }, privateKey };
}

export const signRaw = ({ publicKey, privateKey }: TestKey, message: Uint8Array): Uint8Array =>
  publicKey.scheme === "ed25519"
    ? sign(null, message, privateKey)
    : sign("sha256", message, { key: privateKey, dsaEncoding: "ieee-p1363" });

/** A small image of version 1.2.3+4 with counter 7, whatever else is asked for. */
export function imageInput(key: TestKey, change: Partial<ImageInput> = {}): ImageInput {
  return {
    payload: Uint8Array.from({ length: 300 }, (_, i) => (i * 7) & 0xff),
    headerSpace: "added",
    headerSize: 64,
    version: { major: 1, minor: 2, revision: 3, build: 4 },
    securityCounter: 7,
    signature: { key: key.publicKey, kind: "digest" },
    ...change,
  };
}

export function signedImage(key: TestKey, change: Partial<ImageInput> = {}): Uint8Array {
  const laidOut = layOutImage(imageInput(key, change), nodeCrypto);
  if (!laidOut.ok) throw new Error(laidOut.error.code);
  return laidOut.value.finish(signRaw(key, laidOut.value.toBeSigned));
}

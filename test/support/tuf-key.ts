import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { PublicKey } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { canonicalJson, jsonValue, type PlainJson, tufKeyId, tufKeyObject } from "@sumac/tuf";

/** A key pair of a test repository, TEST ONLY: made when the test runs, gone with it. */
export interface RepositoryKey {
  readonly id: string;
  readonly object: PlainJson;
  readonly publicKey: PublicKey;
  /** Signs in the form of TUF, as hex. */
  readonly sign: (message: Uint8Array) => string;
}

export function repositoryKey(kind: "ed25519" | "p256" = "ed25519"): RepositoryKey {
  const pair = kind === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const publicKey = rawPublicKey(pair.publicKey, kind);
  const object = tufKeyObject(publicKey);
  if (object === undefined) throw new Error(`${publicKey.scheme} is not written`);
  return { id: tufKeyId(publicKey, nodeCrypto), object, publicKey, sign: signer(pair.privateKey, kind) };
}

const signer =
  (privateKey: KeyObject, kind: "ed25519" | "p256"): RepositoryKey["sign"] =>
  (message) =>
    sign(kind === "ed25519" ? null : "sha256", message, privateKey).toString("hex");

function rawPublicKey(key: KeyObject, kind: "ed25519" | "p256"): PublicKey {
  const der = createPublicKey(key.export({ format: "pem", type: "spki" })).export({ format: "der", type: "spki" });
  return kind === "ed25519"
    ? { scheme: "ed25519", bytes: new Uint8Array(der.subarray(-32)) }
    : { scheme: "ecdsa-p256-sha256", bytes: new Uint8Array(der.subarray(-65)) };
}

/** The same key as other software may list it: another key object, so another id. */
export function respelled(key: RepositoryKey, object: PlainJson): RepositoryKey {
  return { ...key, object, id: idOf(object) };
}

export function idOf(object: PlainJson): string {
  const digest = nodeCrypto.startDigest("sha-256");
  digest.update(canonicalJson(jsonValue(object)));
  return Buffer.from(digest.digest()).toString("hex");
}

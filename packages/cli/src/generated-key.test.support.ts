import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";

/** A key pair that is forgotten with the test's folder. */
export interface GeneratedKey {
  /** PKCS#8, unencrypted: for --test-only-key and --decryption-key. */
  readonly private: string;
  readonly public: string;
}

export function generateKey(
  folder: string,
  name: string,
  kind: "p256" | "ed25519" | "ml-dsa-65" | "ml-dsa-87",
): GeneratedKey {
  const key = privateKey(kind);
  const files = { private: path.join(folder, `${name}.pem`), public: path.join(folder, `${name}.pub.pem`) };
  writeFileSync(files.private, key.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  writeFileSync(files.public, createPublicKey(key).export({ type: "spki", format: "pem" }));
  return files;
}

function privateKey(kind: Parameters<typeof generateKey>[2]): KeyObject {
  switch (kind) {
    case "p256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    case "ed25519":
      return generateKeyPairSync("ed25519").privateKey;
    case "ml-dsa-65":
      return generateKeyPairSync("ml-dsa-65").privateKey;
    case "ml-dsa-87":
      return generateKeyPairSync("ml-dsa-87").privateKey;
  }
}

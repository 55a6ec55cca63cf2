import { lstat, mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { err, ok, type Result } from "@sumac/cbor";
import { keyId, publicKeyPem } from "@sumac/cose";
import { equalBytes, type PublicKey } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import type { KeyRefusal, KeyWarning } from "./key-refusal.ts";
import {
  type AgeRefusal,
  decryptAgeFile,
  defaultWorkFactor,
  encryptAgeFile,
  highestWorkFactor,
  lowestGoodWorkFactor,
} from "./node-age-file.ts";
import { readSmallFile } from "./node-bounded-file.ts";
import { createFiles } from "./node-create-files.ts";
import {
  generatePrivateKey,
  type KeyAlgorithm,
  parsePrivateKey,
  privateKeySigner,
  publicPart,
} from "./node-private-key.ts";
import { readPublicKey } from "./node-public-key.ts";
import { KeyStorageUnavailable, systemCode } from "./node-unavailable.ts";
import { minimumPassphraseCharacters, type Passphrase } from "./passphrase.ts";
import type { PassphraseRefusal } from "./passphrase-refusal.ts";
import { recogniseContent } from "./recognise-content.ts";
import type { Signer } from "./signer.ts";

/** PKCS#8 PEM inside an armored age file: `age --decrypt NAME.pem.age` gives what openssl reads. */
export const privateKeySuffix = ".pem.age";
/** SubjectPublicKeyInfo PEM. */
export const publicKeySuffix = ".pub.pem";

const maxFileBytes = 64 * 1024;

export interface CreateKeyOptions {
  /** Made with mode 0700 if it is not there. */
  readonly directory: string;
  /** 1 to 64 letters, digits, dots, hyphens and underscores, beginning with a letter or digit. */
  readonly name: string;
  readonly algorithm: KeyAlgorithm;
  /** At least 8 characters. The caller wipes it. */
  readonly passphrase: Passphrase;
  /** TEST ONLY: log2 of scrypt's N below the default of 18, to make tests fast. A key made with it is weakly protected. */
  readonly testOnlyWorkFactor?: number;
}

export interface CreatedKey {
  readonly privateKeyPath: string;
  readonly publicKeyPath: string;
  readonly publicKey: PublicKey;
  readonly keyId: Uint8Array;
}

/** Makes a key pair and its two files, both or none; a file that exists is never replaced. */
export async function createKey(
  options: CreateKeyOptions,
): Promise<Result<CreatedKey, KeyRefusal | PassphraseRefusal>> {
  const { directory, name, algorithm, passphrase, testOnlyWorkFactor = defaultWorkFactor } = options;
  if (!Number.isInteger(testOnlyWorkFactor) || testOnlyWorkFactor < 1 || testOnlyWorkFactor > highestWorkFactor) {
    throw new RangeError(`a work factor is 1 to ${highestWorkFactor}`);
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return err({ code: "key-name-invalid", name });
  if (passphrase.length < minimumPassphraseCharacters) return err({ code: "passphrase-unusable", reason: "too-short" });
  const paths = keyPaths(directory, name);
  // Asked before the costly derivation; `createFiles` is what guarantees it.
  for (const path of [paths.privateKeyPath, paths.publicKeyPath]) {
    if (await exists(path)) return err({ code: "key-exists", path });
  }
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((fault: unknown) => {
    throw new KeyStorageUnavailable(directory, fault);
  });

  const key = generatePrivateKey(algorithm);
  const publicKey = publicPart(key);
  const pem = new TextEncoder().encode(String(key.export({ type: "pkcs8", format: "pem" })));
  const encrypted = await encryptAgeFile(pem, passphrase, testOnlyWorkFactor);
  pem.fill(0);
  const written = await createFiles([
    { path: paths.privateKeyPath, bytes: encrypted, mode: 0o600 },
    { path: paths.publicKeyPath, bytes: new TextEncoder().encode(publicKeyPem(publicKey)), mode: 0o644 },
  ]);
  if (!written.ok) return err({ code: "key-exists", path: written.error.path });
  return ok({ ...paths, publicKey, keyId: keyId(publicKey, nodeCrypto) });
}

/** Where the two files of a key lie. */
export function keyPaths(directory: string, name: string): { privateKeyPath: string; publicKeyPath: string } {
  return {
    privateKeyPath: join(directory, name + privateKeySuffix),
    publicKeyPath: join(directory, name + publicKeySuffix),
  };
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (fault) {
    if (systemCode(fault) === "ENOENT") return false;
    throw new KeyStorageUnavailable(path, fault);
  }
}

export interface OpenedKey {
  readonly signer: Signer;
  readonly warnings: readonly KeyWarning[];
}

/** Opens an encrypted private key file. The public key beside it, if there is one, must belong to it. */
export async function openKey(path: string, passphrase: Passphrase): Promise<Result<OpenedKey, KeyRefusal>> {
  const file = await readPrivateKeyFile(path);
  if (!file.ok) return file;
  const looksLike = recogniseContent(file.value.bytes) ?? "unknown";
  if (looksLike === "private-key") return err({ code: "key-not-encrypted", path });
  if (looksLike !== "age-file") return err({ code: "key-not-age", path, looksLike });
  const decrypted = await decryptAgeFile(file.value.bytes, passphrase);
  if (!decrypted.ok) return err(describeAgeRefusal(decrypted.error, path));
  const { plaintext, workFactor } = decrypted.value;
  const signer = signerFrom(plaintext, path);
  plaintext.fill(0);
  if (!signer.ok) return signer;
  const companion = await checkPublicKeyBeside(path, signer.value.publicKey);
  if (!companion.ok) return companion;
  const warnings: KeyWarning[] = [...file.value.warnings, ...companion.value];
  if (workFactor < lowestGoodWorkFactor) {
    warnings.push({ code: "work-factor-low", path, workFactor, minimum: lowestGoodWorkFactor });
  }
  return ok({ signer: signer.value, warnings });
}

/** TEST ONLY: opens a plain PKCS#8 PEM, which anybody who reads the file can use. Not for keys that a device trusts. */
export async function openUnencryptedTestKey(path: string): Promise<Result<OpenedKey, KeyRefusal>> {
  const file = await readPrivateKeyFile(path);
  if (!file.ok) return file;
  const looksLike = recogniseContent(file.value.bytes) ?? "unknown";
  if (looksLike === "age-file" || looksLike === "encrypted-private-key") return err({ code: "key-encrypted", path });
  const signer = signerFrom(file.value.bytes, path);
  file.value.bytes.fill(0);
  return signer.ok ? ok({ signer: signer.value, warnings: [{ code: "test-key", path }] }) : signer;
}

async function readPrivateKeyFile(
  path: string,
): Promise<Result<{ readonly bytes: Uint8Array; readonly warnings: readonly KeyWarning[] }, KeyRefusal>> {
  const file = await readSmallFile(path, maxFileBytes);
  if (!file.ok) {
    if (file.error.code === "not-found") return err({ code: "key-not-found", path });
    return err({ code: "key-too-large", path, limit: maxFileBytes });
  }
  const { bytes, openTo, mode } = file.value;
  return ok({ bytes, warnings: openTo === 0 ? [] : [{ code: "private-key-readable-by-others", path, mode }] });
}

function signerFrom(pem: Uint8Array, path: string): Result<Signer, KeyRefusal> {
  const key = parsePrivateKey(pem);
  const signer = key.ok ? privateKeySigner(key.value) : key;
  return signer.ok ? signer : err({ code: "key-content-invalid", path, reason: signer.error });
}

function describeAgeRefusal(refusal: AgeRefusal, path: string): KeyRefusal {
  switch (refusal.code) {
    case "truncated":
      return { code: "key-truncated", path };
    case "damaged":
      return { code: "key-damaged", path };
    case "for-recipient":
      return { code: "key-for-recipient", path, recipientTypes: refusal.recipientTypes };
    case "work-factor-too-high":
      return { code: "key-work-factor-too-high", path, workFactor: refusal.workFactor, limit: highestWorkFactor };
    case "wrong-passphrase":
      return { code: "wrong-passphrase", path };
  }
}

/** A swapped public key file would be handed to devices, and the real key's releases refused by them. */
async function checkPublicKeyBeside(path: string, expected: PublicKey): Promise<Result<KeyWarning[], KeyRefusal>> {
  if (!path.endsWith(privateKeySuffix)) return ok([]);
  const name = basename(path, privateKeySuffix);
  const { publicKeyPath } = keyPaths(dirname(path), name);
  const beside = await readPublicKey(publicKeyPath);
  if (!beside.ok) {
    if (beside.error.code === "key-not-found") return ok([{ code: "public-key-missing", path: publicKeyPath }]);
    return beside;
  }
  const { publicKey } = beside.value;
  const isSame = publicKey.scheme === expected.scheme && equalBytes(publicKey.bytes, expected.bytes);
  return isSame ? ok([]) : err({ code: "public-key-mismatch", path, publicKeyPath });
}

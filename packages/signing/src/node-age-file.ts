import { type CipherGCMTypes, createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { err, ok, type Result } from "@sumac/cbor";
import { armor, Decrypter, Encrypter, type Identity, type Recipient, Stanza } from "age-encryption";
import type { Passphrase } from "./passphrase.ts";

// age-encryption.org/v1, "scrypt recipient stanza". The header, its MAC and the payload are the library's; the stanza is
// written here because the library wants the passphrase as a string, which nothing can overwrite, derives the key on
// the thread that should be listening for Ctrl-C, and does not tell a wrong passphrase from another kind of file.

/** log2 of scrypt's N. age itself takes 18; with r = 8 that is 256 MiB of memory for one guess. */
export const defaultWorkFactor = 18;
/** Below it a guess is cheap enough to warn about. */
export const lowestGoodWorkFactor = 16;
/** 1 GiB of memory: more is refused before it is allocated, since the number comes from the file. */
export const highestWorkFactor = 20;

export type AgeRefusal =
  | { readonly code: "truncated" }
  | { readonly code: "damaged" }
  | { readonly code: "for-recipient"; readonly recipientTypes: readonly string[] }
  | { readonly code: "work-factor-too-high"; readonly workFactor: number }
  | { readonly code: "wrong-passphrase" };

/** An armored age file that `age --decrypt` opens with the same passphrase. */
export async function encryptAgeFile(
  plaintext: Uint8Array,
  passphrase: Passphrase,
  workFactor: number,
): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(new PassphraseRecipient(passphrase, workFactor));
  return new TextEncoder().encode(armor.encode(await encrypter.encrypt(plaintext)));
}

export interface DecryptedAgeFile {
  /** Secret: to be overwritten after use. */
  readonly plaintext: Uint8Array;
  readonly workFactor: number;
}

/** Opens an age file, armored or binary, that was encrypted for a passphrase. `file` starts like one. */
export async function decryptAgeFile(
  file: Uint8Array,
  passphrase: Passphrase,
): Promise<Result<DecryptedAgeFile, AgeRefusal>> {
  const binary = removeArmor(file);
  if (!binary.ok) return binary;
  const identity = new PassphraseIdentity(passphrase);
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  try {
    const plaintext = await decrypter.decrypt(binary.value);
    return ok({ plaintext, workFactor: identity.workFactor });
  } catch (fault) {
    if (identity.refusal !== undefined) return err(identity.refusal);
    if (!(fault instanceof Error)) throw fault;
    // The library throws plain errors with sentences: either the header cannot be read, or what follows fails its MAC.
    return err({ code: hasWholeHeader(binary.value) ? "damaged" : "truncated" });
  }
}

function removeArmor(file: Uint8Array): Result<Uint8Array, AgeRefusal> {
  const text = new TextDecoder().decode(file);
  if (!text.trimStart().startsWith("-----BEGIN")) return ok(file);
  if (!text.trimEnd().endsWith("-----END AGE ENCRYPTED FILE-----")) return err({ code: "truncated" });
  try {
    return ok(armor.decode(text));
  } catch {
    return err({ code: "damaged" });
  }
}

/** Whether the line that ends the header is there, with its MAC of 43 characters. */
const hasWholeHeader = (file: Uint8Array): boolean =>
  /\n--- [A-Za-z0-9+/]{43}\n/.test(new TextDecoder("latin1").decode(file.subarray(0, 4096)));

/** Chacha20-Poly1305 with an all-zero nonce: the key is used for this one file key. */
const aead = "chacha20-poly1305" as CipherGCMTypes;
const zeroNonce = new Uint8Array(12);
const tagLength = 16;
const fileKeyLength = 16;
const saltLength = 16;

class PassphraseRecipient implements Recipient {
  readonly #passphrase: Passphrase;
  readonly #workFactor: number;

  constructor(passphrase: Passphrase, workFactor: number) {
    this.#passphrase = passphrase;
    this.#workFactor = workFactor;
  }

  async wrapFileKey(fileKey: Uint8Array): Promise<Stanza[]> {
    const salt = randomBytes(saltLength);
    const key = await deriveKey(this.#passphrase, salt, this.#workFactor);
    const cipher = createCipheriv(aead, key, zeroNonce, { authTagLength: tagLength });
    const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
    key.fill(0);
    return [new Stanza(["scrypt", unpaddedBase64(salt), String(this.#workFactor)], new Uint8Array(body))];
  }
}

class PassphraseIdentity implements Identity {
  readonly #passphrase: Passphrase;
  /** Why the file key could not be had; a value, because what passes through the library is only an exception. */
  refusal: AgeRefusal | undefined;
  workFactor = 0;

  constructor(passphrase: Passphrase) {
    this.#passphrase = passphrase;
  }

  async unwrapFileKey(stanzas: Stanza[]): Promise<Uint8Array | null> {
    const parsed = parseScryptStanza(stanzas);
    if (!parsed.ok) {
      this.refusal = parsed.error;
      return null;
    }
    const { salt, workFactor, body } = parsed.value;
    this.workFactor = workFactor;
    const key = await deriveKey(this.#passphrase, salt, workFactor);
    try {
      const decipher = createDecipheriv(aead, key, zeroNonce, { authTagLength: tagLength });
      decipher.setAuthTag(body.subarray(fileKeyLength));
      return new Uint8Array(Buffer.concat([decipher.update(body.subarray(0, fileKeyLength)), decipher.final()]));
    } catch {
      this.refusal = { code: "wrong-passphrase" };
      return null;
    } finally {
      key.fill(0);
    }
  }
}

interface ScryptStanza {
  readonly salt: Uint8Array;
  readonly workFactor: number;
  readonly body: Uint8Array;
}

function parseScryptStanza(stanzas: readonly Stanza[]): Result<ScryptStanza, AgeRefusal> {
  const [stanza] = stanzas;
  if (stanza === undefined || !stanzas.some(({ args }) => args[0] === "scrypt")) {
    return err({ code: "for-recipient", recipientTypes: stanzas.map(({ args }) => args[0] ?? "") });
  }
  // The format wants a passphrase to be the only way in: a second stanza was added by somebody else.
  const [, saltText = "", workFactorText = ""] = stanza.args;
  const salt = new Uint8Array(Buffer.from(saltText, "base64"));
  const isWellFormed =
    stanzas.length === 1 &&
    stanza.args.length === 3 &&
    salt.length === saltLength &&
    unpaddedBase64(salt) === saltText &&
    /^[1-9][0-9]?$/.test(workFactorText) &&
    stanza.body.length === fileKeyLength + tagLength;
  if (!isWellFormed) return err({ code: "damaged" });
  const workFactor = Number(workFactorText);
  if (workFactor > highestWorkFactor) return err({ code: "work-factor-too-high", workFactor });
  return ok({ salt, workFactor, body: stanza.body });
}

const unpaddedBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replaceAll("=", "");

async function deriveKey(passphrase: Passphrase, salt: Uint8Array, workFactor: number): Promise<Uint8Array> {
  const labelledSalt = Buffer.concat([Buffer.from("age-encryption.org/v1/scrypt"), salt]);
  // scrypt needs 128 * N * r bytes and a little; Node refuses more than 32 MiB unless told.
  const N = 2 ** workFactor;
  const maxmem = 128 * N * 8 + 1024 * 1024;
  return new Promise((resolve, reject) => {
    scrypt(passphrase.reveal(), labelledSalt, 32, { N, r: 8, p: 1, maxmem }, (fault, key) => {
      if (fault === null) resolve(new Uint8Array(key.buffer, key.byteOffset, key.length));
      else reject(fault);
    });
  });
}

import { bytesToHex } from "@sumac/crypto";
import type { KeyRefusal, KeyWarning } from "./key-refusal.ts";
import { minimumPassphraseCharacters } from "./passphrase.ts";
import type { PassphraseRefusal, PassphraseSourceRefusal } from "./passphrase-refusal.ts";
import { contentName } from "./recognise-content.ts";
import type { SignRefusal } from "./sign-envelope.ts";
import { say, type Words } from "./words.ts";

const restore = "restore the file from a backup";
const octal = (mode: number): string => mode.toString(8).padStart(3, "0");

const algorithms = "Ed25519, ECDSA on P-256 or P-384, or ML-DSA-65 or ML-DSA-87";

const flaws: Readonly<Record<PassphraseRefusal["reason"], string>> = {
  empty: "the passphrase is empty",
  "too-short": `the passphrase for a new key is shorter than ${minimumPassphraseCharacters} characters`,
  "too-long": "the passphrase is longer than 1024 bytes",
  "not-utf-8": "the passphrase is not UTF-8 text",
  "control-character": "the passphrase contains a line break or another control character",
};

const contents: Readonly<Record<Extract<KeyRefusal, { code: "key-content-invalid" }>["reason"], string>> = {
  "not-pkcs8": "is no PKCS#8 private key in PEM form",
  "unsupported-algorithm": `is for another algorithm than ${algorithms}`,
  "parts-disagree": "has a public part that does not belong to its private part",
};

export const keyWords: Words<KeyRefusal | KeyWarning> = {
  "key-name-invalid": ({ name }) =>
    say(
      `${JSON.stringify(name)} cannot be the name of a key`,
      "use 1 to 64 letters, digits, dots, hyphens and underscores, beginning with a letter or digit",
    ),
  "key-exists": ({ path }) =>
    say(`${path} exists, and a key is never overwritten`, "choose another name, or move the old key away yourself"),
  "key-not-found": ({ path }) => say(`there is no key file ${path}`, "check the path, or make a key with `keys new`"),
  "key-directory-not-found": ({ path }) =>
    say(`there is no directory ${path}`, "check the path, or make a key with `keys new`"),
  "key-too-large": ({ path, limit }) =>
    say(`${path} is larger than ${limit} bytes, so it is no key file`, "check the path"),
  "key-not-encrypted": ({ path }) =>
    say(
      `${path} is a private key that is not encrypted`,
      "make a new key with `keys new`; whoever read this file can sign with it",
    ),
  "key-encrypted": ({ path }) =>
    say(`${path} is an encrypted key, not a plain test key`, "open it with its passphrase"),
  "key-not-age": ({ path, looksLike }) =>
    say(
      `${path} is not a private key encrypted with age; it looks like ${contentName(looksLike)}`,
      "give the file that ends in .pem.age",
    ),
  "key-truncated": ({ path }) => say(`${path} ends in the middle`, restore),
  "key-damaged": ({ path }) => say(`${path} was altered or cut since it was written`, restore),
  "key-for-recipient": ({ path, recipientTypes }) =>
    say(
      `${path} is encrypted for a recipient key (${recipientTypes.join(", ")}), not with a passphrase`,
      "decrypt it with `age` and its identity, and encrypt it again with `age --passphrase --armor`",
    ),
  "key-work-factor-too-high": ({ path, workFactor, limit }) =>
    say(
      `${path} asks for a scrypt work factor of 2^${workFactor}, more than 2^${limit}`,
      "encrypt it again with a current `age`, or treat the file as hostile if you did not make it",
    ),
  "wrong-passphrase": ({ path }) =>
    say(`the passphrase does not open ${path}`, "type it again, and check which key it is"),
  "key-content-invalid": ({ path, reason }) =>
    say(`the content of ${path} ${contents[reason]}`, "make a key with `keys new`"),
  "public-key-mismatch": ({ path, publicKeyPath }) =>
    say(
      `${publicKeyPath} is not the public key of ${path}`,
      "find out who replaced it; the right one can be made from the private key",
    ),
  "public-key-invalid": ({ path, looksLike }) =>
    say(
      `${path} is no public key of ${algorithms}; it looks like ${contentName(looksLike)}`,
      "give the file that ends in .pub.pem",
    ),
  "private-key-given": ({ path }) =>
    say(`${path} is a private key, and a public one is wanted`, "give the file that ends in .pub.pem"),
  "private-key-readable-by-others": ({ path, mode }) =>
    say(`others may read the private key ${path} (mode ${octal(mode)})`, `run \`chmod 600 ${path}\``),
  "passphrase-file-readable-by-others": ({ path, mode }) =>
    say(`others may read the passphrase file ${path} (mode ${octal(mode)})`, `run \`chmod 600 ${path}\``),
  "public-key-missing": ({ path }) =>
    say(`the public key ${path} is missing`, "devices and verifiers need it; make it from the private key"),
  "work-factor-low": ({ path, workFactor, minimum }) =>
    say(
      `${path} is protected by a scrypt work factor of 2^${workFactor} only, less than 2^${minimum}`,
      "encrypt it again, or make a new key",
    ),
  "test-key": ({ path }) =>
    say(`${path} is a test key without encryption`, "never let a device outside a test trust it"),
};

export const passphraseWords: Words<PassphraseSourceRefusal> = {
  "passphrase-unusable": ({ reason }) => say(flaws[reason], "use several random words"),
  "passphrase-file-not-found": ({ path }) => say(`there is no passphrase file ${path}`, "check the path"),
  "passphrase-file-too-large": ({ path, limit }) =>
    say(`${path} is larger than ${limit} bytes, so it is no passphrase file`, "check the path"),
  "passphrase-variable-unset": ({ variable }) =>
    say(`the environment variable ${variable} is not set`, "set it, or give the passphrase in another way"),
  "passphrase-mismatch": () => say("the two passphrases differ", "try again"),
  "no-terminal": () =>
    say("there is no terminal to ask for the passphrase", "give it in a file or in an environment variable"),
};

type SignerRefusal = Extract<SignRefusal, { readonly code: "own-signature-invalid" | "signer-faulty" }>;

const faults: Readonly<Record<Extract<SignerRefusal, { code: "signer-faulty" }>["fault"], string>> = {
  "key-id": "gave a key id that is not the one of its public key",
  algorithm: "uses an algorithm that does not belong to its key, or a deprecated one",
  signature: "gave a signature that does not verify under its public key",
};

export const signerWords: Words<SignerRefusal> = {
  "own-signature-invalid": ({ keyId, offset }) =>
    say(
      `the envelope has a signature by ${bytesToHex(keyId)} at offset ${offset} that does not verify`,
      "sign the original envelope; this one was altered, or the block was forged",
    ),
  "signer-faulty": ({ keyId, fault }) =>
    say(`the signer ${bytesToHex(keyId)} ${faults[fault]}`, "check the key store or HSM; nothing was signed"),
};

/**
 * Public keys as files: SubjectPublicKeyInfo, in DER (RFC 8410 4, RFC 5480 2) and PEM (RFC 7468 13). Only Ed25519 and
 * P-256 with an uncompressed point, in the one DER form that exists for them.
 */
import { err, type Malformed, type MalformedReason, malformed, ok, type Result } from "@sumac/cbor";
import { concatBytes, equalBytes, hexToBytes, keyFault, type PublicKey, type SignatureScheme } from "@sumac/crypto";
import { decodeBase64, encodeBase64 } from "./base64.ts";

const field = "public-key";

interface KeyForm {
  readonly scheme: SignatureScheme;
  /** Everything before the raw key: algorithm, curve and the head of the bit string. */
  readonly prefix: Uint8Array;
  readonly keyLength: number;
}

const ed25519: KeyForm = { scheme: "ed25519", prefix: hexToBytes("302a300506032b6570032100"), keyLength: 32 };
const p256: KeyForm = {
  scheme: "ecdsa-p256-sha256",
  prefix: hexToBytes("3059301306072a8648ce3d020106082a8648ce3d030107034200"),
  keyLength: 65,
};
/** Recognised only to be refused by name. */
const compressedP256: KeyForm = {
  scheme: "ecdsa-p256-sha256",
  prefix: hexToBytes("3039301306072a8648ce3d020106082a8648ce3d030107032200"),
  keyLength: 33,
};

/**
 * Reads a DER key. Refusals: `private-key`, `compressed-point`, `weak-key` (a small-order Ed25519 point),
 * `wrong-value` (another kind of key, another DER form, or a point off the curve), `wrong-length`.
 */
export function parsePublicKeyDer(der: Uint8Array): Result<PublicKey, Malformed> {
  const form = [ed25519, p256, compressedP256].find(({ prefix }) => equalBytes(der.subarray(0, prefix.length), prefix));
  if (form === undefined) return refuse(isPrivateKeyDer(der) ? "private-key" : "wrong-value", 0);
  const at = form.prefix.length;
  // A copy: the caller's file buffer may be reused, and a trusted key must not change with it. (Buffer's slice copies not.)
  const key: PublicKey = { scheme: form.scheme, bytes: new Uint8Array(der.subarray(at)) };
  if (key.bytes.length !== form.keyLength) return refuse("wrong-length", at);
  const fault = keyFault(key);
  if (fault === undefined) return ok(key);
  return refuse(fault === "not-a-point" ? "wrong-value" : fault, at);
}

/** PKCS#8 (RFC 5958), SEC 1 and PKCS#1 private keys: a SEQUENCE that begins with a version number. */
function isPrivateKeyDer(der: Uint8Array): boolean {
  if (der[0] !== 0x30) return false;
  const lengthByte = der[1] ?? 0;
  const content = lengthByte < 0x80 ? 2 : 2 + (lengthByte & 0x7f);
  return der[content] === 0x02 && der[content + 1] === 0x01;
}

const firstLine = "-----BEGIN PUBLIC KEY-----";
const lastLine = "-----END PUBLIC KEY-----";

/**
 * Reads one PEM key with nothing but white space around it; lines may end in CR LF and have any length. The same refusals as
 * `parsePublicKeyDer`. Offsets count characters of the text; a fault in the decoded key names the start of its base64.
 */
export function parsePublicKeyPem(text: string): Result<PublicKey, Malformed> {
  // Before anything else: also where a file holds the public half, or EC parameters, first.
  const privateKey = text.search(/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/);
  if (privateKey >= 0) return refuse("private-key", privateKey);
  const begin = text.length - text.trimStart().length;
  const end = text.trimEnd().length - lastLine.length;
  if (!text.startsWith(firstLine, begin)) return refuse("wrong-value", begin);
  const bodyStart = begin + firstLine.length;
  if (end < bodyStart || !text.startsWith(lastLine, end)) return refuse("truncated", text.length);
  const der = decodeBase64(text.slice(bodyStart, end).replaceAll(/[\r\n]/g, ""));
  if (der === undefined) return refuse("wrong-value", bodyStart);
  const key = parsePublicKeyDer(der);
  return key.ok ? key : refuse(key.error.reason, bodyStart);
}

/** The key as PEM: lines of 64 columns, line feeds, a line feed at the end. Key ids are made from exactly this text. */
export function publicKeyPem(key: PublicKey): string {
  const { prefix } = key.scheme === "ed25519" ? ed25519 : p256;
  const lines = encodeBase64(concatBytes(prefix, key.bytes)).match(/.{1,64}/g) ?? [];
  return [firstLine, ...lines, lastLine, ""].join("\n");
}

const refuse = (reason: MalformedReason, offset: number): Result<never, Malformed> =>
  err(malformed(reason, field, offset));

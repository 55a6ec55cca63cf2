/**
 * Public keys as files: SubjectPublicKeyInfo, in DER (RFC 8410 4, RFC 5480 2, RFC 9881 4) and PEM (RFC 7468 13). Ed25519,
 * P-256 and P-384 with an uncompressed point, ML-DSA-65 and ML-DSA-87, each in the one DER form that exists for it.
 */
import { err, type Malformed, type MalformedReason, malformed, ok, type Result } from "@sumac/cbor";
import {
  concatBytes,
  equalBytes,
  hexToBytes,
  keyFault,
  type PublicKey,
  schemeForms,
  signatureSchemes,
} from "@sumac/crypto";
import { decodeBase64, encodeBase64 } from "./base64.ts";

const field = "public-key";

/** An EC key in the same form, with the point compressed: recognised only to be refused by name. */
const compressedPrefixes = [
  "3039301306072a8648ce3d020106082a8648ce3d030107032200",
  "3046301006072a8648ce3d020106052b81040022033200",
];

/**
 * Reads a DER key. Refusals: `private-key`, `compressed-point`, `weak-key` (a small-order Ed25519 point, an ML-DSA key
 * that was never written), `wrong-value` (another kind of key, another DER form, or a point off the curve),
 * `wrong-length`.
 */
export function parsePublicKeyDer(der: Uint8Array): Result<PublicKey, Malformed> {
  const scheme = signatureSchemes.find((candidate) => startsWith(der, schemeForms[candidate].spkiPrefix));
  if (scheme === undefined) {
    const compressed = compressedPrefixes.find((prefix) => startsWith(der, prefix));
    if (compressed !== undefined) return refuse("compressed-point", compressed.length / 2);
    return refuse(isPrivateKeyDer(der) ? "private-key" : "wrong-value", 0);
  }
  const at = schemeForms[scheme].spkiPrefix.length / 2;
  // A copy: the caller's file buffer may be reused, and a trusted key must not change with it. (Buffer's slice copies not.)
  const key: PublicKey = { scheme, bytes: new Uint8Array(der.subarray(at)) };
  const fault = keyFault(key);
  if (fault === undefined) return ok(key);
  return refuse(fault === "not-a-point" ? "wrong-value" : fault, at);
}

function startsWith(der: Uint8Array, prefix: string): boolean {
  const bytes = hexToBytes(prefix);
  return equalBytes(der.subarray(0, bytes.length), bytes);
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
  const der = concatBytes(hexToBytes(schemeForms[key.scheme].spkiPrefix), key.bytes);
  const lines = encodeBase64(der).match(/.{1,64}/g) ?? [];
  return [firstLine, ...lines, lastLine, ""].join("\n");
}

const refuse = (reason: MalformedReason, offset: number): Result<never, Malformed> =>
  err(malformed(reason, field, offset));

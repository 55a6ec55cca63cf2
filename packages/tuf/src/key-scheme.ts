import { decodeBase64, parsePublicKeyDer, parsePublicKeyPem } from "@sumac/cose";
import { bytesToHex, type Crypto, type PublicKey, type SignatureScheme, schemeForms } from "@sumac/crypto";
import { rawEcdsaSignature } from "./ecdsa-signature.ts";
import { decodeHex } from "./hex.ts";

/** A signature scheme of TUF key objects. It belongs to the key; a verifier brings the ones it allows. */
export interface KeyScheme {
  /** `scheme` of the key object. */
  readonly scheme: string;
  /** Values of `keytype` that go with it; the first is the one to write. */
  readonly keyTypes: readonly string[];
  /** `keyval.public` as a key; undefined if it is none of this scheme. */
  readKey(publicText: string): SchemeKey | undefined;
}

export interface SchemeKey {
  /**
   * Names whoever holds the private key: equal for every spelling of it. For curves the sign of the point is left out,
   * because who can sign for a point can sign for its negative.
   */
  readonly material: string;
  /** Absent for a scheme that only this package's caller knows. */
  readonly publicKey?: PublicKey;
  /** `signature` as TUF carries it. Never throws. */
  verify(message: Uint8Array, signature: Uint8Array, crypto: Crypto): boolean;
}

/** Hex of 32 bytes, or a PEM as other tools write. */
export const ed25519Scheme: KeyScheme = {
  scheme: "ed25519",
  keyTypes: ["ed25519"],
  readKey: (text) => {
    const key = hexKey("ed25519", text) ?? pemKey("ed25519", text);
    return key === undefined ? undefined : portKey(key, bytesToHex(withoutSign(key.bytes)), (signature) => signature);
  },
};

/** A PEM, or an uncompressed point or SubjectPublicKeyInfo in hex. Signatures are DER. Its material is the x coordinate. */
export const ecdsaP256Scheme: KeyScheme = {
  scheme: "ecdsa-sha2-nistp256",
  keyTypes: ["ecdsa", "ecdsa-sha2-nistp256"],
  readKey: (text) => {
    const scheme = "ecdsa-p256-sha256";
    const key = pemKey(scheme, text) ?? hexKey(scheme, text);
    if (key === undefined) return compressedP256(text);
    return portKey(key, bytesToHex(key.bytes.subarray(1, 33)), (signature) => rawEcdsaSignature(signature, 32));
  },
};

/** FIPS 204, pure. No other TUF client verifies it yet, so a caller has to ask for it. */
export const mlDsa65Scheme: KeyScheme = {
  scheme: "ml-dsa-65",
  keyTypes: ["ml-dsa"],
  readKey: (text) => {
    const key = hexKey("ml-dsa-65", text) ?? pemKey("ml-dsa-65", text);
    return key === undefined ? undefined : portKey(key, bytesToHex(key.bytes), (signature) => signature);
  },
};

/** What Sumac writes, and reads everywhere. */
export const standardSchemes: readonly KeyScheme[] = [ed25519Scheme, ecdsaP256Scheme];

function portKey(
  publicKey: PublicKey,
  material: string,
  portForm: (signature: Uint8Array) => Uint8Array | undefined,
): SchemeKey {
  return {
    material: `${publicKey.scheme}:${material}`,
    publicKey,
    verify: (message, signature, crypto) => {
      const raw = portForm(signature);
      return raw !== undefined && crypto.verify(publicKey, message, raw);
    },
  };
}

/** The last bit of an Ed25519 key is the sign of x (RFC 8032 5.1.2). */
const withoutSign = (bytes: Uint8Array): Uint8Array => bytes.with(31, (bytes[31] ?? 0) & 0x7f);

function pemKey(scheme: SignatureScheme, text: string): PublicKey | undefined {
  const key = parsePublicKeyPem(text);
  return key.ok && key.value.scheme === scheme ? key.value : undefined;
}

/** Raw key bytes, or a SubjectPublicKeyInfo; its length tells which. */
function hexKey(scheme: SignatureScheme, text: string): PublicKey | undefined {
  const bytes = decodeHex(text);
  if (bytes === undefined) return undefined;
  const { keyLength, spkiPrefix } = schemeForms[scheme];
  const prefix = decodeHex(spkiPrefix) ?? new Uint8Array(0);
  const der = bytes.length === keyLength ? new Uint8Array([...prefix, ...bytes]) : bytes;
  const key = parsePublicKeyDer(der);
  return key.ok && key.value.scheme === scheme ? key.value : undefined;
}

/**
 * A compressed point is recognised so that it cannot pass as a second key beside its uncompressed form. It verifies
 * nothing: Sumac takes one form of a point.
 */
function compressedP256(text: string): SchemeKey | undefined {
  const pem = /^\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\r\n]*)-----END PUBLIC KEY-----\s*$/.exec(text)?.[1];
  const bytes = pem === undefined ? decodeHex(text) : decodeBase64(pem.replaceAll(/[\r\n]/g, ""));
  const point = bytes?.subarray(-33);
  if (bytes === undefined || point === undefined) return undefined;
  const isCompressed = point.length === 33 && (point[0] === 2 || point[0] === 3);
  if (!isCompressed || (bytes.length !== 33 && bytes.length !== compressedSpkiLength)) return undefined;
  return { material: `ecdsa-p256-sha256:${bytesToHex(point.subarray(1))}`, verify: () => false };
}

/** SubjectPublicKeyInfo of P-256 with a compressed point. */
const compressedSpkiLength = 59;

import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex, type Crypto, type DigestName, equalBytes, type PublicKey } from "@sumac/crypto";
import { rawFromDer } from "./der-signature.ts";
import type { McubootImage } from "./image.ts";
import { digestOf, keyHash, subjectPublicKeyInfo } from "./key-hash.ts";
import { tlvType, unprotectedTypes } from "./labels.ts";
import { parseImage } from "./parse-image.ts";
import type { ImageRefusal, MalformedImage } from "./refusal.ts";
import type { Tlv } from "./tlv.ts";

export interface ImagePolicy {
  readonly crypto: Crypto;
  /** Trusted; Ed25519 and ECDSA P-256 are checked. */
  readonly keys: readonly PublicKey[];
  /**
   * `none`: the boot loader has no rollback protection. A number: the counter it has stored; the image must carry one
   * that is not lower. Equal is accepted, as MCUboot does.
   */
  readonly rollback: "none" | { readonly storedCounter: number };
  /** Bytes that an image may have in its slot, as the device says. */
  readonly maxImageSize?: number;
  /** Bytes of the file. Default 16 MiB. */
  readonly maxBytes?: number;
}

export interface VerifiedImage {
  readonly image: McubootImage;
  /** Recomputed; what a device lists as `hash`. */
  readonly digest: { readonly algorithm: DigestName; readonly bytes: Uint8Array };
  /** The trusted keys that signed; at least one. */
  readonly signers: readonly PublicKey[];
  /** `pure`: over the image itself; `digest`: over its digest. */
  readonly kind: "pure" | "digest";
}

const defaultMaxBytes = 16 * 1024 * 1024;

const digestNames: ReadonlyMap<number, DigestName> = new Map([
  [tlvType.sha256, "sha-256"],
  [tlvType.sha384, "sha-384"],
  [tlvType.sha512, "sha-512"],
]);

/** Signatures of any kind; those that no key here can have made are refused by name. */
const signatureTypes: ReadonlySet<number> = new Set([
  tlvType["rsa2048-pss"],
  tlvType["ecdsa-p224"],
  tlvType.ecdsa,
  tlvType["rsa3072-pss"],
  tlvType.ed25519,
]);

/**
 * Judges a file as a boot loader with these keys would, and more strictly: the digest is recomputed and must be the
 * stored one, every signature that names a trusted key must hold, and counters count from the signed area only.
 */
export function verifyImage(bytes: Uint8Array, policy: ImagePolicy): Result<VerifiedImage, ImageRefusal> {
  const { crypto, keys, maxBytes = defaultMaxBytes } = policy;
  if (bytes.length > maxBytes) return err({ code: "too-large", size: bytes.length, limit: maxBytes });
  const parsed = parseImage(bytes);
  if (!parsed.ok) return parsed;
  const image = parsed.value;
  const { header, tlvs, hashed, length } = image;
  if (header.flags.includes("encrypted-aes128") || header.flags.includes("encrypted-aes256")) {
    return err({ code: "encrypted-image" });
  }
  const unsigned = tlvs.filter(({ area }) => area === "unprotected");
  const added = findAdded(unsigned);
  if (added !== undefined) return err(added);

  const digests = unsigned.filter(({ type }) => digestNames.has(type));
  const [stored, second] = digests;
  if (second !== undefined) return err(malformedTlv(second, "repeated", "tlvs"));
  const algorithm = stored && digestNames.get(stored.type);
  if (stored === undefined || algorithm === undefined) return err({ code: "digest-missing" });
  const signatures = pairSignatures(unsigned, keys, algorithm, crypto);
  if ("code" in signatures) return err(signatures);

  const digest = digestOf(hashed, algorithm, crypto);
  if (!equalBytes(digest, stored.value)) {
    return err({ code: "digest-mismatch", claimed: bytesToHex(stored.value), computed: bytesToHex(digest) });
  }
  const kind = unsigned.some(({ type }) => type === tlvType["signature-pure"]) ? "pure" : "digest";
  for (const { key, tlv } of signatures) {
    if (holds(key, tlv, { kind, hashed, digest }, crypto)) continue;
    return err({ code: "signature-invalid", keyHash: bytesToHex(keyHash(key, algorithm, crypto)) });
  }
  const rolledBack = judgeCounter(image, policy);
  if (rolledBack !== undefined) return err(rolledBack);
  const { maxImageSize } = policy;
  if (maxImageSize !== undefined && length > maxImageSize) {
    return err({ code: "image-too-large", size: length, limit: maxImageSize });
  }
  return ok({ image, digest: { algorithm, bytes: digest }, signers: signatures.map(({ key }) => key), kind });
}

/** The digest as it is, by the algorithm the image names; undefined = it names none. Says nothing about who made it. */
export function recomputedDigest(image: McubootImage, crypto: Crypto): VerifiedImage["digest"] | undefined {
  const stored = image.tlvs.find(({ area, type }) => area === "unprotected" && digestNames.has(type));
  const algorithm = stored && digestNames.get(stored.type);
  return algorithm === undefined ? undefined : { algorithm, bytes: digestOf(image.hashed, algorithm, crypto) };
}

/** Anybody can add to the unprotected area: nothing but what a signature is checked with may stand there, and once. */
function findAdded(unsigned: readonly Tlv[]): ImageRefusal | undefined {
  const seen = new Set<string>();
  for (const tlv of unsigned) {
    const { type, name = "unknown", value, offset } = tlv;
    if (!unprotectedTypes.has(type)) return { code: "tlv-not-protected", tlv: name, type, offset };
    // MCUboot takes a mark of any other value for none.
    const isMark = value.length === 1 && value[0] === 1;
    if (type === tlvType["signature-pure"] && !isMark) return malformedTlv(tlv, "wrong-value", "signature-pure");
    const content = `${type}:${bytesToHex(value)}`;
    if (seen.has(content)) return malformedTlv(tlv, "repeated", "tlvs");
    seen.add(content);
  }
  return undefined;
}

const malformedTlv = (
  { offset }: Tlv,
  reason: MalformedImage["reason"],
  field: MalformedImage["field"],
): MalformedImage => ({ code: "malformed-image", reason, field, offset });

interface NamedSignature {
  readonly key: PublicKey;
  readonly tlv: Tlv;
}

/** A key hash, or a key, names the key of the signature that follows it. Unknown ones are passed over, as MCUboot does. */
function pairSignatures(
  unsigned: readonly Tlv[],
  keys: readonly PublicKey[],
  algorithm: DigestName,
  crypto: Crypto,
): readonly NamedSignature[] | ImageRefusal {
  const names = keys.map((key) => ({ key, hash: keyHash(key, algorithm, crypto), info: subjectPublicKeyInfo(key) }));
  const found: NamedSignature[] = [];
  const named: string[] = [];
  let unsupported: ImageRefusal | undefined;
  let key: PublicKey | undefined;
  let count = 0;
  for (const tlv of unsigned) {
    const { type, value, offset } = tlv;
    if (type === tlvType.keyhash || type === tlvType.pubkey) {
      key = names.find(({ hash, info }) => equalBytes(type === tlvType.keyhash ? hash : info, value))?.key;
      named.push(bytesToHex(type === tlvType.keyhash ? value : digestOf(value, algorithm, crypto)));
      continue;
    }
    if (!signatureTypes.has(type)) continue;
    count++;
    if (type !== tlvType.ed25519 && type !== tlvType.ecdsa)
      unsupported ??= { code: "unsupported-signature", type, offset };
    if (key === undefined) continue;
    // ECDSA P-256 is one over a SHA-256 digest: under an image of another digest a boot loader would not find it.
    const fits = type === signatureTypeOf(key) && (type === tlvType.ed25519 || algorithm === "sha-256");
    if (!fits) return { code: "algorithm-not-allowed", scheme: key.scheme, offset };
    found.push({ key, tlv });
    key = undefined;
  }
  if (found.length > 0) return found;
  if (count === 0) return { code: "signature-missing" };
  return unsupported ?? { code: "signer-unknown", keyHashes: named };
}

/** undefined = MCUboot has no signature of this scheme, or it is not checked here. */
function signatureTypeOf({ scheme }: PublicKey): number | undefined {
  if (scheme === "ed25519") return tlvType.ed25519;
  return scheme === "ecdsa-p256-sha256" ? tlvType.ecdsa : undefined;
}

interface SignedBytes {
  readonly kind: VerifiedImage["kind"];
  readonly hashed: Uint8Array;
  readonly digest: Uint8Array;
}

/** An ECDSA signature is one over the SHA-256 digest, which is to say: one over the image, whose scheme digests it. */
function holds(key: PublicKey, { value }: Tlv, { kind, hashed, digest }: SignedBytes, crypto: Crypto): boolean {
  if (key.scheme === "ed25519") return crypto.verify(key, kind === "pure" ? hashed : digest, value);
  const raw = kind === "pure" ? undefined : rawFromDer(value, 32);
  return raw !== undefined && crypto.verify(key, hashed, raw);
}

function judgeCounter({ securityCounter }: McubootImage, { rollback }: ImagePolicy): ImageRefusal | undefined {
  if (rollback === "none") return undefined;
  if (securityCounter === undefined) return { code: "security-counter-missing" };
  if (securityCounter >= rollback.storedCounter) return undefined;
  return { code: "rollback", offered: securityCounter, floor: rollback.storedCounter };
}

import { refuse } from "@sumac/cbor";
import { keyId, publicKeyPem } from "@sumac/cose";
import { bytesToHex, type Crypto, type PublicKey, type SignatureScheme } from "@sumac/crypto";
import { canonicalJson } from "./canonical-json.ts";
import { join, needObject, needString } from "./json-fields.ts";
import type { JsonObject } from "./json-value.ts";
import type { KeyScheme, SchemeKey } from "./key-scheme.ts";
import type { KeyRefusal } from "./refusal.ts";

/** A key as metadata lists it. */
export interface TufKey {
  /** Lower-case hex of SHA-256 over the canonical JSON of the whole key object; the same 32 bytes are the COSE `kid`. */
  readonly keyId: string;
  readonly keyType: string;
  readonly scheme: string;
  /** See `SchemeKey`. For a scheme that is not allowed: the key's text, which finds a literal copy. */
  readonly material: string;
  /**
   * Absent: the scheme is not allowed here, or the text is no key of it. Such a key is no reason to refuse a file, so that
   * a repository can list keys that only newer clients know. It never counts.
   */
  readonly usable?: SchemeKey;
  readonly offset: number;
}

/**
 * Reads `keys` of root or of delegations. Refuses (by unwinding) a key whose id is not its hash, and one private key under
 * two ids: either would let one person sign as two.
 */
export function readKeys(
  object: JsonObject,
  field: string,
  schemes: readonly KeyScheme[],
  crypto: Crypto,
): ReadonlyMap<string, TufKey> {
  const keys = new Map<string, TufKey>();
  const idOfMaterial = new Map<string, string>();
  for (const [id, value] of object.members) {
    const where = join(field, id);
    const keyObject = needObject(object, id, field);
    const key = readKey(keyObject, where, schemes, crypto);
    if (key.keyId !== id) {
      refuse({ code: "keyid-mismatch", keyId: id, computed: key.keyId, offset: value.offset } satisfies KeyRefusal);
    }
    const other = idOfMaterial.get(key.material);
    if (other !== undefined) {
      refuse({ code: "duplicate-key", keyIds: [other, id], offset: value.offset } satisfies KeyRefusal);
    }
    idOfMaterial.set(key.material, id);
    keys.set(id, key);
  }
  return keys;
}

function readKey(object: JsonObject, field: string, schemes: readonly KeyScheme[], crypto: Crypto): TufKey {
  const keyType = needString(object, "keytype", field);
  const scheme = needString(object, "scheme", field);
  const publicText = needString(needObject(object, "keyval", field), "public", join(field, "keyval"));
  const digest = crypto.startDigest("sha-256");
  digest.update(canonicalJson(object));
  const allowed = schemes.find((known) => known.scheme === scheme && known.keyTypes.includes(keyType));
  const usable = allowed?.readKey(publicText);
  return {
    keyId: bytesToHex(digest.digest()),
    keyType,
    scheme,
    material: usable?.material ?? `text:${publicText.trim()}`,
    ...(usable === undefined ? {} : { usable }),
    offset: object.offset,
  };
}

/** What a writer lists for a key: exactly the object whose hash `keyId` of @sumac/cose takes. */
export interface TufKeyObject {
  readonly keytype: string;
  readonly scheme: string;
  readonly keyval: { readonly public: string };
  readonly [member: string]: string | { readonly public: string };
}

const writtenForms: Readonly<
  Partial<
    Record<SignatureScheme, { readonly keytype: string; readonly scheme: string; readonly keyval: "hex" | "pem" }>
  >
> = {
  ed25519: { keytype: "ed25519", scheme: "ed25519", keyval: "hex" },
  "ecdsa-p256-sha256": { keytype: "ecdsa", scheme: "ecdsa-sha2-nistp256", keyval: "pem" },
  "ml-dsa-65": { keytype: "ml-dsa", scheme: "ml-dsa-65", keyval: "hex" },
};

/** Undefined for a scheme that Sumac does not write into TUF metadata. */
export function tufKeyObject(key: PublicKey): TufKeyObject | undefined {
  const form = writtenForms[key.scheme];
  if (form === undefined) return undefined;
  const text = form.keyval === "hex" ? bytesToHex(key.bytes) : publicKeyPem(key);
  return { keytype: form.keytype, scheme: form.scheme, keyval: { public: text } };
}

/** Lower-case hex. */
export const tufKeyId = (key: PublicKey, crypto: Crypto): string => bytesToHex(keyId(key, crypto));

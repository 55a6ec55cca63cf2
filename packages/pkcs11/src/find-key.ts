import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex, type PublicKey } from "@sumac/crypto";
import type { SignerFault } from "@sumac/signing";
import { type Cryptoki, type Handle, returnValueOf } from "./cryptoki.ts";
import { keyFromPoint } from "./key-point.ts";
import { attribute, keyType, objectClass } from "./labels.ts";
import type { Pkcs11Refusal } from "./pkcs11-refusal.ts";
import type { Pkcs11Uri } from "./pkcs11-uri.ts";

export interface FoundKey {
  readonly privateKey: Handle;
  readonly publicKey: PublicKey;
  /** The PIN is wanted for every signature (CKA_ALWAYS_AUTHENTICATE). */
  readonly pinEachTime: "yes" | "no";
  /** Made in this token, and never taken out. */
  readonly origin: "token" | "elsewhere";
}

/** The one key that the URI means, if it is one that never leaves the token. */
export function findKey(
  cryptoki: Cryptoki,
  session: Handle,
  uri: Pkcs11Uri,
  signer: string,
): Result<FoundKey, SignerFault | Pkcs11Refusal> {
  const objects = new TokenObjects(cryptoki, session);
  const found = objects.find(objectClass.privateKey, uri);
  const [privateKey, ...others] = found;
  if (privateKey === undefined) return err({ code: "signing-key-not-found", signer });
  if (others.length > 0) {
    const ids = found.map((key) => bytesToHex(objects.bytes(key, attribute.id) ?? new Uint8Array()));
    // A token finds its objects in any order.
    return err({ code: "token-key-ambiguous", signer, ids: ids.sort() });
  }
  // Only a clear "no" is one: what a token does not tell may be anything.
  if (objects.flag(privateKey, attribute.extractable) !== "no") {
    return err({ code: "token-key-extractable", signer, flaw: "extractable" });
  }
  if (objects.flag(privateKey, attribute.sensitive) !== "yes") {
    return err({ code: "token-key-extractable", signer, flaw: "not-sensitive" });
  }
  if (objects.flag(privateKey, attribute.sign) === "no") return err({ code: "token-key-cannot-sign", signer });
  const type = objects.number(privateKey, attribute.keyType);
  if (type !== keyType.ec && type !== keyType.ecEdwards) return err({ code: "token-key-unsupported", signer });
  const publicKey = findPublicKey(objects, privateKey, signer);
  if (!publicKey.ok) return publicKey;
  return ok({
    privateKey,
    publicKey: publicKey.value,
    pinEachTime: objects.flag(privateKey, attribute.alwaysAuthenticate) === "yes" ? "yes" : "no",
    origin: objects.flag(privateKey, attribute.neverExtractable) === "yes" ? "token" : "elsewhere",
  });
}

/** The point lies in a public key object with the same id, or the same label if there is no id; some keep it in both. */
function findPublicKey(
  objects: TokenObjects,
  privateKey: Handle,
  signer: string,
): Result<PublicKey, SignerFault | Pkcs11Refusal> {
  const id = objects.bytes(privateKey, attribute.id);
  const label = objects.bytes(privateKey, attribute.label);
  const beside =
    id !== undefined && id.length > 0
      ? objects.find(objectClass.publicKey, { id })
      : label !== undefined && label.length > 0
        ? objects.find(objectClass.publicKey, { object: new TextDecoder().decode(label) })
        : [];
  for (const holder of [...beside, privateKey]) {
    const params = objects.bytes(holder, attribute.ecParams);
    const point = objects.bytes(holder, attribute.ecPoint);
    if (params === undefined || point === undefined) continue;
    const key = keyFromPoint(params, point);
    return key === undefined ? err({ code: "token-key-unsupported", signer }) : ok(key);
  }
  return err({ code: "token-public-key-missing", signer });
}

const mostKeys = 64;

class TokenObjects {
  readonly #cryptoki: Cryptoki;
  readonly #session: Handle;

  constructor(cryptoki: Cryptoki, session: Handle) {
    this.#cryptoki = cryptoki;
    this.#session = session;
  }

  find(kind: number, { object, id }: Pick<Pkcs11Uri, "object" | "id">): Handle[] {
    this.#cryptoki.C_FindObjectsInit(this.#session, [
      { type: attribute.class, value: kind },
      ...(object === undefined ? [] : [{ type: attribute.label, value: object }]),
      ...(id === undefined ? [] : [{ type: attribute.id, value: id }]),
    ]);
    try {
      return this.#cryptoki.C_FindObjects(this.#session, mostKeys);
    } finally {
      this.#cryptoki.C_FindObjectsFinal(this.#session);
    }
  }

  /** Undefined for an attribute that the object has not, or does not show. */
  bytes(object: Handle, type: number): Uint8Array | undefined {
    try {
      const value = this.#cryptoki.C_GetAttributeValue(this.#session, object, [{ type }])[0]?.value;
      return value instanceof Uint8Array ? new Uint8Array(value) : undefined;
    } catch (fault) {
      if (returnValueOf(fault) === undefined) throw fault;
      return undefined;
    }
  }

  flag(object: Handle, type: number): "yes" | "no" | "unknown" {
    const [byte] = this.bytes(object, type) ?? [];
    return byte === undefined ? "unknown" : byte === 0 ? "no" : "yes";
  }

  /** A CK_ULONG, little-endian as `slot-id` is read. */
  number(object: Handle, type: number): number | undefined {
    return this.bytes(object, type)?.reduceRight((number, byte) => number * 256 + byte, 0);
  }
}

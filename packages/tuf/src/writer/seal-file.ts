import { bytesToHex, type Crypto, type PublicKey } from "@sumac/crypto";
import { canonicalJson, compareCodePoints } from "../canonical-json.ts";
import { derEcdsaSignature } from "../ecdsa-signature.ts";
import { jsonValue, type PlainJson } from "../json-value.ts";
import type { WireMetadata } from "./wire-metadata.ts";

/**
 * Something that signs metadata with a key it keeps to itself. Structurally the `Signer` of @sumac/signing: raw r || s for
 * P-256, which is written as DER.
 */
export interface MetadataSigner {
  readonly keyId: Uint8Array;
  readonly publicKey: PublicKey;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** The bytes that are signed. */
export const signedBytes = (wire: WireMetadata): Uint8Array => canonicalJson(jsonValue(wire as PlainJson));

/** Lower-case hex: what people compare before they sign. */
export function draftDigest(wire: WireMetadata, crypto: Crypto): string {
  const digest = crypto.startDigest("sha-256");
  digest.update(signedBytes(wire));
  return bytesToHex(digest.digest());
}

/** One signature as metadata carries it, in hex. */
export async function signWire(wire: WireMetadata, signer: MetadataSigner): Promise<string> {
  const raw = await signer.sign(signedBytes(wire));
  return bytesToHex(signer.publicKey.scheme.startsWith("ecdsa-") ? derEcdsaSignature(raw) : raw);
}

/** A file of metadata: signatures in the order of their key ids, members sorted, a line feed at the end. */
export function sealFile(wire: WireMetadata, signatures: ReadonlyMap<string, string>): Uint8Array {
  const entries = [...signatures].sort(([a], [b]) => compareCodePoints(a, b)).map(([keyid, sig]) => ({ keyid, sig }));
  return jsonFile({ signatures: entries, signed: wire as PlainJson });
}

/** Compact JSON with sorted members: control characters are escaped, so unlike canonical JSON it can be read again. */
export function jsonFile(value: PlainJson): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(sortMembers(value))}\n`);
}

function sortMembers(value: PlainJson): PlainJson {
  if (typeof value !== "object" || value === null) return value;
  if (isArray(value)) return value.map(sortMembers);
  const members = Object.entries(value).flatMap(([key, member]) =>
    member === undefined ? [] : [[key, sortMembers(member)] as const],
  );
  return Object.fromEntries(members.sort(([a], [b]) => compareCodePoints(a, b)));
}

const isArray = (value: object): value is readonly PlainJson[] => Array.isArray(value);

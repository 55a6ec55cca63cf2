import { bytesToHex, concatBytes, hexToBytes } from "@sumac/crypto";

/** SHA-1, needed by UUID version 5 alone and only when a release is written: a recipient compares 16 bytes. */
export type Sha1 = (bytes: Uint8Array) => Uint8Array;

/** RFC 9562 6.6: the namespace of domain names. */
const dnsNamespace = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

/** RFC 9562 5.5; a name that is a text is hashed in UTF-8. */
export function uuidV5(namespace: Uint8Array, name: string | Uint8Array, sha1: Sha1): Uint8Array {
  const bytes = typeof name === "string" ? new TextEncoder().encode(name) : name;
  const uuid = sha1(concatBytes(namespace, bytes)).slice(0, 16);
  uuid[6] = ((uuid[6] ?? 0) & 0x0f) | 0x50;
  uuid[8] = ((uuid[8] ?? 0) & 0x3f) | 0x80;
  return uuid;
}

/** The vendor identifier that draft-37 recommends. Domain names ignore case, so it is folded before hashing. */
export const vendorIdFor = (domain: string, sha1: Sha1): Uint8Array =>
  uuidV5(hexToBytes(dnsNamespace.replaceAll("-", "")), domain.toLowerCase(), sha1);

/** The class identifier that draft-37 recommends; `model` is hashed as it is written. */
export const classIdFor = (vendorId: Uint8Array, model: string, sha1: Sha1): Uint8Array =>
  uuidV5(vendorId, model, sha1);

/** An identifier as text: a UUID in its usual form, an encoded CBOR-PEN (RFC 9090), which never has 16 bytes, in hex. */
export const formatIdentifier = (id: Uint8Array): string => (id.length === 16 ? formatUuid(id) : bytesToHex(id));

/** Of a CBOR byte string of no bytes; the length is added. */
const shortBytesHead = 0x40;

/** A vendor identifier as `formatIdentifier` writes it; undefined for everything else. */
export function parseVendorId(text: string): Uint8Array | undefined {
  // d870 is tag 112; a manifest may hold 12 bytes behind it.
  if (!/^d870(?:[0-9a-f]{2}){2,13}$/i.test(text)) return parseUuid(text);
  const pen = hexToBytes(text.toLowerCase());
  return pen[2] === shortBytesHead + pen.length - 3 ? pen : undefined;
}

/** 16 bytes as 8-4-4-4-12 hex digits. */
export function formatUuid(uuid: Uint8Array): string {
  if (uuid.length !== 16) throw new RangeError(`a UUID has 16 bytes, not ${uuid.length}`);
  return bytesToHex(uuid).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Reads 32 hex digits, with the hyphens of a UUID or without any; undefined for everything else. */
export function parseUuid(text: string): Uint8Array | undefined {
  if (!/^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.test(text)) return undefined;
  return hexToBytes(text.replaceAll("-", "").toLowerCase());
}

import { encode, Tagged } from "@sumac/cbor";
import { hexToBytes } from "@sumac/crypto";
import { classIdFor, penTag, type Sha1, uuidV5, vendorIdFor } from "@sumac/suit";

/** Who makes a product: a domain, or beside it the number that IANA registered for the vendor. */
export interface Vendor {
  readonly vendor: string;
  /** Private enterprise number, 1 to 2^32 - 1. Absent: the vendor identifier is made from the domain. */
  readonly vendorPen?: number;
}

export const highestPen: number = 2 ** 32 - 1;

/** draft-37 8.4.8.1: UUIDv5 of the CBOR form of 1.3.6.1.4.1 in the namespace of object identifiers. */
const penNamespace = "47fbdabbf2e455f0bb393620c2f6df4e";

/** The vendor identifier of a manifest: UUIDv5 of the domain, or the number as a CBOR-PEN (RFC 9090, tag 112). */
export const vendorIdOf = ({ vendor, vendorPen }: Vendor, sha1: Sha1): Uint8Array =>
  vendorPen === undefined ? vendorIdFor(vendor, sha1) : encode(new Tagged(penTag, relativeOid(vendorPen)));

/** The class identifier that draft-37 recommends for either kind of vendor identifier. */
export const classIdOf = (vendorId: Uint8Array, model: string, sha1: Sha1): Uint8Array =>
  classIdFor(vendorId.length === 16 ? vendorId : uuidV5(hexToBytes(penNamespace), vendorId, sha1), model, sha1);

/** X.690 8.20 with one arc: seven bits a byte, the highest first, bit 8 on all but the last. */
function relativeOid(arc: number): Uint8Array {
  const bytes = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(0x80 | (rest % 128));
  return Uint8Array.from(bytes);
}

import { encode } from "@sumac/cbor";
import { bytesToHex, hexToBytes } from "@sumac/crypto";
import { type MarkedHex, markedHex } from "./marked-hex.ts";
import { signatureInput, type TestSigner, vendor } from "./test-signer.ts";

/** What every COSE vector signs, detached: it looks like the digest of a manifest. The README prints it. */
export const payload: Uint8Array = Uint8Array.of(0x82, 0x2f, 0x58, 0x20, ...Array.from({ length: 32 }, (_, i) => i));

/** One byte string with its head, as hex. */
export const bytesItem = (content: Uint8Array): string => bytesToHex(encode(content));

export const vendorKid: string = bytesItem(vendor.keyId);
export const ed25519Header: string = `a2 01 32 04 ${vendorKid}`;

/** The items of a COSE_Sign1 as hex, in their order; what is left out is as it should be. One may contain a mark. */
export interface BlockParts {
  readonly tag?: string;
  readonly array?: string;
  /** The content of the protected header's byte string. */
  readonly header?: string;
  /** The whole item in its place, where that is not a byte string around `header`. */
  readonly protected?: string;
  readonly unprotected?: string;
  readonly payload?: string;
  readonly signature?: string;
}

export function block(parts: BlockParts = {}): MarkedHex {
  const header = parts.header ?? ed25519Header;
  const items = [
    parts.tag ?? "d2",
    parts.array ?? "84",
    parts.protected ?? enclose(header),
    parts.unprotected ?? "a0",
    parts.payload ?? "f6",
    parts.signature ?? bytesItem(signatureOver(header)),
  ];
  return markedHex(items.join(""));
}

/** A signature over the payload under this protected header, unless told otherwise. */
export const signatureOver = (header: string, signer: TestSigner = vendor, over: Uint8Array = payload): Uint8Array =>
  signer.sign(signatureInput(markedHex(header).bytes, over));

/** The mark, if any, is kept. */
function enclose(content: string): string {
  const { bytes } = markedHex(content);
  return bytesToHex(encode(bytes).subarray(0, encode(bytes).length - bytes.length)) + content;
}

/** The order of the Ed25519 base point, RFC 8032 5.1. */
const groupOrder = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The signature with S + L in place of S: the same equation holds, and RFC 8032 5.1.7 refuses it. */
export function withLargeScalar(signature: Uint8Array): Uint8Array {
  const scalar = BigInt(`0x${bytesToHex(signature.slice(32).reverse())}`) + groupOrder;
  const large = hexToBytes(scalar.toString(16).padStart(64, "0")).reverse();
  return Uint8Array.of(...signature.subarray(0, 32), ...large);
}

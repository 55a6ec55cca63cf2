import { encode } from "@sumac/cbor";

/**
 * What a COSE_Sign1 signature covers: the Sig_structure of RFC 9052 4.4 with empty external data. `protectedHeader` is
 * the encoded map as received, `payload` the detached payload without a byte-string head (it gets one here, once).
 */
export function toBeSigned(protectedHeader: Uint8Array, payload: Uint8Array): Uint8Array {
  return encode(["Signature1", protectedHeader, new Uint8Array(), payload]);
}

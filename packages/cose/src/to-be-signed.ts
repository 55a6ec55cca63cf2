import { writeHead } from "@sumac/cbor";
import { concatBytes } from "@sumac/crypto";

/** An array of four, the text "Signature1". */
const begin = /* @__PURE__ */ Uint8Array.of(0x84, 0x6a, 0x53, 0x69, 0x67, 0x6e, 0x61, 0x74, 0x75, 0x72, 0x65, 0x31);
const noExternalData = /* @__PURE__ */ Uint8Array.of(0x40);
const byteString = 2;

/**
 * What a COSE_Sign1 signature covers: the Sig_structure of RFC 9052 4.4 with empty external data. `protectedHeader` is
 * the encoded map as received, `payload` the detached payload without a byte-string head (it gets one here, once).
 */
export const toBeSigned = (protectedHeader: Uint8Array, payload: Uint8Array): Uint8Array =>
  concatBytes(
    begin,
    writeHead(byteString, protectedHeader.length),
    protectedHeader,
    noExternalData,
    writeHead(byteString, payload.length),
    payload,
  );

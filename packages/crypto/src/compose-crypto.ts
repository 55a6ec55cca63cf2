import type { Crypto, PublicKey, SignatureScheme } from "./crypto.ts";
import type { KeyFault } from "./key-fault.ts";
import { signatureLength } from "./signature-length.ts";

/**
 * The signature checks of one library. `verify` is only called with a key that has no fault and a signature of the
 * scheme's length: libraries throw on others, each in its own way, and the port has one answer for every bad signature.
 */
export interface SignaturePart {
  readonly schemes: readonly SignatureScheme[];
  keyFault(key: PublicKey): KeyFault | undefined;
  verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean;
}

/** The Crypto port out of parts, so that a device carries no code for algorithms that it never trusts. */
export function composeCrypto(startDigest: Crypto["startDigest"], parts: readonly SignaturePart[]): Crypto {
  return {
    schemes: parts.flatMap((part) => part.schemes),
    startDigest,
    verify(key, message, signature): boolean {
      const part = parts.find(({ schemes }) => schemes.includes(key.scheme));
      if (part === undefined || signature.length !== signatureLength[key.scheme]) return false;
      return part.keyFault(key) === undefined && part.verify(key, message, signature);
    },
  };
}

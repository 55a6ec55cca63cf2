import type { PublicKey } from "./crypto.ts";
import { curveFault, curveP256, curveP384 } from "./curve-key.ts";
import { ed25519Fault } from "./ed25519-key.ts";
import type { KeyFault } from "./key-fault.ts";
import { mlDsaFault } from "./ml-dsa-key.ts";
import { schemeForms } from "./scheme-forms.ts";

/**
 * The fault of a public key, or undefined. Every implementation of `Crypto` asks before it verifies, so that libraries
 * which are more lenient, each in its own way, give one answer.
 *
 * It does not find an Ed25519 key whose y has no x: that takes a square root, and such a key verifies nothing.
 */
export function keyFault({ scheme, bytes }: PublicKey): KeyFault | undefined {
  switch (scheme) {
    case "ed25519":
      return ed25519Fault(bytes);
    case "ecdsa-p256-sha256":
      return curveFault(bytes, curveP256);
    case "ecdsa-p384-sha384":
      return curveFault(bytes, curveP384);
    case "ml-dsa-65":
    case "ml-dsa-87":
      return mlDsaFault(bytes, schemeForms[scheme].keyLength);
  }
}

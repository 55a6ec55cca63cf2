import { p256, p384 } from "@noble/curves/nist.js";
import type { SignaturePart } from "./compose-crypto.ts";
import { curveFault, curveP256, curveP384 } from "./curve-key.ts";

/** ECDSA by noble: P-256 with SHA-256, P-384 with SHA-384. */
export const ecdsaPart: SignaturePart = {
  schemes: ["ecdsa-p256-sha256", "ecdsa-p384-sha384"],
  keyFault: ({ scheme, bytes }) => curveFault(bytes, scheme === "ecdsa-p384-sha384" ? curveP384 : curveP256),
  verify(key, message, signature): boolean {
    const curve = key.scheme === "ecdsa-p384-sha384" ? p384 : p256;
    // lowS: peers do not normalise s, and no decision hangs on a signature being unique. prehash: the curve's own SHA-2.
    return curve.verify(signature, message, key.bytes, { prehash: true, lowS: false, format: "compact" });
  },
};

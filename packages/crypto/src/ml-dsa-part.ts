import { ml_dsa65, ml_dsa87 } from "@noble/post-quantum/ml-dsa.js";
import type { SignaturePart } from "./compose-crypto.ts";
import { mlDsaFault } from "./ml-dsa-key.ts";
import { schemeForms } from "./scheme-forms.ts";

/** ML-DSA by noble: pure, with an empty context (FIPS 204 5.3). */
export const mlDsaPart: SignaturePart = {
  schemes: ["ml-dsa-65", "ml-dsa-87"],
  keyFault: ({ scheme, bytes }) => mlDsaFault(bytes, schemeForms[scheme].keyLength),
  verify(key, message, signature): boolean {
    const set = key.scheme === "ml-dsa-87" ? ml_dsa87 : ml_dsa65;
    return set.verify(signature, message, key.bytes);
  },
};

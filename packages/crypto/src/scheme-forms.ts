import type { SignatureScheme } from "./crypto.ts";
import { signatureLength } from "./signature-length.ts";

/** What a scheme fixes about the bytes of its keys and signatures; all lengths in bytes. */
export interface SchemeForm {
  readonly keyLength: number;
  readonly signatureLength: number;
  /** Hex: all that stands before the raw key in its SubjectPublicKeyInfo, the one DER form there is for it. */
  readonly spkiPrefix: string;
}

/** RFC 8032 and 8410; FIPS 186-5 and RFC 5480; FIPS 204 table 2 and RFC 9881. */
export const schemeForms: Readonly<Record<SignatureScheme, SchemeForm>> = {
  ed25519: { keyLength: 32, signatureLength: signatureLength.ed25519, spkiPrefix: "302a300506032b6570032100" },
  "ecdsa-p256-sha256": {
    keyLength: 65,
    signatureLength: signatureLength["ecdsa-p256-sha256"],
    spkiPrefix: "3059301306072a8648ce3d020106082a8648ce3d030107034200",
  },
  "ecdsa-p384-sha384": {
    keyLength: 97,
    signatureLength: signatureLength["ecdsa-p384-sha384"],
    spkiPrefix: "3076301006072a8648ce3d020106052b81040022036200",
  },
  "ml-dsa-65": {
    keyLength: 1952,
    signatureLength: signatureLength["ml-dsa-65"],
    spkiPrefix: "308207b2300b0609608648016503040312038207a100",
  },
  "ml-dsa-87": {
    keyLength: 2592,
    signatureLength: signatureLength["ml-dsa-87"],
    spkiPrefix: "30820a32300b060960864801650304031303820a2100",
  },
};

export const signatureSchemes: readonly SignatureScheme[] = Object.keys(schemeForms) as SignatureScheme[];

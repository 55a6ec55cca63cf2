/**
 * Why something that keeps its key elsewhere cannot be used: a token, or an external command. `signer` names it as the
 * person did, without arguments. No fault carries a PIN; `said` is what the other side wrote, cut to a few lines.
 */
export type SignerFault =
  | { readonly code: "pin-needed"; readonly signer: string }
  | { readonly code: "pin-wrong"; readonly signer: string; readonly triesLeft?: number }
  | { readonly code: "pin-blocked"; readonly signer: string }
  | { readonly code: "token-absent"; readonly signer: string }
  | { readonly code: "signing-key-not-found"; readonly signer: string }
  | { readonly code: "user-refused"; readonly signer: string }
  | { readonly code: "signer-failed"; readonly signer: string; readonly said: string }
  /** It answered a signature that its public key does not verify; the signature was not used. */
  | { readonly code: "signature-not-by-key"; readonly signer: string }
  | SignerCommandFault;

export type SignerCommandFault =
  | { readonly code: "signer-command-invalid"; readonly reason: "no-program" | "empty-word" }
  | { readonly code: "signer-command-not-found"; readonly signer: string }
  | {
      readonly code: "signer-command-failed";
      readonly signer: string;
      /** Exit code, or the name of the signal that ended it. */
      readonly exit: number | string;
      readonly said: string;
    }
  | { readonly code: "signer-command-too-slow"; readonly signer: string; readonly seconds: number }
  | { readonly code: "signer-reply-invalid"; readonly signer: string; readonly reason: ReplyFlaw };

export type ReplyFlaw =
  | "nothing"
  | "too-large"
  | "several-lines"
  | "not-json"
  | "not-a-reply"
  | "public-key"
  | "signature";

/** A signer failed while it was to sign. `fault` says how; `explain` has words for it. */
export class SignerUnavailable extends Error {
  readonly code: SignerFault["code"];
  readonly fault: SignerFault;

  constructor(fault: SignerFault, options?: ErrorOptions) {
    super(fault.code, options);
    this.name = "SignerUnavailable";
    this.code = fault.code;
    this.fault = fault;
  }
}

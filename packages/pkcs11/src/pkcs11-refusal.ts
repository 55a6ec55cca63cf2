/** Why a key in a token is not used. No refusal carries a PIN; `signer` names the token. */
export type Pkcs11Refusal =
  | { readonly code: "pkcs11-uri-invalid"; readonly reason: UriFlaw; readonly attribute?: string }
  /** RFC 7512 knows `pin-value`; a command line is visible to every user of the machine. */
  | { readonly code: "pkcs11-pin-in-uri" }
  /** The optional dependency pkcs11js is not there, or was not compiled. */
  | { readonly code: "pkcs11-not-built" }
  | { readonly code: "pkcs11-module-unnamed" }
  | { readonly code: "pkcs11-module-unusable"; readonly path: string; readonly said: string }
  | { readonly code: "token-ambiguous"; readonly signer: string; readonly serials: readonly string[] }
  | { readonly code: "token-key-ambiguous"; readonly signer: string; readonly ids: readonly string[] }
  | { readonly code: "token-key-extractable"; readonly signer: string; readonly flaw: "extractable" | "not-sensitive" }
  | { readonly code: "token-key-cannot-sign"; readonly signer: string }
  | { readonly code: "token-key-unsupported"; readonly signer: string }
  | { readonly code: "token-public-key-missing"; readonly signer: string }
  | { readonly code: "token-pin-unset"; readonly signer: string }
  | { readonly code: "token-pin-expired"; readonly signer: string };

export type UriFlaw =
  | "not-a-pkcs11-uri"
  | "attribute-without-value"
  | "unknown-attribute"
  | "duplicate-attribute"
  | "percent-encoding"
  | "not-a-private-key"
  | "slot-id"
  | "pin-source"
  | "module-path";

/** Worth saying, and no reason to refuse: the key was made elsewhere and brought in, so copies may exist. */
export interface Pkcs11Warning {
  readonly code: "token-key-imported";
  readonly signer: string;
}

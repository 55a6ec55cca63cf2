/** The bytes are no passphrase that a person could type again. */
export interface PassphraseRefusal {
  readonly code: "passphrase-unusable";
  readonly reason: "empty" | "too-short" | "too-long" | "not-utf-8" | "control-character";
}

/** Why no passphrase could be had. None of them carries any of its bytes. */
export type PassphraseSourceRefusal =
  | PassphraseRefusal
  | { readonly code: "passphrase-file-not-found"; readonly path: string }
  | { readonly code: "passphrase-file-too-large"; readonly path: string; readonly limit: number }
  | { readonly code: "passphrase-variable-unset"; readonly variable: string }
  | { readonly code: "passphrase-mismatch" }
  | { readonly code: "no-terminal" };

import type { ContentKind } from "./recognise-content.ts";

/** Why a key file cannot be made or used. No refusal carries key material or a passphrase. */
export type KeyRefusal =
  | { readonly code: "key-name-invalid"; readonly name: string }
  | { readonly code: "key-exists"; readonly path: string }
  | { readonly code: "key-not-found"; readonly path: string }
  | { readonly code: "key-directory-not-found"; readonly path: string }
  | { readonly code: "key-too-large"; readonly path: string; readonly limit: number }
  | { readonly code: "key-not-encrypted"; readonly path: string }
  | { readonly code: "key-encrypted"; readonly path: string }
  | { readonly code: "key-not-age"; readonly path: string; readonly looksLike: ContentKind }
  | { readonly code: "key-truncated"; readonly path: string }
  | { readonly code: "key-damaged"; readonly path: string }
  | { readonly code: "key-for-recipient"; readonly path: string; readonly recipientTypes: readonly string[] }
  | {
      readonly code: "key-work-factor-too-high";
      readonly path: string;
      readonly workFactor: number;
      readonly limit: number;
    }
  | { readonly code: "wrong-passphrase"; readonly path: string }
  | {
      readonly code: "key-content-invalid";
      readonly path: string;
      readonly reason: "not-pkcs8" | "unsupported-algorithm" | "parts-disagree";
    }
  | { readonly code: "public-key-mismatch"; readonly path: string; readonly publicKeyPath: string }
  | { readonly code: "public-key-invalid"; readonly path: string; readonly looksLike: ContentKind }
  | { readonly code: "private-key-given"; readonly path: string };

/** Worth saying, and no reason to refuse. */
export type KeyWarning =
  | { readonly code: "private-key-readable-by-others"; readonly path: string; readonly mode: number }
  | { readonly code: "passphrase-file-readable-by-others"; readonly path: string; readonly mode: number }
  | { readonly code: "public-key-missing"; readonly path: string }
  | { readonly code: "work-factor-low"; readonly path: string; readonly workFactor: number; readonly minimum: number }
  | { readonly code: "test-key"; readonly path: string };

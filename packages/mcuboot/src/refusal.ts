import type { SignatureScheme } from "@sumac/crypto";
import type { Tlv } from "./tlv.ts";

/** The bytes are no MCUboot image: which field, and where in the file. */
export interface MalformedImage {
  readonly code: "malformed-image";
  readonly reason: MalformedImageReason;
  readonly field: ImageField;
  readonly offset: number;
}

export type MalformedImageReason =
  /** The file ends before the field does. */
  | "truncated"
  | "wrong-magic"
  /** A number that contradicts another one, or the rules of the format. */
  | "wrong-value"
  /** A length that leads beyond the end of its area. */
  | "overrun"
  /** What must stand once stands twice. */
  | "repeated"
  /** Bytes after the image that are no padding of a slot. */
  | "trailing-bytes";

export type ImageField =
  | "header"
  | "header-size"
  | "image-size"
  | "protected-size"
  | "payload"
  | "protected-tlvs"
  | "tlvs"
  | "security-counter"
  | "dependency"
  | "signature-pure"
  | "padding";

/** Why an image is not accepted. Cheap checks come first; each is made only if those before it held. */
export type ImageRefusal =
  | { readonly code: "too-large"; readonly size: number; readonly limit: number }
  | MalformedImage
  /** The digest is one of the plaintext: without its key nothing can be said about the file. */
  | { readonly code: "encrypted-image" }
  /** A TLV that counts only where it is signed stands where anybody can add it. */
  | {
      readonly code: "tlv-not-protected";
      readonly tlv: NonNullable<Tlv["name"]> | "unknown";
      readonly type: number;
      readonly offset: number;
    }
  | { readonly code: "digest-missing" }
  | { readonly code: "signature-missing" }
  /** A kind of signature that is not checked here; `type` = its TLV. */
  | { readonly code: "unsupported-signature"; readonly type: number; readonly offset: number }
  /** No signature names a trusted key; hex of the key hashes that are named. */
  | { readonly code: "signer-unknown"; readonly keyHashes: readonly string[] }
  /** The key is trusted, and of another scheme than the signature under its name. */
  | { readonly code: "algorithm-not-allowed"; readonly scheme: SignatureScheme; readonly offset: number }
  | { readonly code: "digest-mismatch"; readonly claimed: string; readonly computed: string }
  | { readonly code: "signature-invalid"; readonly keyHash: string }
  | { readonly code: "security-counter-missing" }
  | { readonly code: "rollback"; readonly offered: number; readonly floor: number }
  | { readonly code: "image-too-large"; readonly size: number; readonly limit: number };

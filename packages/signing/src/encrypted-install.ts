import type { CommandInput, SuitDigest } from "@sumac/suit";
import { reportAll, reportFailure } from "./reporting-policy.ts";

export interface EncryptedInstall {
  /** Position in the manifest's component list where the image goes; its digest and size are set elsewhere. */
  readonly imageComponent: number;
  /** Position of the component that holds the ciphertext on its way. */
  readonly ciphertextComponent: number;
  /** Where the ciphertext lies, with what it is. */
  readonly payload: { readonly uri: string; readonly digest: SuitDigest; readonly size: bigint };
  readonly encryptionInfo: Uint8Array;
}

/**
 * The commands that fetch a ciphertext and decrypt it into its component: decryption belongs to copy, not to fetch
 * (suit.md 7.2). Both are matched, the ciphertext before a key is used on it (it could wear out a battery), the image
 * after, because the tag of an AEAD proves only that somebody held a recipient's key.
 */
export function encryptedInstall(install: EncryptedInstall): readonly CommandInput[] {
  const { imageComponent, ciphertextComponent, payload, encryptionInfo } = install;
  return [
    { kind: "set-component-index", index: ciphertextComponent },
    {
      kind: "override-parameters",
      parameters: { imageDigest: payload.digest, imageSize: payload.size, uri: payload.uri },
    },
    { kind: "directive", directive: "fetch", policy: reportFailure },
    { kind: "condition", condition: "image-match", policy: reportAll },
    { kind: "set-component-index", index: imageComponent },
    { kind: "override-parameters", parameters: { encryptionInfo, sourceComponent: ciphertextComponent } },
    { kind: "directive", directive: "copy", policy: reportFailure },
    { kind: "condition", condition: "image-match", policy: reportAll },
  ];
}

import { bytesToHex } from "@sumac/crypto";
import type { SuitDigest } from "@sumac/suit";

/**
 * `beside`: fetched from a URI, a relative one named after the digest unless given. `inside`: an integrated payload of
 * the envelope, for small images.
 */
export type PayloadPlace = { readonly carried: "beside"; readonly uri?: string } | { readonly carried: "inside" };

/** What is fetched; digest and size are those of the ciphertext if it is encrypted. */
export interface PayloadFacts {
  readonly uri: string;
  readonly digest: SuitDigest;
  readonly size: bigint;
}

/** A file to be published, unless the envelope carries it. */
export interface ReleasePayload extends PayloadFacts {
  readonly bytes: Uint8Array;
}

/** Named after its content, so that it can be cached for ever and never means two things. */
export const payloadFileName = ({ algorithm, bytes }: SuitDigest): string =>
  `${algorithm.replace("-", "")}-${bytesToHex(bytes)}.bin`;

/** The URI that the manifest gives it. */
export function payloadName(
  place: PayloadPlace | undefined,
  digest: SuitDigest,
  component: number | undefined,
): string {
  if (place?.carried === "inside") return component === undefined ? "#firmware" : `#component-${component}`;
  return place?.uri ?? payloadFileName(digest);
}

import type { Sign1 } from "@sumac/cose";
import type { SeverableName, SuitDigest } from "./manifest.ts";

/** A byte string as it stood in the file: `encoded` with its head (that is what digests cover), `content` without. */
export interface ReceivedBytes {
  readonly encoded: Uint8Array;
  readonly content: Uint8Array;
  /** Where `content` starts in the outermost file. */
  readonly contentOffset: number;
}

/** An envelope, taken apart but not believed: nothing in it is authenticated, and the manifest is not parsed yet. */
export interface Envelope {
  /** The claimed manifest digest from the wrapper. */
  readonly digest: SuitDigest;
  /** The encoded SUIT_Digest: the detached payload of every signature. */
  readonly digestElement: Uint8Array;
  readonly blocks: readonly AuthenticationBlock[];
  readonly manifest: ReceivedBytes;
  readonly severed: ReadonlyMap<SeverableName, ReceivedBytes>;
  /** By URI, usually "#name". Unsigned: only an image-match of the manifest protects them. */
  readonly integratedPayloads: ReadonlyMap<string, Uint8Array>;
  readonly encoded: Uint8Array;
}

/** A COSE_Sign1 over the digest, with its bytes; other COSE structures (MAC, multi-signer) are kept as `unsupported` with their tag. */
export type AuthenticationBlock =
  | { readonly kind: "sign1"; readonly sign1: Sign1; readonly encoded: Uint8Array; readonly offset: number }
  | { readonly kind: "unsupported"; readonly tag: number; readonly encoded: Uint8Array; readonly offset: number };

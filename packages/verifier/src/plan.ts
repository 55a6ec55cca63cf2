import type { ComponentId, SuitDigest } from "@sumac/suit";

/**
 * What an update would do, worked out before anything is done. Steps run in order and each may rely on the ones before.
 * `update` = payload-fetch, install, validate; `invocation` = validate, load, invoke.
 */
export interface Plan {
  readonly update: readonly PlanStep[];
  readonly invocation: readonly PlanStep[];
}

export type PlanStep =
  | FetchStep
  | ImageMatchStep
  | { readonly do: "copy"; readonly component: number; readonly from: number; readonly expected: ImageExpectation }
  | {
      readonly do: "write";
      readonly component: number;
      readonly content: Uint8Array;
      readonly expected: ImageExpectation;
    }
  | { readonly do: "invoke"; readonly component: number; readonly args?: Uint8Array };

export interface FetchStep {
  readonly do: "fetch";
  readonly component: number;
  readonly id: ComponentId;
  readonly uri: string;
  /** `integrated`: the bytes lie in the envelope under this URI; they are unsigned and need the match like any other. */
  readonly source: "remote" | "integrated";
  readonly expected: ImageExpectation;
}

/** Also the demand to read back what was written: the match is over what lies in the slot (MFST.TOCTOU). */
export interface ImageMatchStep {
  readonly do: "image-match";
  readonly component: number;
  readonly expected: ImageExpectation;
}

/** What the signed manifest says of an image. Without a size, only the slot bounds it. */
export interface ImageExpectation {
  readonly digest: SuitDigest;
  /** Bytes. */
  readonly size?: bigint;
}

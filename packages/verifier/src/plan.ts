import type { ComponentId, SuitDigest } from "@sumac/suit";

/**
 * What an update would do, worked out before anything is done. Steps run in order and each may rely on the ones before.
 * `update` = dependency-resolution, payload-fetch, candidate-verification, install, validate; `invocation` = validate,
 * load, invoke.
 */
export interface Plan {
  readonly update: readonly PlanStep[];
  readonly invocation: readonly PlanStep[];
}

export type PlanStep = FetchStep | ImageMatchStep | CopyStep | WriteStep | SwapStep | InvokeStep;

/** Which component a step is for: a position in the component list of its manifest. */
interface StepTarget {
  readonly component: number;
  /**
   * Absent: the step is of the manifest that was verified. Otherwise of the one it depends on under this index
   * (`VerifiedUpdate.dependencies`), whose component list and whose integrated payloads are meant.
   */
  readonly dependency?: number;
}

/** A device that finds the expected image in place already, by digest and size, may leave the step out (suit.md 5, rule 9). */
export interface FetchStep extends StepTarget {
  readonly do: "fetch";
  readonly id: ComponentId;
  readonly uri: string;
  /** `integrated`: the bytes lie in the envelope under this URI; they are unsigned and need the match like any other. */
  readonly source: "remote" | "integrated";
  readonly expected: ImageExpectation;
}

/** Also the demand to read back what was written: the match is over what lies in the slot (MFST.TOCTOU). */
export interface ImageMatchStep extends StepTarget {
  readonly do: "image-match";
  readonly expected: ImageExpectation;
}

export interface CopyStep extends StepTarget {
  readonly do: "copy";
  readonly from: number;
  readonly expected: ImageExpectation;
  /** An encoded COSE_Encrypt: what is read is ciphertext, what is written and matched is plaintext. */
  readonly encryption?: Uint8Array;
}

export interface WriteStep extends StepTarget {
  readonly do: "write";
  readonly content: Uint8Array;
  readonly expected: ImageExpectation;
  /** As for `CopyStep`. */
  readonly encryption?: Uint8Array;
}

/** Exchanges two components at once: `component` then has the expected image, `with` what `component` had before. */
export interface SwapStep extends StepTarget {
  readonly do: "swap";
  readonly with: number;
  readonly expected: ImageExpectation;
}

export interface InvokeStep extends StepTarget {
  readonly do: "invoke";
  readonly args?: Uint8Array;
}

/** What the signed manifest says of an image. Without a size, only the slot bounds it. */
export interface ImageExpectation {
  readonly digest: SuitDigest;
  /** Bytes. */
  readonly size?: bigint;
}

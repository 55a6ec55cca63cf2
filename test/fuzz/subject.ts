import type { Layer } from "../../firmware-fixtures/vectors-source/vector-file.ts";

/** An input that is accepted, and the judge of what becomes of it. */
export interface Subject {
  readonly layer: Layer;
  readonly name: string;
  /** The recipient's context, of an envelope of our own. */
  readonly context?: string;
  readonly bytes: Uint8Array;
  /** What is wrong with the answer to a damaged input; undefined = nothing. */
  faultOf(damage: Damage): string | undefined;
}

/** One damaged input, and how it came about. */
export interface Damage {
  readonly what: string;
  readonly bytes: Uint8Array;
  /** `again`: the vendor's signature covers the damage (envelopes only). */
  readonly signed: "before" | "again";
}

/** Runs a judge; whatever it throws is a fault too. */
export function guarded(judge: () => string | undefined): string | undefined {
  try {
    return judge();
  } catch (thrown) {
    return `thrown: ${thrown instanceof Error ? thrown.stack : String(thrown)}`;
  }
}

import type { Result } from "@sumac/cbor";
import type { ReceivedBytes } from "./envelope.ts";
import type { Scope } from "./layer.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import type { CommandSequence } from "./manifest.ts";
import { openSequence } from "./open.ts";
import type { SuitRefusal } from "./refusal.ts";

/** Where a sequence stands: several rules depend on it (suit.md 6, rows 14, 15 and 18). */
export interface SequencePlace extends Pick<Scope, "section" | "nesting" | "componentCount"> {
  readonly field: string;
}

/** Parses a severed command sequence; call only after its digest was checked against the manifest. */
export const parseCommandSequence = (
  received: ReceivedBytes,
  place: SequencePlace,
  limits: Limits = defaultLimits,
): Result<CommandSequence, SuitRefusal> => openSequence(received, place, limits);

import type { Result } from "@sumac/cbor";
import { scopeAt } from "./core-grammar.ts";
import type { ReceivedBytes } from "./envelope.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import type { ManifestText } from "./manifest.ts";
import { readText } from "./read-text.ts";
import { attempt, type SuitRefusal } from "./refusal.ts";

/** Parses severed text; call only after its digest was checked against the manifest. */
export const parseText = (received: ReceivedBytes, limits: Limits = defaultLimits): Result<ManifestText, SuitRefusal> =>
  attempt(() => readText(received, "envelope.text", scopeAt(limits, 1)));

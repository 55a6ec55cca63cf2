/** The parsers with their limits named: what a lean verifier is built of. `parse...` are the same with the default ones. */
import type { Result } from "@sumac/cbor";
import { scopeAt } from "./core-grammar.ts";
import type { Envelope, ReceivedBytes } from "./envelope.ts";
import type { Limits } from "./limits.ts";
import type { CommandSequence, Manifest } from "./manifest.ts";
import type { SequencePlace } from "./parse-commands.ts";
import { sequenceFrom } from "./read-commands.ts";
import { readEnvelope } from "./read-envelope.ts";
import { readManifest } from "./read-manifest.ts";
import { attempt, refuse, type SuitRefusal } from "./refusal.ts";

export const openEnvelope = (bytes: Uint8Array, limits: Limits): Result<Envelope, SuitRefusal> =>
  attempt(() => {
    if (bytes.length > limits.maxBytes) refuse({ code: "too-large", size: bytes.length, limit: limits.maxBytes });
    return readEnvelope(new Uint8Array(bytes), 0, scopeAt(limits, 0));
  });

/** An envelope inside another file, of which `bytes` is a view: nothing is copied, offsets count from that file's start. */
export const openEnvelopeAt = (bytes: Uint8Array, offset: number, limits: Limits): Result<Envelope, SuitRefusal> =>
  attempt(() => readEnvelope(bytes, offset, scopeAt(limits, 0)));

export const openManifest = (received: ReceivedBytes, limits: Limits): Result<Manifest, SuitRefusal> =>
  attempt(() => readManifest(received, scopeAt(limits, 1)));

export const openSequence = (
  received: ReceivedBytes,
  { field, ...place }: SequencePlace,
  limits: Limits,
): Result<CommandSequence, SuitRefusal> => attempt(() => sequenceFrom(received, field, scopeAt(limits, 1, place)));

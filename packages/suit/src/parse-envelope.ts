import type { Result } from "@sumac/cbor";
import type { Envelope } from "./envelope.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { openEnvelope } from "./open.ts";
import type { SuitRefusal } from "./refusal.ts";

/**
 * Takes an envelope apart without believing it: the manifest and the severed members stay unparsed bytes. The input is
 * copied once, so that what is verified is what is used even if the caller's buffer changes. An envelope without
 * authentication blocks is well formed; nobody will accept it.
 */
export const parseEnvelope = (bytes: Uint8Array, limits: Limits = defaultLimits): Result<Envelope, SuitRefusal> =>
  openEnvelope(bytes, limits);

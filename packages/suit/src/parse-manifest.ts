import type { Result } from "@sumac/cbor";
import type { ReceivedBytes } from "./envelope.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import type { Manifest } from "./manifest.ts";
import { openManifest } from "./open.ts";
import type { SuitRefusal } from "./refusal.ts";

/** Parses the manifest of an envelope. Call only on authenticated bytes: nothing here checks a signature or digest. */
export const parseManifest = (received: ReceivedBytes, limits: Limits = defaultLimits): Result<Manifest, SuitRefusal> =>
  openManifest(received, limits);

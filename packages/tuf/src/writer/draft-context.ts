import { err, ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import { expiryAfter, type LifetimeClass, type Lifetimes, lifetimeBounds } from "./lifetimes.ts";
import type { WrittenSchemes } from "./role-keys.ts";
import type { ChangeRefusal } from "./writer-refusal.ts";

/** What every change of metadata needs beside the metadata. */
export interface DraftContext {
  readonly crypto: Crypto;
  /** Seconds since 1970, of the writer's clock. */
  readonly now: bigint;
  readonly lifetimes: Lifetimes;
  readonly schemes: WrittenSchemes;
}

/** When a file of this class, written now, expires. */
export function expiryOf(of: LifetimeClass, { now, lifetimes }: DraftContext): Result<string, ChangeRefusal> {
  const seconds = lifetimes[of];
  const { least, most } = lifetimeBounds[of];
  if (!(seconds >= least && seconds <= most)) return err({ code: "lifetime-out-of-range", of, seconds, least, most });
  return ok(expiryAfter(now, seconds));
}

/** A version only grows, by one, and is never used again. */
export function nextVersion(role: string, current: number): Result<number, ChangeRefusal> {
  return current < Number.MAX_SAFE_INTEGER ? ok(current + 1) : err({ code: "version-exhausted", role });
}

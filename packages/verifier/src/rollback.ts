import { err, ok, type Result } from "@sumac/cbor";
import { equalBytes } from "@sumac/crypto";
import type { Installed } from "./recipient.ts";
import type { Rejection } from "./rejection.ts";

/** `already-installed`: the very manifest that is confirmed; nothing has to be done. */
export type Standing = "newer" | "same-number" | "already-installed";

/**
 * Check 7 (trust.md 3): a lower number than the confirmed one is a replay; the same number is either the same manifest
 * or a number used twice. `same-number` = the floor is known without its manifest, so the two cannot be told apart.
 */
export function judgeSequence(
  offered: { readonly sequence: bigint; readonly manifestDigest: Uint8Array },
  installed: Installed,
): Result<Standing, Rejection> {
  const { floor, manifestDigest } = installed;
  if (offered.sequence < floor) return err({ code: "rollback", offered: offered.sequence, floor });
  if (offered.sequence > floor) return ok("newer");
  if (manifestDigest === undefined) return ok("same-number");
  if (equalBytes(manifestDigest, offered.manifestDigest)) return ok("already-installed");
  return err({ code: "sequence-reused", sequence: offered.sequence });
}

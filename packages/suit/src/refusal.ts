import { err, type Malformed, type MalformedReason, malformed, ok, type Result } from "@sumac/cbor";
import type { SeverableName } from "./manifest.ts";

/**
 * Why a SUIT structure is refused. Offsets count from the start of the outermost file.
 * `unsupported` carries the number that is not known here: a key, command, parameter, algorithm, policy or version.
 */
export type SuitRefusal =
  | Malformed
  | { readonly code: "too-large"; readonly size: number; readonly limit: number }
  | { readonly code: "unsupported"; readonly field: string; readonly offset: number; readonly label: number }
  | { readonly code: "limit-exceeded"; readonly limit: string; readonly offset: number }
  | { readonly code: "member-unauthenticated"; readonly member: SeverableName; readonly offset: number };

/**
 * Why the severed members of an envelope do not belong to its manifest, or do not suffice. Which members may be absent
 * depends on the procedure, so `severed-member-missing` is for whoever runs one.
 */
export type SeveredRefusal =
  | { readonly code: "severed-member-mismatch"; readonly member: SeverableName; readonly offset: number }
  | { readonly code: "severed-member-missing"; readonly member: SeverableName };

/** Unwinds the recursion of a parser; `attempt` turns it into a value. Never leaves this package. */
class Refused extends Error {
  readonly refusal: SuitRefusal;
  constructor(refusal: SuitRefusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

export function refuse(refusal: SuitRefusal): never {
  throw new Refused(refusal);
}

export function refuseMalformed(reason: MalformedReason, field: string, offset: number): never {
  throw new Refused(malformed(reason, field, offset));
}

export function unwrap<T>(result: Result<T, SuitRefusal>): T {
  if (!result.ok) throw new Refused(result.error);
  return result.value;
}

/** Runs a parser; what it refused becomes a value, bugs stay exceptions. */
export function attempt<T>(parse: () => T): Result<T, SuitRefusal> {
  try {
    return ok(parse());
  } catch (thrown) {
    if (thrown instanceof Refused) return err(thrown.refusal);
    throw thrown;
  }
}

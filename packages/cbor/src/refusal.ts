import { type Malformed, type MalformedReason, malformed } from "./malformed.ts";
import { err, ok, type Result } from "./result.ts";

/**
 * How a parser that is many calls deep refuses: `refuse` unwinds it, `attempt` around it turns that into a value. Both ends
 * agree on the type of the refusal. Not an `Error`: nobody needs its stack, and to take one is slow.
 */
class Refused {
  readonly refusal: unknown;

  constructor(refusal: unknown) {
    this.refusal = refusal;
  }
}

export function refuse(refusal: unknown): never {
  throw new Refused(refusal);
}

export const refuseMalformed = (reason: MalformedReason, field: string, offset: number): never =>
  refuse(malformed(reason, field, offset));

/** Runs a parser; what it refused becomes a value, bugs stay exceptions. */
export function attempt<T, E = Malformed>(parse: () => T): Result<T, E> {
  try {
    return ok(parse());
  } catch (thrown) {
    if (thrown instanceof Refused) return err(thrown.refusal as E);
    throw thrown;
  }
}

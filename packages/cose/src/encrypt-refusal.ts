import { err, type Malformed, type MalformedReason, malformed, ok, type Result } from "@sumac/cbor";

/** `unsupported` carries the number that is not known: an algorithm, a header label, a kind of key or a curve. */
export type EncryptRefusal =
  | Malformed
  | { readonly code: "unsupported"; readonly field: string; readonly offset: number; readonly label: number };

/** Unwinds a reader of nested headers; `attempt` turns it into a value. Never leaves this package. */
class Refused extends Error {
  readonly refusal: EncryptRefusal;
  constructor(refusal: EncryptRefusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

export function refuseUnsupported(label: number, field: string, offset: number): never {
  throw new Refused({ code: "unsupported", field, offset, label });
}

export function refuseMalformed(reason: MalformedReason, field: string, offset: number): never {
  throw new Refused(malformed(reason, field, offset));
}

export function unwrap<T>(result: Result<T, EncryptRefusal>): T {
  if (!result.ok) throw new Refused(result.error);
  return result.value;
}

export function attempt<T>(read: () => T): Result<T, EncryptRefusal> {
  try {
    return ok(read());
  } catch (thrown) {
    if (thrown instanceof Refused) return err(thrown.refusal);
    throw thrown;
  }
}

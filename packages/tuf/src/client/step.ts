import { attempt, ok, type Result } from "@sumac/cbor";
import type { TufNote, TufRefusal } from "../refusal.ts";

/**
 * What a verification asks of the world, one step at a time. It is a generator: no storage, network or clock is inside, so
 * the same code runs against a server, a bundle, a page's memory or a test's Map. Names of stored files are percent-encoded
 * and safe as file names; paths are URL paths below the metadata folder.
 */
export type Step =
  /** Answer: the bytes, or undefined if nothing (or nothing readable) is stored under the name. */
  | { readonly do: "load"; readonly name: string }
  /** Answer: at most `cap` bytes, or why there are none. Read no further than the cap. */
  | { readonly do: "fetch"; readonly path: string; readonly cap: number }
  /** Before the next step, and as a whole or not at all. A bundle's verifier may keep them all for the end. */
  | { readonly do: "store"; readonly name: string; readonly bytes: Uint8Array }
  | { readonly do: "forget"; readonly name: string }
  /** Something to tell or record. */
  | { readonly do: "note"; readonly note: TufNote };

/** `unreachable` only where a stored, unexpired repository may be used without the server; else throw a fault. */
export type FetchFailure = "absent" | "too-large" | "stalled" | "unreachable";

export type StepAnswer = Uint8Array | FetchFailure | undefined;

export type Steps<T> = Generator<Step, T, StepAnswer>;

/** By its form: bytes from another frame or worker are no `Uint8Array` of this one, and must not pass for "nothing stored". */
const isBytes = (answer: StepAnswer): answer is Uint8Array => typeof answer === "object";

export function* load(name: string): Steps<Uint8Array | undefined> {
  const answer = yield { do: "load", name };
  return isBytes(answer) ? answer : undefined;
}

export function* fetchFile(path: string, cap: number): Steps<Uint8Array | FetchFailure> {
  const answer = yield { do: "fetch", path, cap };
  if (answer === undefined) throw new TypeError(`a fetch of ${path} was not answered`);
  // A caller that read on past the cap must not make a larger file acceptable.
  return isBytes(answer) && answer.length > cap ? "too-large" : answer;
}

export function* store(name: string, bytes: Uint8Array): Steps<void> {
  yield { do: "store", name, bytes };
}

export function* note(note: TufNote): Steps<void> {
  yield { do: "note", note };
}

/** Runs steps that unwind with a refusal, and makes a value of it; bugs and faults stay exceptions. */
export function* attemptSteps<T>(steps: () => Steps<T>): Steps<Result<T, TufRefusal>> {
  try {
    return ok(yield* steps());
  } catch (thrown) {
    return attempt<T, TufRefusal>(() => {
      throw thrown;
    });
  }
}

import type { TufNote } from "../refusal.ts";
import type { FetchFailure, Step, StepAnswer, Steps } from "./step.ts";

/** Where accepted files lie. Each call is whole or not at all; a file that cannot be read is `undefined`. */
export interface TrustedFiles {
  load(name: string): Promise<Uint8Array | undefined>;
  store(name: string, bytes: Uint8Array): Promise<void>;
  forget(name: string): Promise<void>;
}

/** Reads metadata: at most `cap` bytes of `path`, or why not. Faults of the network are thrown. */
export type FetchMetadata = (path: string, cap: number) => Promise<Uint8Array | FetchFailure>;

/** Carries steps out, one after the other. */
export async function drive<T>(
  steps: Steps<T>,
  files: TrustedFiles,
  fetchMetadata: FetchMetadata,
  onNote: (note: TufNote) => void,
): Promise<T> {
  let next = steps.next();
  while (next.done !== true) {
    const answer = await carryOut(next.value, files, fetchMetadata, onNote);
    next = steps.next(answer);
  }
  return next.value;
}

async function carryOut(
  step: Step,
  files: TrustedFiles,
  fetchMetadata: FetchMetadata,
  onNote: (note: TufNote) => void,
): Promise<StepAnswer> {
  switch (step.do) {
    case "load":
      return files.load(step.name);
    case "fetch":
      return fetchMetadata(step.path, step.cap);
    case "store":
      await files.store(step.name, step.bytes);
      return undefined;
    case "forget":
      await files.forget(step.name);
      return undefined;
    case "note":
      onNote(step.note);
      return undefined;
  }
}

/** Files in memory: a bundle's tree, a page, a test. `files` is changed at once, so hand in a copy to be able to go back. */
export function driveInMemory<T>(
  steps: Steps<T>,
  files: Map<string, Uint8Array>,
  fetchMetadata: (path: string, cap: number) => Uint8Array | FetchFailure,
  onNote: (note: TufNote) => void,
): T {
  let next = steps.next();
  while (next.done !== true) {
    const step: Step = next.value;
    let answer: StepAnswer;
    if (step.do === "load") answer = files.get(step.name);
    else if (step.do === "fetch") answer = fetchMetadata(step.path, step.cap);
    else if (step.do === "store") files.set(step.name, step.bytes);
    else if (step.do === "forget") files.delete(step.name);
    else onNote(step.note);
    next = steps.next(answer);
  }
  return next.value;
}

import { err, ok, type Result } from "@sumac/cbor";
import { equalBytes } from "@sumac/crypto";
import type { KeyWarning } from "./key-refusal.ts";
import { readSmallFile } from "./node-bounded-file.ts";
import { Passphrase } from "./passphrase.ts";
import type { PassphraseSourceRefusal } from "./passphrase-refusal.ts";

/** Asks a person without showing the answer. `node-prompt.ts` has the one for a terminal. */
export type AskPassphrase = (question: string) => Promise<Result<Uint8Array, { readonly code: "no-terminal" }>>;

/** Where a passphrase comes from. Never from an argument: those are visible to every user of the machine. */
export type PassphraseSource =
  | { readonly from: "file"; readonly path: string }
  /** The caller reads the environment; `variable` is for messages. */
  | { readonly from: "environment"; readonly variable: string; readonly value: string | undefined }
  | { readonly from: "prompt"; readonly ask: AskPassphrase; readonly question: string }
  /** For a new key: a typing mistake would lock it for ever. */
  | {
      readonly from: "prompt-twice";
      readonly ask: AskPassphrase;
      readonly question: string;
      readonly repeatQuestion: string;
    };

export interface ReadPassphrase {
  /** The caller wipes it. */
  readonly passphrase: Passphrase;
  readonly warnings: readonly KeyWarning[];
}

const maxFileBytes = 4096;

/** Reads a passphrase. One line ending at the end of a file is not part of it. */
export async function readPassphrase(
  source: PassphraseSource,
): Promise<Result<ReadPassphrase, PassphraseSourceRefusal>> {
  switch (source.from) {
    case "file":
      return readFromFile(source.path);
    case "environment":
      if (source.value === undefined) return err({ code: "passphrase-variable-unset", variable: source.variable });
      return parsed(new TextEncoder().encode(source.value));
    case "prompt": {
      const answer = await source.ask(source.question);
      return answer.ok ? parsed(answer.value) : answer;
    }
    case "prompt-twice": {
      const first = await source.ask(source.question);
      if (!first.ok) return first;
      const second = await source.ask(source.repeatQuestion);
      if (!second.ok) return second;
      const isSame = equalBytes(first.value, second.value);
      second.value.fill(0);
      if (isSame) return parsed(first.value);
      first.value.fill(0);
      return err({ code: "passphrase-mismatch" });
    }
  }
}

async function readFromFile(path: string): Promise<Result<ReadPassphrase, PassphraseSourceRefusal>> {
  const file = await readSmallFile(path, maxFileBytes);
  if (!file.ok) {
    if (file.error.code === "not-found") return err({ code: "passphrase-file-not-found", path });
    return err({ code: "passphrase-file-too-large", path, limit: maxFileBytes });
  }
  const { bytes, openTo, mode } = file.value;
  return parsed(
    withoutLineEnding(bytes),
    openTo === 0 ? [] : [{ code: "passphrase-file-readable-by-others", path, mode }],
  );
}

function withoutLineEnding(bytes: Uint8Array): Uint8Array {
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}

function parsed(
  bytes: Uint8Array,
  warnings: readonly KeyWarning[] = [],
): Result<ReadPassphrase, PassphraseSourceRefusal> {
  const passphrase = Passphrase.parse(bytes);
  return passphrase.ok ? ok({ passphrase: passphrase.value, warnings }) : passphrase;
}

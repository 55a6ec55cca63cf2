import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { err, ok } from "@sumac/cbor";
import { describe, expect, test } from "vitest";
import { type AskPassphrase, readPassphrase } from "./node-passphrase.ts";
import { temporaryDirectory } from "./test-directory.test.support.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function fileWith(content: string | Uint8Array, mode = 0o600): string {
  const path = join(temporaryDirectory(), "passphrase");
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

/** Answers in turn, and keeps what it answered, to see whether it was overwritten. */
function answering(...answers: readonly string[]): { ask: AskPassphrase; given: Uint8Array[] } {
  const given: Uint8Array[] = [];
  const ask: AskPassphrase = async () => {
    const answer = bytes(answers[given.length] ?? "");
    given.push(answer);
    return ok(answer);
  };
  return { ask, given };
}

async function read(source: Parameters<typeof readPassphrase>[0]) {
  const result = await readPassphrase(source);
  return result.ok ? new TextDecoder().decode(result.value.passphrase.reveal()) : result.error;
}

describe("readPassphrase", () => {
  test.each([
    ["open sesame", "open sesame"],
    ["open sesame\n", "open sesame"],
    ["open sesame\r\n", "open sesame"],
    ["open sesame ", "open sesame "],
    ["", { code: "passphrase-unusable", reason: "empty" }],
    ["\n", { code: "passphrase-unusable", reason: "empty" }],
    ["one\ntwo\n", { code: "passphrase-unusable", reason: "control-character" }],
    ["open sesame\n\n", { code: "passphrase-unusable", reason: "control-character" }],
  ])("from a file with %j", async (content, expected) => {
    expect(await read({ from: "file", path: fileWith(content) })).toEqual(expected);
  });

  test("from a file that is missing or no passphrase file", async () => {
    const missing = join(temporaryDirectory(), "absent");
    expect(await read({ from: "file", path: missing })).toEqual({ code: "passphrase-file-not-found", path: missing });
    const large = fileWith(new Uint8Array(4097));
    expect(await read({ from: "file", path: large })).toEqual({
      code: "passphrase-file-too-large",
      path: large,
      limit: 4096,
    });
  });

  test("warns of a file that others may read", async () => {
    const path = fileWith("open sesame", 0o644);
    const result = await readPassphrase({ from: "file", path });
    expect(result.ok && result.value.warnings).toEqual([
      { code: "passphrase-file-readable-by-others", path, mode: 0o644 },
    ]);
  });

  test("from a variable, with nothing stripped", async () => {
    const from = "environment";
    expect(await read({ from, variable: "P", value: "open sesame " })).toBe("open sesame ");
    expect(await read({ from, variable: "P", value: undefined })).toEqual({
      code: "passphrase-variable-unset",
      variable: "P",
    });
    expect(await read({ from, variable: "P", value: "" })).toEqual({ code: "passphrase-unusable", reason: "empty" });
  });

  test("from a prompt, once", async () => {
    const { ask } = answering("open sesame");
    expect(await read({ from: "prompt", ask, question: "?" })).toBe("open sesame");
  });

  test("from a prompt, twice, and the repetition is overwritten", async () => {
    const { ask, given } = answering("open sesame", "open sesame");
    expect(await read({ from: "prompt-twice", ask, question: "?", repeatQuestion: "again?" })).toBe("open sesame");
    expect(given[1]).toEqual(new Uint8Array(11));
  });

  test("two answers that differ are refused and overwritten", async () => {
    const { ask, given } = answering("open sesame", "open sesamy");
    expect(await read({ from: "prompt-twice", ask, question: "?", repeatQuestion: "again?" })).toEqual({
      code: "passphrase-mismatch",
    });
    expect(given).toEqual([new Uint8Array(11), new Uint8Array(11)]);
  });

  test("without a terminal", async () => {
    const ask: AskPassphrase = async () => err({ code: "no-terminal" });
    expect(await read({ from: "prompt", ask, question: "?" })).toEqual({ code: "no-terminal" });
  });
});

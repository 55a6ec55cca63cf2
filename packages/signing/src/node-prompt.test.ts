import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { askOnTerminal, type PromptInput } from "./node-prompt.ts";

/** A terminal that types the given chunks one after the other as soon as somebody listens. */
class FakeTerminal extends EventEmitter implements PromptInput {
  readonly isTTY: boolean;
  readonly calls: string[] = [];
  readonly chunks: Uint8Array[];
  #next = 0;

  constructor(chunks: readonly (string | number[])[], isTTY: "terminal" | "pipe" = "terminal") {
    super();
    this.isTTY = isTTY === "terminal";
    this.chunks = chunks.map((chunk) =>
      typeof chunk === "string" ? new TextEncoder().encode(chunk) : Uint8Array.from(chunk),
    );
  }

  setRawMode(mode: boolean): void {
    this.calls.push(`raw ${mode}`);
  }

  resume(): void {
    this.calls.push("resume");
    queueMicrotask(() => {
      while (this.#next < this.chunks.length && this.listenerCount("data") > 0) {
        this.emit("data", this.chunks[this.#next++]);
      }
      if (this.listenerCount("data") > 0) this.emit("end");
    });
  }

  pause(): void {
    this.calls.push("pause");
  }
}

async function type(...chunks: readonly (string | number[])[]) {
  const terminal = new FakeTerminal(chunks);
  const written: string[] = [];
  const ask = askOnTerminal(terminal, { write: (text) => written.push(text) });
  const answer = await ask("Passphrase: ").then(
    (result) => (result.ok ? new TextDecoder().decode(result.value) : result.error.code),
    (fault: unknown) => fault,
  );
  return { answer, written, terminal };
}

describe("askOnTerminal", () => {
  test.each<[string, (string | number[])[], string]>([
    ["a line", ["open sesame\r"], "open sesame"],
    ["key by key", [..."open\n"], "open"],
    [
      "UTF-8 cut in the middle of a character",
      [
        [0x67, 0xc3],
        [0xbc, 0x0d],
      ],
      "gü",
    ],
    ["backspace", ["sesamy\u007fe\r"], "sesame"],
    ["backspace over a wide character", ["a🔑\u007fb\r"], "ab"],
    ["backspace on nothing", ["\u007f\u0008x\r"], "x"],
    ["Ctrl-U", ["wrong\u0015right\r"], "right"],
    ["arrow keys", ["ab", "\u001b[D", "c\r"], "abc"],
    ["what follows Enter is dropped", ["a\rb\r"], "a"],
    ["nothing", ["\r"], ""],
    ["Ctrl-D after something", ["abc\u0004"], "abc"],
    ["two kilobytes, cut one byte over the limit", [`${"a".repeat(2048)}\r`], "a".repeat(1025)],
  ])("%s", async (_, chunks, expected) => {
    const { answer } = await type(...chunks);
    expect(answer).toBe(expected);
  });

  test("shows the question and nothing of the answer", async () => {
    const { written } = await type("open sesame\r");
    expect(written).toEqual(["Passphrase: ", "\n"]);
  });

  test("overwrites what came from the terminal", async () => {
    const { terminal } = await type("open ", "sesame\r");
    expect(terminal.chunks.every((chunk) => chunk.every((byte) => byte === 0))).toBe(true);
  });

  test.each([
    ["Ctrl-C", ["abc\u0003"]],
    ["Ctrl-D on nothing", ["\u0004"]],
    ["a closed terminal", ["abc"]],
  ])("%s interrupts", async (_, chunks) => {
    const { answer } = await type(...chunks);
    expect(answer).toMatchObject({ name: "PromptInterrupted", code: "interrupted" });
  });

  test.each([
    ["Enter", "abc\r"],
    ["Ctrl-C", "\u0003"],
  ])("puts the terminal back in order after %s", async (_, typed) => {
    const { terminal } = await type(typed);
    expect(terminal.calls).toEqual(["raw true", "resume", "raw false", "pause"]);
    expect(terminal.eventNames()).toEqual([]);
  });

  test("a pipe is no terminal, and is not read", async () => {
    const pipe = new FakeTerminal(["secret\r"], "pipe");
    const written: string[] = [];
    const answer = await askOnTerminal(pipe, { write: (text) => written.push(text) })("Passphrase: ");
    expect(answer).toEqual({ ok: false, error: { code: "no-terminal" } });
    expect(pipe.calls).toEqual([]);
    expect(written).toEqual([]);
  });
});

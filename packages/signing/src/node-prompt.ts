import { stderr, stdin } from "node:process";
import { err, ok } from "@sumac/cbor";
import type { AskPassphrase } from "./node-passphrase.ts";

/** The person pressed Ctrl-C, or closed the input, instead of answering. */
export class PromptInterrupted extends Error {
  readonly code = "interrupted";

  constructor() {
    super("interrupted");
    this.name = "PromptInterrupted";
  }
}

/** The part of `process.stdin` that the prompt needs; a test gives its own. */
export interface PromptInput {
  readonly isTTY?: boolean;
  setRawMode(mode: boolean): unknown;
  resume(): unknown;
  pause(): unknown;
  on(event: "data", listener: (chunk: Uint8Array | string) => void): unknown;
  on(event: "end" | "close", listener: () => void): unknown;
  off(event: "data", listener: (chunk: Uint8Array | string) => void): unknown;
  off(event: "end" | "close", listener: () => void): unknown;
}

export interface PromptOutput {
  write(text: string): unknown;
}

/** What a terminal in raw mode sends for the keys that mean something. */
const key = {
  interrupt: 0x03,
  endOfInput: 0x04,
  backspace: 0x08,
  lineFeed: 0x0a,
  enter: 0x0d,
  eraseLine: 0x15,
  escape: 0x1b,
  delete: 0x7f,
} as const;

const maxAnswerBytes = 1024;

/**
 * A prompt on the terminal that shows nothing of what is typed, not even its length. The question goes to standard
 * error, so that standard output stays clean for a pipe. Enter ends; Ctrl-C, Ctrl-D on an empty line and a closed
 * terminal reject with `PromptInterrupted`; the terminal is put back in order whatever happens.
 */
export function askOnTerminal(input: PromptInput = stdin, output: PromptOutput = stderr): AskPassphrase {
  return async (question) => {
    if (input.isTTY !== true) return err({ code: "no-terminal" });
    output.write(question);
    input.setRawMode(true);
    try {
      return ok(await readHiddenLine(input));
    } finally {
      input.setRawMode(false);
      input.pause();
      output.write("\n");
    }
  };
}

function readHiddenLine(input: PromptInput): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const line = new HiddenLine();
    const finish = (settle: () => void): void => {
      input.off("data", onData);
      input.off("end", onEnd);
      input.off("close", onEnd);
      settle();
      line.wipe();
    };
    const onData = (chunk: Uint8Array | string): void => {
      const bytes = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
      const outcome = line.type(bytes);
      // Typed secrets must not wait in a stream buffer for the garbage collector.
      bytes.fill(0);
      if (outcome === "entered") finish(() => resolve(line.copy()));
      if (outcome === "interrupted") finish(() => reject(new PromptInterrupted()));
    };
    const onEnd = (): void => finish(() => reject(new PromptInterrupted()));
    input.on("data", onData);
    input.on("end", onEnd);
    input.on("close", onEnd);
    input.resume();
  });
}

/** One line as it is typed, in a buffer that can be overwritten. What follows Enter in the same chunk is dropped. */
class HiddenLine {
  readonly #buffer = new Uint8Array(maxAnswerBytes + 1);
  #length = 0;

  type(bytes: Uint8Array): "more" | "entered" | "interrupted" {
    // Arrow and function keys send ESC and letters in one chunk: they are no part of a passphrase.
    if (bytes[0] === key.escape) return "more";
    for (const byte of bytes) {
      switch (byte) {
        case key.enter:
        case key.lineFeed:
          return "entered";
        case key.interrupt:
          return "interrupted";
        case key.endOfInput:
          return this.#length === 0 ? "interrupted" : "entered";
        case key.backspace:
        case key.delete:
          this.#dropCharacter();
          break;
        case key.eraseLine:
          this.wipe();
          break;
        default:
          // One byte over the limit is kept, so that the answer is refused as too long and not silently cut.
          if (this.#length < this.#buffer.length) this.#buffer[this.#length++] = byte;
      }
    }
    return "more";
  }

  /** A UTF-8 character with its continuation bytes (10xxxxxx). */
  #dropCharacter(): void {
    while (this.#length > 0) {
      const last = this.#buffer[--this.#length] ?? 0;
      this.#buffer[this.#length] = 0;
      if ((last & 0xc0) !== 0x80) return;
    }
  }

  copy(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  wipe(): void {
    this.#buffer.fill(0);
    this.#length = 0;
  }
}

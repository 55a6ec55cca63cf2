import { fstatSync, readSync, writeSync } from "node:fs";
import type { Io, TextSink } from "./io.ts";

const repeatedSignalMs = 1000;

/** The real world: this process' streams, environment and signals. */
export function nodeIo(): Io {
  let signal: AbortSignal | undefined;
  let hangUp: (() => void) | undefined;
  return {
    stdout: sink(1),
    stderr: sink(2),
    environment: process.env,
    workingFolder: process.cwd(),
    get interrupted() {
      signal ??= interrupted(() => hangUp);
      return signal;
    },
    onHangUp(listener) {
      hangUp = listener;
    },
    readStandardInput: async (limit) => readUpTo(0, limit + 1),
  };
}

/**
 * Aborted by the first signal. A terminal, npm and the runner may each hand the same key press on, so signals within a
 * second count once; a later one ends the process, for a person who does not want to wait for an orderly end.
 */
function interrupted(hangUp: () => (() => void) | undefined): AbortSignal {
  const controller = new AbortController();
  let firstAt = Number.POSITIVE_INFINITY;
  const receive = (): void => {
    if (!controller.signal.aborted) {
      firstAt = Date.now();
      controller.abort();
    } else if (Date.now() - firstAt > repeatedSignalMs) process.exit(130);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, receive);
  process.on("SIGHUP", () => (hangUp() ?? receive)());
  return controller.signal;
}

/** `process.stdout` would cost more to load than all of `sumac verify`; the descriptor is enough. */
function sink(descriptor: 1 | 2): TextSink {
  let closed = false;
  let terminal: boolean | undefined;
  return {
    write(text) {
      if (!closed) closed = writeAll(descriptor, Buffer.from(text)) === "closed";
    },
    get terminal() {
      terminal ??= isTerminal(descriptor);
      return terminal;
    },
    get columns() {
      // Some pseudo-terminals say zero.
      return (descriptor === 1 ? process.stdout : process.stderr).columns || 80;
    },
  };
}

/** A reader that has gone (`sumac ... | head`) is no error: the rest is dropped. */
function writeAll(descriptor: number, bytes: Uint8Array): "written" | "closed" {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      // Where faults are told there is nobody left to tell of this one: the exit code still says what happened.
      if (code === "EPIPE" || code === "EBADF" || (descriptor === 2 && code !== "EAGAIN")) return "closed";
      if (code !== "EAGAIN") throw error;
      pause(2);
    }
  }
  return "written";
}

function readUpTo(descriptor: number, most: number): Uint8Array {
  const bytes = new Uint8Array(most);
  let length = 0;
  while (length < most) {
    try {
      const read = readSync(descriptor, bytes, length, most - length, null);
      if (read === 0) break;
      length += read;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "EOF") break;
      if (code !== "EAGAIN") throw error;
      pause(5);
    }
  }
  return bytes.subarray(0, length);
}

const pause = (milliseconds: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
};

/** `node:tty` is loaded only for a character device: /dev/null is one too. */
function isTerminal(descriptor: number): boolean {
  try {
    if (!fstatSync(descriptor).isCharacterDevice()) return false;
  } catch {
    return false;
  }
  return process.getBuiltinModule("node:tty").isatty(descriptor);
}

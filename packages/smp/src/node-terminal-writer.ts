import { write } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { LinkFault } from "./link.ts";

/** Milliseconds until a full terminal is asked again. */
const pauseWhenFull = 1;
/** More at a time only fills the terminal, which then has to be asked again. */
const longestWrite = 4096;

/**
 * Writes to an open terminal that does not block, and asks again while it is full. One write after the other; after `end`
 * nothing is written any more, also not to a file that gets the same descriptor.
 */
export class TerminalWriter {
  readonly #descriptor: number;
  readonly #path: string;
  #state: "open" | "ended" = "open";
  #last: Promise<void> = Promise.resolve();

  constructor(descriptor: number, path: string) {
    this.#descriptor = descriptor;
    this.#path = path;
  }

  /** Throws `LinkFault`. */
  write(bytes: Uint8Array): Promise<void> {
    const written = this.#last.then(() => this.#writeAll(bytes));
    this.#last = written.catch(() => undefined);
    return written;
  }

  /** Returns when the descriptor may be closed. */
  async end(): Promise<void> {
    this.#state = "ended";
    await this.#last;
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#state === "ended") throw new LinkFault("link-closed", { path: this.#path });
      const written = await this.#writeSome(bytes.subarray(at, at + longestWrite));
      if (written === 0) await setTimeout(pauseWhenFull);
      at += written;
    }
  }

  /** 0 = the terminal is full: nobody reads at the other end, or not fast enough. */
  #writeSome(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      write(this.#descriptor, bytes, 0, bytes.length, null, (error, written) => {
        if (error === null) return resolve(written);
        if (error.code === "EAGAIN" || error.code === "EINTR") return resolve(0);
        reject(new LinkFault("port-failed", { path: this.#path, detail: error.message }, { cause: error }));
      });
    });
  }
}

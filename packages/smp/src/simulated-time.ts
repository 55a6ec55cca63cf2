import type { Timer } from "./timer.ts";

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/**
 * Time that passes only when everybody waits: an hour on a line of 115,200 baud is over in a moment, and the same seed
 * gives the same conversation. `settle` = lets everything run that can run without time passing; a `setImmediate`.
 */
export class SimulatedTime implements Timer {
  readonly #settle: () => Promise<void>;
  #now = 0;
  #sleepers: Sleeper[] = [];

  constructor(settle: () => Promise<void>) {
    this.#settle = settle;
  }

  now(): number {
    return this.#now;
  }

  wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const sleeper: Sleeper = { at: this.#now + Math.max(0, milliseconds), wake: resolve };
    this.#sleepers.push(sleeper);
    signal?.addEventListener(
      "abort",
      () => {
        const at = this.#sleepers.indexOf(sleeper);
        if (at >= 0) this.#sleepers.splice(at, 1);
        resolve();
      },
      { once: true },
    );
    return promise;
  }

  /** Lets time pass until `task` is done. Throws if everybody waits for something that no time brings. */
  async run<T>(task: Promise<T>): Promise<T> {
    let done = false;
    const finished = task.finally(() => {
      done = true;
    });
    finished.catch(() => undefined);
    for (;;) {
      await this.#settle();
      if (done) return finished;
      const next = this.#sleepers.reduce<Sleeper | undefined>(
        (first, sleeper) => (first === undefined || sleeper.at < first.at ? sleeper : first),
        undefined,
      );
      if (next === undefined) throw new Error("everybody waits, and nothing will come");
      this.#sleepers.splice(this.#sleepers.indexOf(next), 1);
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
  }
}

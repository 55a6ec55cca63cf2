const mostNames = 64;
const firstPauseMs = 60_000;
const longestPauseMs = 24 * 3_600_000;
/** Looks at once, after a rest, and what one takes to be forgotten. */
const looksAtOnce = 32;
const lookRestMs = 120_000;

interface Refused {
  times: number;
  untilMs: number;
}

/**
 * What was refused is not looked at again at once, but after 1, 2, 4 ... minutes, up to a day: a server that offers the
 * same thing for ever costs little, and one that corrected its mistake is heard. A sender can make up names: of too many,
 * those are forgotten that were refused least, and all looks together are rationed, so that no flood of names wears out
 * the flash of the event log. Counted in running time; not stored.
 */
export class RefusalMemory {
  readonly #uptimeMs: () => number;
  readonly #refused = new Map<string, Refused>();
  #owedMs = 0;
  #asOfMs: number;

  constructor(uptimeMs: () => number) {
    this.#uptimeMs = uptimeMs;
    this.#asOfMs = uptimeMs();
  }

  /** Whether to look at what goes by this name now; a look that is allowed counts. */
  look(name: string): "look" | "pass-over" {
    const now = this.#uptimeMs();
    this.#owedMs = Math.max(0, this.#owedMs - Math.max(0, now - this.#asOfMs));
    this.#asOfMs = Math.max(this.#asOfMs, now);
    if (this.isPaused(name) || this.#owedMs + lookRestMs > looksAtOnce * lookRestMs) return "pass-over";
    this.#owedMs += lookRestMs;
    return "look";
  }

  isPaused(name: string): boolean {
    const refused = this.#refused.get(name);
    return refused !== undefined && this.#uptimeMs() < refused.untilMs;
  }

  /** Remembers one more refusal of what goes by this name. */
  add(name: string): void {
    const times = (this.#refused.get(name)?.times ?? 0) + 1;
    this.#keep(name, times, Math.min(firstPauseMs * 2 ** (times - 1), longestPauseMs));
  }

  /** Not refused, but not possible before so much time has passed. */
  pause(name: string, ms: number): void {
    this.#keep(name, this.#refused.get(name)?.times ?? 0, Math.min(ms, longestPauseMs));
  }

  #keep(name: string, times: number, pauseMs: number): void {
    this.#refused.delete(name);
    if (this.#refused.size >= mostNames) this.#forgetOne();
    this.#refused.set(name, { times, untilMs: this.#uptimeMs() + pauseMs });
  }

  /** Of those that were refused least often, the one that was refused the longest time ago. */
  #forgetOne(): void {
    let least: string | undefined;
    let times = Number.POSITIVE_INFINITY;
    for (const [name, refused] of this.#refused) {
      if (refused.times >= times) continue;
      least = name;
      times = refused.times;
    }
    if (least !== undefined) this.#refused.delete(least);
  }
}

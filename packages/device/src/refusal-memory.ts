const mostKeys = 32;
const mostSkipped = 1024;

interface Refused {
  times: number;
  skip: number;
}

/**
 * What was refused is not looked at again at the next poll, but after 1, 3, 7, … polls: a server that offers the same
 * thing for ever costs little, and one that corrected its mistake is heard. Not stored: a restart forgives.
 */
export class RefusalMemory {
  readonly #refused = new Map<string, Refused>();

  /** Remembers one more refusal of what goes by this name. */
  add(key: string): void {
    const times = (this.#refused.get(key)?.times ?? 0) + 1;
    this.#refused.delete(key);
    this.#refused.set(key, { times, skip: Math.min(2 ** times - 1, mostSkipped) });
    // A sender chooses the names: the oldest goes.
    const [oldest] = this.#refused.keys();
    if (this.#refused.size > mostKeys && oldest !== undefined) this.#refused.delete(oldest);
  }

  /** Whether to pass it over this time. Each answer counts as one poll. */
  passOver(key: string): boolean {
    const refused = this.#refused.get(key);
    if (refused === undefined || refused.skip === 0) return false;
    refused.skip--;
    return true;
  }
}

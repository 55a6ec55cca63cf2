const forgetAbove = 10_000;

/**
 * A token bucket for each network address: `perSecond` sustained, twice that in a burst. It keeps one broken client
 * from starving the others; a botnet needs more than this. Memory is bounded: beyond 10,000 addresses the longest silent one is forgotten.
 */
export class RateGuard {
  readonly #perSecond: number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  get remembered(): number {
    return this.#buckets.size;
  }

  /** Takes one request's worth from an address's bucket. */
  admit(address: string, now: number): "admitted" | "refused" {
    const most = this.#perSecond * 2;
    const bucket = this.#buckets.get(address) ?? { tokens: most, at: now };
    const refill = Math.max(0, ((now - bucket.at) / 1000) * this.#perSecond);
    bucket.tokens = Math.min(most, bucket.tokens + refill);
    bucket.at = now;
    // Moved to the end: the first entry is always the one not heard of for longest.
    this.#buckets.delete(address);
    this.#buckets.set(address, bucket);
    const [oldest] = this.#buckets.size > forgetAbove ? this.#buckets.keys() : [];
    if (oldest !== undefined) this.#buckets.delete(oldest);
    if (bucket.tokens < 1) return "refused";
    bucket.tokens -= 1;
    return "admitted";
  }
}

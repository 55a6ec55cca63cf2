/** How long an answer usually takes, and so how long to wait for the next one (the way of RFC 6298). */
export class RoundTrip {
  readonly #least: number;
  readonly #most: number;
  #smoothed: number | undefined;
  #variation = 0;

  /** Milliseconds; `most` also holds until the first answer. */
  constructor(least: number, most: number) {
    this.#least = least;
    this.#most = most;
  }

  /** Only of requests that were sent once: else nobody knows which sending was answered. */
  measured(milliseconds: number): void {
    if (this.#smoothed === undefined) {
      this.#smoothed = milliseconds;
      this.#variation = milliseconds / 2;
      return;
    }
    this.#variation += (Math.abs(milliseconds - this.#smoothed) - this.#variation) / 4;
    this.#smoothed += (milliseconds - this.#smoothed) / 8;
  }

  /** Milliseconds; doubles with each time it was waited for in vain. */
  timeout(attempt: number): number {
    const once =
      this.#smoothed === undefined ? this.#most : this.#smoothed + Math.max(4 * this.#variation, this.#least);
    return Math.min(this.#most, Math.max(this.#least, once) * 2 ** attempt);
  }
}

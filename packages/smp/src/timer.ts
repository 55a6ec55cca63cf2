/** Time for pauses and rates; has nothing to do with the date. */
export interface Timer {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** Returns after so many milliseconds, or earlier when the signal is aborted. Never throws. */
  wait(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

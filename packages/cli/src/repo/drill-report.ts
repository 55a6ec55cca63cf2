/** One step of a drill, as it happened. */
export interface DrillStep {
  readonly why: string;
  /** Absent of what happens outside: a loss, a theft, a device that looks. */
  readonly command: string | undefined;
  /** `ok`, `told`, or the code of a refusal that was meant. */
  readonly outcome: string;
  readonly said: string;
}

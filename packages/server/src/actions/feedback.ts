/** A device's report, DDI `feedback`, as far as it could be understood. Every string in it is hostile text. */
export interface Feedback {
  readonly execution: Execution;
  readonly finished: Finished;
  readonly details: readonly string[];
}

export const executions = [
  "closed",
  "canceled",
  "rejected",
  "download",
  "downloaded",
  "proceeding",
  "scheduled",
  "resumed",
] as const;

/** `unknown`: none of DDI's words; stored, and nothing else. */
export type Execution = (typeof executions)[number] | "unknown";

export const finishedWords = ["success", "failure", "none"] as const;

export type Finished = (typeof finishedWords)[number];

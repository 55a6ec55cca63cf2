/** What a person needs to know of a failure: one sentence each, no capital, no full stop. */
export interface Explanation {
  readonly problem: string;
  readonly remedy: string;
}

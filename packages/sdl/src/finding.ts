import type { RuleId } from "./rules.ts";

/** A place in a file of the product: both counted from 1; a missing file has line 1, column 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong, by its public rule id. `about` is the fact: an id, a member, a date. */
export interface Finding extends Place {
  readonly rule: RuleId;
  readonly about: string;
}

export const findingAt = (rule: RuleId, place: Place, about: string): Finding => ({ rule, ...place, about });

/** Of a whole file, or of a file that is not there. */
export const findingOf = (rule: RuleId, file: string, about: string): Finding => ({
  rule,
  file,
  line: 1,
  column: 1,
  about,
});

import type { AnswerFields } from "./answer-fields.ts";
import type { SmpMap } from "./body.ts";

/** One entry of a device's event log. */
export interface SumacEvent {
  /** Counts up from 1 and is never used again. */
  readonly number: number;
  /** Seconds since 1970, if the device knew the time. */
  readonly at?: number;
  readonly code: string;
  readonly facts: SmpMap;
}

export interface SumacEvents {
  readonly events: readonly SumacEvent[];
  /** Number of the newest entry; 0 = the log is empty. More are to be read while it is above that of the last event here. */
  readonly last: number;
}

export const writeEvent = ({ number, at, code, facts }: SumacEvent): SmpMap => ({
  n: number,
  ...(at === undefined ? {} : { at }),
  code,
  ...(Object.keys(facts).length === 0 ? {} : { facts }),
});

export const readEventFields = (fields: AnswerFields): SumacEvents => ({
  events: fields.maps("events", (item) => ({
    number: item.whole("n"),
    ...(item.has("at") ? { at: item.whole("at") } : {}),
    code: item.text("code"),
    facts: item.has("facts") ? item.map("facts") : {},
  })),
  last: fields.whole("last"),
});

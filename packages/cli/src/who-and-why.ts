import { overrideName, overrideReason } from "@sumac/device";
import type { Arguments, Option } from "./command.ts";
import { usage } from "./failure.ts";

/** Who answers for an act at a device, and why: both stand in its event log. */
export interface WhoAndWhy {
  readonly by: string;
  readonly reason: string;
}

export const whoAndWhyOptions: readonly [by: Option, reason: Option] = [
  { name: "by", value: "name", use: "required", summary: "who answers for it; stands in the event log" },
  { name: "reason", value: "text", use: "required", summary: "why; stands in the event log" },
];

/** Throws `Failure` for what is left out, or would not fit into a record of the log as it is. */
export function readWhoAndWhy(given: Arguments): WhoAndWhy {
  const [by, reason] = [given.option("by"), given.option("reason")];
  if (by === undefined || reason === undefined) {
    throw usage("missing-option", "nothing says who answers for this, and why", "give --by and --reason");
  }
  if (!overrideName.test(by)) throw usage("bad-value", "--by is not a name", "give 1 to 64 printable characters");
  if (!overrideReason.test(reason)) {
    throw usage("bad-value", "--reason is not a line of text", "give 1 to 200 printable characters (ASCII)");
  }
  return { by, reason };
}

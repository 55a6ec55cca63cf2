import type { Finding } from "./finding.ts";
import { rules } from "./rules.ts";

/** What a person is told of a finding; one line each, lower case, no full stop. */
export const explain = ({
  rule,
  about,
}: Pick<Finding, "rule" | "about">): { readonly problem: string; readonly remedy: string } => ({
  problem: `${rules[rule].problem}: ${about}`,
  remedy: rules[rule].remedy,
});

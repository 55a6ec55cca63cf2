import type { Vector } from "../../firmware-fixtures/vectors-source/vector-file.ts";

/** What a reader answered, in the words of a vector's header. */
export type Verdict = AcceptedInput | RefusedInput;

export interface AcceptedInput {
  readonly verdict: "accept";
  /** What the input says, as far as it may be relied on. Equal meanings have equal facts. */
  readonly meaning: Readonly<Record<string, string>>;
  /** The input written again from what was read. */
  readonly rewritten: Uint8Array;
}

export interface RefusedInput {
  readonly verdict: "reject";
  readonly code: string;
  readonly reason?: string;
  readonly field?: string;
  readonly offset?: number;
  /** Everything else that the refusal says, sorted by name: "have=0 need=1 role=release". */
  readonly facts?: string;
}

/** A refusal of any package as a vector shows it. */
export function refusedInput(refusal: { readonly code: string }): RefusedInput {
  const { code, reason, field, offset, ...rest } = refusal as Readonly<Record<string, unknown>>;
  const facts = Object.entries(rest)
    .map(([name, value]) => `${name}=${factText(value)}`)
    .sort();
  return {
    verdict: "reject",
    code: String(code),
    ...(reason === undefined ? {} : { reason: String(reason) }),
    ...(field === undefined ? {} : { field: String(field) }),
    ...(offset === undefined ? {} : { offset: Number(offset) }),
    ...(facts.length === 0 ? {} : { facts: facts.join(" ") }),
  };
}

/** A refusal inside a refusal (of a dependency) is told by its own words, joined. */
function factText(value: unknown): string {
  if (value === null) return "none";
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(factText).join(",");
  if (typeof value !== "object") return String(value).replaceAll(" ", "-");
  const { verdict: _verdict, ...told } = refusedInput(value as { readonly code: string });
  return Object.values(told).join("/").replaceAll(" ", ",");
}

/** The answer that a vector demands, in the same form. */
export function demandedRefusal({ expect, headers }: Vector): RefusedInput {
  if (expect.verdict === "accept") throw new Error("nothing is to be refused");
  return {
    ...expect,
    ...(headers.field === undefined ? {} : { field: headers.field }),
    ...(headers.facts === undefined ? {} : { facts: headers.facts.split(" ").sort().join(" ") }),
  };
}

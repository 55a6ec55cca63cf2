import { componentKey } from "@sumac/suit";
import { trustComponents } from "@sumac/verifier";

/** `release`: becomes what a device runs, and is told by its attributes. The others are numbered and updated apart. */
export type Series = "trust-record" | "release" | "recovery";

const trust: readonly string[] = Object.values(trustComponents).map(componentKey);
/** device.md 1. */
const recovery = componentKey([new TextEncoder().encode("recovery")]);

/** In the order in which a device is offered them: a revocation does not wait, a recovery image does. */
export const asideComponents: Readonly<Record<Exclude<Series, "release">, readonly string[]>> = {
  "trust-record": trust,
  recovery: [recovery],
};

/** `components` as a release row has it: sorted, joined by commas. */
export function seriesOfComponents(components: string): Series {
  if (trust.includes(components)) return "trust-record";
  return components === recovery ? "recovery" : "release";
}

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawn } from "./campaign.ts";
import { drawnDamage, everything, listedDamage, type Portion } from "./damage.ts";
import { type Element, readElement } from "./element-tree.ts";
import { cborSubjects, coseSubjects } from "./item-subjects.ts";
import { poolOf } from "./mutation.ts";
import type { Subject } from "./subject.ts";
import { ownEnvelopes, publishedEnvelopes } from "./subjects.ts";

/** A bounded part of what `npm run fuzz` does; the whole of it takes minutes. */
const envelopes = ownEnvelopes();
const published = publishedEnvelopes();

function faultsOf(subject: Subject, portion: Portion): string[] {
  const faults: string[] = [];
  for (const damage of listedDamage(subject, portion)) {
    const fault = subject.faultOf(damage);
    if (fault !== undefined) faults.push(`${damage.what}, signed ${damage.signed}: ${fault}`);
  }
  return faults;
}

const named = (subjects: readonly Subject[]) => subjects.map((subject) => [subject.name, subject] as const);
const sample: Portion = { bits: 67, lengths: 13, elements: 7 };
/** By name: the plain form, and those that carry more than a manifest. `npm run fuzz` takes everything of all. */
const portions: Readonly<Record<string, Portion>> = {
  "one-component": everything,
  "severed-install": { bits: 11, lengths: 1, elements: 1 },
  "integrated-payload": { bits: 11, lengths: 1, elements: 1 },
  dependency: { bits: 11, lengths: 3, elements: 3 },
  "commands-256": { bits: 67, lengths: 13, elements: 61 },
  "items-4096": { bits: 997, lengths: 499, elements: 997 },
};

describe("T-MFST-MODIFICATION damaged anywhere: never another meaning, never a throw", () => {
  test.each(named(cborSubjects()))("%s", (_name, subject) => expect(faultsOf(subject, everything)).toEqual([]));
  test.each(named(coseSubjects()))("%s", (_name, subject) =>
    expect(faultsOf(subject, { ...everything, bits: 7 })).toEqual([]),
  );
  test.each(named(envelopes))("%s", { timeout: 60_000 }, (name, subject) =>
    expect(faultsOf(subject, portions[name] ?? sample)).toEqual([]),
  );
  test.skipIf(published.length === 0).each(named(published))("%s", { timeout: 60_000 }, (_name, subject) =>
    expect(faultsOf(subject, sample)).toEqual([]),
  );
});

test("changed, spliced and signed again: what is accepted is written again and safely planned", {
  timeout: 60_000,
}, () => {
  const pool: readonly Element[] = poolOf(
    [...envelopes, ...published].flatMap(({ bytes }) => readElement(bytes) ?? []),
  );
  fc.assert(
    fc.property(drawn(envelopes), ({ subject, ...choice }) => {
      const damage = drawnDamage(subject, choice, pool);
      expect(damage && subject.faultOf(damage)).toBeUndefined();
    }),
    { numRuns: 1500 },
  );
});

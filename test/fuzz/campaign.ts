import fc from "fast-check";
import { type DrawnDamage, drawnDamage, everything, listedDamage } from "./damage.ts";
import { type Element, readElement } from "./element-tree.ts";
import { mutations, poolOf } from "./mutation.ts";
import type { Damage, Subject } from "./subject.ts";

/** Damage to a subject and what is wrong with the answer to it. */
export interface Finding {
  readonly subject: Subject;
  readonly damage: Damage;
  readonly fault: string;
}

/** What somebody who watches is told before each execution. */
export type Watch = (subject: Subject, damage: Damage) => void;

const drawnAtOnce = 500;
const listedAtOnce = 2000;

/**
 * One step of a campaign after the other, without end: some of the listed damage of all subjects, then as much that is
 * drawn, by turns. The same seed draws the same. Yields what was found in the step; drawn findings are shrunk.
 */
export function* campaign(subjects: readonly Subject[], seed: number, watch: Watch): Generator<readonly Finding[]> {
  const listed = listAll(subjects);
  const pool = poolOf(subjects.flatMap(({ bytes }) => readElement(bytes) ?? []));
  for (let step = 0; ; step++) {
    yield judgeListed(listed, watch);
    yield judgeDrawn(subjects, pool, seed + step, watch);
  }
}

type Listed = Generator<{ readonly subject: Subject; readonly damage: Damage }, undefined>;

function* listAll(subjects: readonly Subject[]): Listed {
  for (const subject of subjects) for (const damage of listedDamage(subject, everything)) yield { subject, damage };
  return undefined;
}

function judgeListed(listed: Listed, watch: Watch): readonly Finding[] {
  const findings: Finding[] = [];
  for (let i = 0; i < listedAtOnce; i++) {
    const { value } = listed.next();
    if (value === undefined) break;
    const { subject, damage } = value;
    watch(subject, damage);
    const fault = subject.faultOf(damage);
    if (fault !== undefined) findings.push({ subject, damage, fault });
  }
  return findings;
}

function judgeDrawn(
  subjects: readonly Subject[],
  pool: readonly Element[],
  seed: number,
  watch: Watch,
): readonly Finding[] {
  let last: Finding | undefined;
  const holds = fc.property(drawn(subjects), ({ subject, ...choice }) => {
    const damage = drawnDamage(subject, choice, pool);
    if (damage === undefined) return true;
    watch(subject, damage);
    const fault = subject.faultOf(damage);
    if (fault === undefined) return true;
    last = { subject, damage, fault };
    return false;
  });
  // Shrinking runs the property again: the last one that failed is the smallest.
  const { failed } = fc.check(holds, { seed, numRuns: drawnAtOnce });
  return failed && last !== undefined ? [last] : [];
}

export const drawn = (subjects: readonly Subject[]): fc.Arbitrary<DrawnDamage & { readonly subject: Subject }> =>
  fc.record({
    subject: fc.constantFrom(...subjects),
    changes: mutations,
    order: fc.constantFrom("kept" as const, "sorted" as const),
    signed: fc.constantFrom("before" as const, "again" as const),
  });

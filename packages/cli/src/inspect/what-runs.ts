import type { DescribedSection, Manifest } from "@sumac/suit";
import {
  type AskedCondition,
  askedKey,
  CommandWays,
  type ImageUse,
  TooManyWays,
  useKey,
  type Way,
} from "./command-ways.ts";

/** When a device carries commands out. */
export type Procedure = "install" | "start" | "uninstall";

const procedures: readonly (readonly [Procedure, readonly string[]])[] = [
  ["install", ["dependency-resolution", "payload-fetch", "candidate-verification", "install", "validate"]],
  ["start", ["validate", "load", "invoke"]],
  ["uninstall", ["uninstall"]],
];

/** What happens to the image of one component. */
export interface ComponentUses {
  readonly component: number;
  readonly procedure: Procedure;
  /** One list of uses for each way that some device may take; an empty one leaves the component as it is. */
  readonly ways: readonly (readonly ImageUse[])[];
}

/** Why what runs may be other than what is told. */
export type Doubt =
  /** A sequence that is not in this file. */
  | { readonly because: "left-out"; readonly member: string }
  | { readonly because: "too-many-ways" }
  /** No device comes to the end of it. */
  | { readonly because: "always-stops"; readonly procedure: Procedure }
  /** A dependency runs in between, with the same parameters and components. */
  | { readonly because: "runs-dependency" }
  /** The manifest around it runs before, and may have set parameters. */
  | { readonly because: "runs-inside" };

type Frequency = "on-every-way" | "on-some-ways" | "never";

/** Whether a condition is carried out with a value that a command sets; `unknown` where commands could not be followed. */
export type Asking = Frequency | "unknown";

export interface WhatRuns {
  readonly uses: readonly ComponentUses[];
  /** By `askedKey`: conditions that are carried out to install or to start. */
  readonly asked: ReadonlyMap<string, Frequency>;
  /** How often any use-before is asked. */
  readonly limited: Frequency;
  readonly doubts: readonly Doubt[];
  /** Not followed: nothing above says anything. */
  readonly certainty: "followed" | "not-followed";
}

export function askingOf(
  { asked, certainty }: WhatRuns,
  condition: AskedCondition,
  value: Uint8Array | bigint,
): Asking {
  return certainty === "followed" ? (asked.get(askedKey(condition, value)) ?? "never") : "unknown";
}

/** Long lists help nobody, and the text of a hostile file would stand there many times. */
const mostUses = 400;
const mostUriCharacters = 200_000;

export function whatRuns(
  manifest: Manifest,
  sections: readonly DescribedSection[],
  leftOut: readonly string[],
  place: "outermost" | "inside",
): WhatRuns {
  const doubts: Doubt[] = leftOut.map((member) => ({ because: "left-out", member }));
  if (place === "inside") doubts.push({ because: "runs-inside" });
  if ((manifest.dependencies ?? []).length > 0) doubts.push({ because: "runs-dependency" });
  try {
    const followed = follow(manifest, sections);
    doubts.push(...followed.stopped.map((procedure): Doubt => ({ because: "always-stops", procedure })));
    const certainty = followed.stopped.length === 0 ? "followed" : "not-followed";
    return { uses: followed.uses, asked: followed.asked, limited: followed.limited, doubts, certainty };
  } catch (error) {
    if (!(error instanceof TooManyWays)) throw error;
    return {
      uses: [],
      asked: new Map(),
      limited: "never",
      doubts: [...doubts, { because: "too-many-ways" }],
      certainty: "not-followed",
    };
  }
}

interface Followed extends Pick<WhatRuns, "uses" | "asked" | "limited"> {
  readonly stopped: readonly Procedure[];
}

function follow(manifest: Manifest, sections: readonly DescribedSection[]): Followed {
  const sequenceOf = new Map(sections.map(({ name, sequence }) => [name, sequence]));
  const shared = sequenceOf.get("shared-sequence");
  const machine = new CommandWays(manifest);
  const stopped: Procedure[] = [];
  const uses: ComponentUses[] = [];
  // For whom it is, a device asks before anything else.
  if (shared !== undefined) machine.run(shared);
  if (machine.ways.length === 0) return { uses: [], asked: new Map(), limited: "never", stopped: ["install"] };
  let askedOn = machine.ways;
  for (const [procedure, members] of procedures) {
    const before = machine.ways;
    machine.startProcedure();
    for (const member of members) {
      const sequence = sequenceOf.get(member);
      if (sequence === undefined) continue;
      if (shared !== undefined) machine.run(shared);
      machine.run(sequence);
    }
    if (machine.ways.length === 0) {
      stopped.push(procedure);
      machine.ways = before;
      continue;
    }
    uses.push(...usesOf(procedure, machine.ways));
    if (procedure !== "uninstall") askedOn = machine.ways;
  }
  const all = uses.flatMap(({ ways }) => ways.flat());
  const characters = all.reduce((sum, { uri = "" }) => sum + uri.length, 0);
  if (all.length > mostUses || characters > mostUriCharacters) throw new TooManyWays();
  const hasLimit = ({ asked }: Way): boolean => [...asked].some((key) => key.startsWith("use-before "));
  return { uses, asked: askedOf(askedOn), limited: frequency(askedOn, hasLimit), stopped };
}

function usesOf(procedure: Procedure, ways: readonly Way[]): readonly ComponentUses[] {
  const components = [...new Set(ways.flatMap(({ uses }) => uses.map(({ component }) => component)))];
  return components.map((component) => {
    const own = ways.map(({ uses }) => uses.filter((use) => use.component === component));
    const distinct = new Map(own.map((uses) => [uses.map(useKey).join(), uses]));
    return { component, procedure, ways: [...distinct.values()] };
  });
}

function askedOf(ways: readonly Way[]): WhatRuns["asked"] {
  const keys = new Set(ways.flatMap(({ asked }) => [...asked]));
  return new Map(Array.from(keys, (key) => [key, frequency(ways, ({ asked }) => asked.has(key))]));
}

function frequency(ways: readonly Way[], holds: (way: Way) => boolean): Frequency {
  if (ways.every(holds)) return "on-every-way";
  return ways.some(holds) ? "on-some-ways" : "never";
}

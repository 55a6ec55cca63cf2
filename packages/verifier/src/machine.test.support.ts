import type { Result } from "@sumac/cbor";
import type {
  Command,
  CommandBody,
  CommandSequence,
  ComponentId,
  Condition,
  Directive,
  Parameters,
  SuitDigest,
} from "@sumac/suit";
import { DependencyRun } from "./dependency-run.ts";
import { extensionConditions } from "./extension-conditions.ts";
import type { PlanStep } from "./plan.ts";
import type { Program } from "./program.ts";
import type { Recipient } from "./recipient.ts";
import type { Rejection } from "./rejection.ts";
import { Machine, type MachineSetup } from "./run-commands.ts";
import { updateSections } from "./sections.ts";

/** Sequences written by hand, for tests that run them without any envelope around. */

export const vendor: Uint8Array = new Uint8Array(16).fill(0xaa);
export const clazz: Uint8Array = new Uint8Array(16).fill(0xcc);
export const device: Uint8Array = new Uint8Array(16).fill(0xdd);
export const other: Uint8Array = new Uint8Array(16).fill(0x11);
export const digest: SuitDigest = { algorithm: "sha-256", bytes: new Uint8Array(32).fill(7) };
export const ids: readonly ComponentId[] = [[Uint8Array.of(0)], [Uint8Array.of(1)], [Uint8Array.of(2)]];

/** Offsets are the position in the sequence: enough to see which command a refusal points at. */
export const sequence = (...bodies: CommandBody[]): CommandSequence => ({
  commands: bodies.map((body, offset): Command => ({ ...body, offset })),
  encoded: new Uint8Array(),
  offset: 0,
});
export const condition = (name: Condition): CommandBody => ({ kind: "condition", condition: name, policy: 15 });
export const directive = (name: Directive): CommandBody => ({ kind: "directive", directive: name, policy: 2 });
export const set = (parameters: Parameters): CommandBody => ({ kind: "override-parameters", parameters });
export const index = (to: number | "all" | number[]): CommandBody => ({ kind: "set-component-index", index: to });
export const tryEach = (...sequences: CommandSequence[]): CommandBody => ({
  kind: "try-each",
  sequences,
  orNil: false,
});
export const tryEachOrNil = (...sequences: CommandSequence[]): CommandBody => ({
  kind: "try-each",
  sequences,
  orNil: true,
});
export const runSequence = (of: CommandSequence): CommandBody => ({ kind: "run-sequence", sequence: of });

export const recipient: Recipient = {
  vendorIds: [vendor],
  classIds: [clazz],
  deviceIds: [device],
  components: ids.map((id) => ({ id, maxSize: 1000n, slot: 1n })),
};
export const image: Parameters = { imageDigest: digest, imageSize: 10n };

export type Changes = Partial<Program & MachineSetup>;

export function machine(sections: Program["sections"], changes: Changes): Machine {
  const program: Program = {
    components: ids.slice(0, 1),
    dependencies: [],
    dependenciesOffset: 0,
    shared: undefined,
    sections,
    integrated: new Set(),
    ...changes,
  };
  return new Machine({
    program,
    recipient,
    conditions: extensionConditions,
    dependencyRun: new DependencyRun(() => undefined, recipient),
    useBefore: { now: 100n },
    ...changes,
  });
}

/** As the install section of an update of one component. */
export const run = (install: CommandSequence, changes: Changes = {}): Result<readonly PlanStep[], Rejection> =>
  machine({ install }, changes).runProcedure(updateSections);

/** What was planned in short, or why not. */
export const did = (commands: CommandSequence, changes: Changes = {}): string[] | string => {
  const ran = run(commands, changes);
  return ran.ok ? ran.value.map(inShort) : ran.error.code;
};
export const inShort = (step: PlanStep): string =>
  step.do === "fetch" ? `fetch ${step.component} ${step.uri} ${step.source}` : `${step.do} ${step.component}`;

import { bytesToHex } from "@sumac/crypto";
import type { AgentEvent } from "../agent/agent-event.ts";
import type { BootEvent, BootOutcome } from "../device/boot-device.ts";
import type { DeviceEvent, EventSigner } from "../device/device-event.ts";
import { mayPass } from "../device/waiting-refusal.ts";
import type { BackupRecord } from "../operator/backup-record.ts";
import type { InstallWait } from "../operator/install-wait.ts";
import type { SlotImage } from "../slots/slot-check.ts";
import type { LogEntry, LogFacts } from "./log-record.ts";
import type { LogResult, LogTypeName } from "./log-type.ts";

/**
 * What of the device's life is logged, and as what (CR 2.8). Each table has a row for every event: an event without one
 * does not compile. An empty row says why nothing is written.
 */
type Rows<Event extends { readonly event: string }> = {
  readonly [Name in Event["event"]]: (event: Extract<Event, { readonly event: Name }>) => readonly LogEntry[];
};

const entry = (source: string, type: LogTypeName, result: LogResult, facts: LogFacts = {}): readonly LogEntry[] => [
  { source, type, result, facts },
];

const deviceRows: Rows<DeviceEvent> = {
  provisioned: ({ image, recovery }) =>
    entry("device", "provisioned", "success", {
      ...imageFacts(image),
      ...(recovery === undefined ? {} : { recovery: String(recovery.sequence) }),
    }),
  "provision-refused": ({ refusal }) => entry("device", "provision-refused", "refused", refusalFacts(refusal)),
  "envelope-received": ({ size }) => entry("device", "update-received", "success", { size: String(size) }),
  received: ({ set, sequence, manifestDigest, signers }) =>
    entry("device", "update-verified", "success", {
      set,
      sequence: String(sequence),
      manifestDigest: bytesToHex(manifestDigest),
      ...signerFacts(signers),
    }),
  "already-installed": ({ sequence, manifestDigest }) =>
    entry("device", "update-already-installed", "success", {
      sequence: String(sequence),
      manifestDigest: bytesToHex(manifestDigest),
    }),
  refused: ({ refusal }) =>
    mayPass(refusal)
      ? entry("device", "update-waiting", "waiting", refusalFacts(refusal))
      : entry("device", "update-refused", "refused", refusalFacts(refusal)),
  "staging-interrupted": ({ manifestDigest }) =>
    entry("device", "update-interrupted", "failure", { manifestDigest: bytesToHex(manifestDigest) }),
  staged: ({ image }) => entry("device", "update-staged", "success", imageFacts(image)),
  armed: () => entry("device", "update-installed", "success", { next: "tried-at-the-next-boot" }),
  disarmed: () => entry("device", "update-abandoned", "success"),
  booted: ({ outcome }) => bootEntries(outcome),
  confirmed: ({ image }) => entry("device", "confirmed", "success", imageFacts(image)),
  "floor-raised": ({ set, from, to }) =>
    entry("device", "floor-raised", "success", { set, from: String(from), to: String(to) }),
  "factory-reset": () => entry("device", "factory-reset", "success"),
  "trust-changed": ({ part, sequence, from, to, signers }) =>
    entry("device", "trust-changed", "success", {
      part,
      sequence: String(sequence),
      from: from === undefined ? "none" : bytesToHex(from),
      to: bytesToHex(to),
      ...signerFacts(signers),
    }),
  "time-changed": ({ from, to, source }) =>
    entry("device", "time-changed", "success", { from: String(from), to: String(to), clock: source }),
  "time-refused": ({ offered, kept, code }) =>
    entry("device", "time-refused", "refused", { offered: String(offered), kept: String(kept), code }),
  "policy-changed": ({ setting, from, to }) => entry("device", "policy-changed", "success", { setting, from, to }),
};

const bootRows: Rows<BootEvent> = {
  "slot-refused": ({ slot, problem }) => entry("boot", "slot-refused", "refused", { slot, ...refusalFacts(problem) }),
  "state-copy-repaired": () => entry("boot", "state-repaired", "success"),
  "state-copy-lost": () => entry("boot", "state-copy-lost", "failure"),
  "state-not-written": ({ fault }) => entry("boot", "state-not-written", "failure", { code: fault.code }),
  // The boot itself says so.
  "trial-counted": () => [],
  "floor-raised": ({ from, to }) =>
    entry("boot", "floor-raised", "success", { set: "release", from: String(from), to: String(to) }),
};

/** Why the agent itself waits; of the rest the device tells. */
const installWaits: ReadonlySet<string> = new Set<InstallWait["code"]>([
  "consent-awaited",
  "log-failing",
  "verifier-self-test-failed",
  "backup-failed",
  "backup-timed-out",
]);

const agentRows: Rows<AgentEvent> = {
  // Noise: a log is for what somebody may have to explain.
  polled: () => [],
  "attributes-sent": () => [],
  "passed-over": () => [],
  downloading: () => [],
  progress: () => [],
  "report-unwanted": () => [],
  // The device itself tells these.
  refused: () => [],
  waiting: ({ action, refusal }) =>
    installWaits.has(refusal.code)
      ? entry("agent", "update-waiting", "waiting", { action, ...refusalFacts(refusal) })
      : [],
  "already-installed": () => [],
  staged: () => [],
  armed: () => [],
  booted: () => [],
  confirmed: () => [],
  offered: ({ action, sequence, size }) =>
    entry("agent", "update-ordered", "success", { action, sequence: String(sequence), size: String(size) }),
  "backed-up": ({ action, manifestDigest, result, how, output, record }) =>
    entry("agent", result === "saved" ? "backup-made" : "backup-failed", result === "saved" ? "success" : "failure", {
      action,
      manifestDigest: bytesToHex(manifestDigest),
      how,
      output,
      ...(record === undefined ? {} : backupFacts(record)),
    }),
  "held-back": ({ action }) => entry("agent", "update-held-back", "waiting", { action }),
  undeliverable: ({ action, fault }) => entry("agent", "update-undeliverable", "failure", { action, code: fault.code }),
  "restart-postponed": () => entry("agent", "restart-postponed", "waiting"),
  "image-not-started": ({ image, how }) =>
    entry("agent", "image-not-started", "failure", { ...imageFacts(image), how }),
  "self-tested": ({ image, result }) =>
    entry("agent", "self-tested", result === "passed" ? "success" : "failure", imageFacts(image)),
  reported: ({ action, finished, details }) =>
    entry("agent", "update-reported", "success", { action, finished, details: details.join(" ") }),
  cancelled: ({ action }) => entry("agent", "update-cancelled", "success", { action }),
  retrying: ({ fault, inMs }) =>
    entry("agent", "connection-failed", "failure", { code: fault.code, againInMs: String(inMs) }),
};

export const deviceLogEntries = (event: DeviceEvent): readonly LogEntry[] => rowOf(deviceRows, event);

export const agentLogEntries = (event: AgentEvent): readonly LogEntry[] => rowOf(agentRows, event);

/** The row belongs to the event's own name, which the compiler cannot follow through the union. */
function rowOf<Event extends { readonly event: string }>(rows: Rows<Event>, event: Event): readonly LogEntry[] {
  const row: ((event: never) => readonly LogEntry[]) | undefined = rows[event.event as Event["event"]];
  return row?.(event as never) ?? [];
}

/** What was found on the way, what went back, and what runs. */
function bootEntries(outcome: BootOutcome): readonly LogEntry[] {
  if (outcome.kind === "not-provisioned") return [];
  if (outcome.kind === "running" && outcome.why === "goes-on") return [];
  const found = outcome.events.flatMap((event) => rowOf(bootRows, event));
  if (outcome.kind === "recovery-needed") {
    return [...found, ...entry("boot", "recovery-needed", "failure", refusalFacts(outcome.why))];
  }
  const { booted, mode, why } = outcome;
  const facts = { ...imageFacts(booted), mode, why };
  const wentBack = why === "trial-not-confirmed" || why === "staging-unusable";
  return [
    ...found,
    ...(wentBack ? entry("boot", "rolled-back", "failure", facts) : []),
    ...entry("boot", "booted", mode === "recovery" ? "warning" : "success", facts),
  ];
}

function imageFacts({ slot, sequence, manifestDigest, version }: SlotImage): LogFacts {
  return {
    sequence: String(sequence),
    slot,
    manifestDigest: bytesToHex(manifestDigest),
    ...(version === undefined ? {} : { version }),
  };
}

export const backupFacts = ({ file, size, sha256, running }: BackupRecord): LogFacts => ({
  file,
  size: String(size),
  sha256: bytesToHex(sha256),
  running: bytesToHex(running),
});

/** `signer-<role>`: the key ids; the role of the plant is who approved (CR 2.12). */
function signerFacts(signers: readonly EventSigner[]): LogFacts {
  const ids = new Map<string, string[]>();
  for (const { role, keyId } of signers) ids.set(role, [...(ids.get(role) ?? []), bytesToHex(keyId)]);
  return Object.fromEntries(Array.from(ids, ([role, keys]) => [`signer-${role}`, keys.join(" ")]));
}

/** The code, and whatever else is a single value: what a refusal carries is meant to be told (CR 3.7). */
export function refusalFacts(refusal: { readonly code: string }): LogFacts {
  const facts: Record<string, string> = {};
  for (const [name, value] of Object.entries(refusal)) {
    if (typeof value === "string" || typeof value === "number" || typeof value === "bigint")
      facts[name] = String(value);
  }
  return facts;
}

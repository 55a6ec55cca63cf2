import { bytesToHex } from "@sumac/crypto";
import {
  type AgentEvent,
  type BootEvent,
  type BootOutcome,
  type BootReason,
  explainDevice,
  explainFault,
  type OverrideEvent,
  type SlotImage,
} from "@sumac/device";
import { utcTime } from "@sumac/suit";
import type { Jsonable } from "../json-output.ts";
import { humanSize } from "../terminal.ts";

/** `1.1.0 (sequence 2)`; an image whose manifest names no version is told by its number alone. */
export const imageName = ({ version, sequence }: SlotImage): string =>
  version === undefined ? `sequence ${sequence}` : `${version} (sequence ${sequence})`;

const reasons: Readonly<Record<BootReason, string>> = {
  active: "",
  "trial-begins": ", on trial",
  "trial-not-confirmed": ": the trial of the other slot was not confirmed",
  "staging-unusable": ": what was staged may not run",
  "active-unusable": ", on trial: the confirmed image may not run",
  "slots-unusable": ": neither slot holds an image that may run",
  "goes-on": "",
};

/** What a device prints when it is switched on. */
export function describeBoot(outcome: BootOutcome): readonly string[] {
  switch (outcome.kind) {
    case "running": {
      const { booted, why, events, mode } = outcome;
      if (why === "goes-on") return [`${imageName(booted)} goes on running from slot ${booted.slot}, ${mode}`];
      return [...events.map(describeBootEvent), `booting ${imageName(booted)} from slot ${booted.slot}${reasons[why]}`];
    }
    case "recovery-needed":
      return [...outcome.events.map(describeBootEvent), `nothing may run: ${explainDevice(outcome.why).problem}`];
    case "not-provisioned":
      return ["the device is not provisioned"];
  }
}

function describeBootEvent(event: BootEvent): string {
  switch (event.event) {
    case "slot-refused":
      return `slot ${event.slot} refused, ${event.problem.code}: ${explainDevice(event.problem).problem}`;
    case "state-copy-repaired":
      return "one copy of the stored state was repaired";
    case "state-copy-lost":
      return "one copy of the stored state can no longer be written: the flash is worn out, replace the device";
    case "state-not-written":
      return `the state could not be written: ${explainFault(event.fault.code).problem}`;
    case "trial-counted":
      return `trial ${event.attempt} of ${event.limit}`;
    case "floor-raised":
      return `floor raised from ${event.from} to ${event.to}: a confirmation had been cut short`;
  }
}

/** One line for a person, or nothing where it would only be noise. */
export function describeEvent(event: AgentEvent): string | undefined {
  switch (event.event) {
    case "polled":
    case "passed-over":
    case "progress":
    case "attributes-sent":
      return undefined;
    case "offered":
      return `offered sequence ${event.sequence} (${humanSize(event.size)}), action ${event.action}`;
    case "held-back":
      return `action ${event.action} is held back by the server`;
    case "refused":
      return `refused action ${event.action}, ${event.refusal.code}: ${explainDevice(event.refusal).problem}`;
    case "waiting":
      return describeWait(event.action, event.refusal);
    case "undeliverable":
      return `action ${event.action} cannot be delivered, ${event.fault.code}: ${explainFault(event.fault.code).problem}`;
    case "already-installed":
      return `action ${event.action} is installed already`;
    case "downloading":
      return event.from === 0
        ? `downloading ${humanSize(event.total)}`
        : `downloading on from ${humanSize(event.from)}`;
    case "staged":
      return `staged ${imageName(event.image)} in slot ${event.image.slot}, verified`;
    case "backed-up":
      return event.result === "saved"
        ? `backup made${event.record === undefined ? "" : `, ${event.record.file} signed`}`
        : `backup ${event.result}: ${event.how}`;
    case "armed":
      return "armed: the next boot tries it, once";
    case "restart-postponed":
      return "restart postponed";
    case "booted":
      return describeBoot(event.outcome).join("; ");
    case "image-not-started":
      return `${imageName(event.image)} was not started: its command failed (${event.how})`;
    case "self-tested":
      return `self-test of ${imageName(event.image)} ${event.result}`;
    case "confirmed":
      return `confirmed ${imageName(event.image)}: it is what boots from now on`;
    case "reported":
      return event.finished === "none" ? undefined : `reported ${event.finished}: ${event.details.join(", ")}`;
    case "report-unwanted":
      return `the server no longer knows action ${event.action}`;
    case "cancelled":
      return `action ${event.action} was cancelled`;
    case "retrying":
      return `${event.fault.code}: ${explainFault(event.fault.code).problem}; next try in ${Math.ceil(event.inMs / 1000)} s`;
  }
}

/** The remedy where it lies at the device itself: nobody else would tell it there. */
function describeWait(action: string, refusal: Extract<AgentEvent, { readonly event: "waiting" }>["refusal"]): string {
  const { problem, remedy } = explainDevice(refusal);
  return `action ${action} waits, ${refusal.code}: ${problem}${refusal.code === "log-failing" ? `; ${remedy}` : ""}`;
}

export function describeOverrideEvent(event: OverrideEvent): string {
  switch (event.event) {
    case "override-given":
      return `override by ${event.override.by} until ${utcTime(event.override.until)}: ${event.override.reason}`;
    case "override-used":
      return `override by ${event.override.by} sets ${event.bar} aside: ${event.step}`;
    case "override-refused":
      return `override does not count, ${event.refusal.code}: ${explainDevice(event.refusal).problem}`;
    case "override-ended":
      return `override by ${event.override.by} has ended: it was used`;
  }
}

/** The same for a program: every event, with its facts. */
export function eventJson(event: AgentEvent): Jsonable {
  switch (event.event) {
    case "refused":
      return { event: event.event, action: event.action, code: event.refusal.code };
    case "waiting": {
      const { action, refusal } = event;
      const { code } = refusal;
      if (code !== "log-failing") return { event: event.event, action, code };
      return { event: event.event, action, code, fault: refusal.fault, file: refusal.file };
    }
    case "undeliverable":
      return { event: event.event, action: event.action, code: event.fault.code };
    case "retrying":
      return { event: event.event, code: event.fault.code, inMs: event.inMs };
    case "staged":
    case "armed":
      return { event: event.event, action: event.action, image: imageJson(event.image) };
    case "image-not-started":
      return { event: event.event, image: imageJson(event.image), how: event.how };
    case "self-tested":
      return { event: event.event, image: imageJson(event.image), result: event.result };
    case "confirmed":
      return { event: event.event, image: imageJson(event.image) };
    case "booted":
      return { event: event.event, ...bootJson(event.outcome) };
    default:
      return event;
  }
}

const imageJson = ({
  slot,
  version,
  sequence,
  manifestDigest,
  images,
}: SlotImage): Readonly<Record<string, Jsonable>> => ({
  version: version ?? null,
  sequence,
  slot,
  size: images.reduce((sum, { size }) => sum + size, 0),
  manifestDigest: bytesToHex(manifestDigest),
});

export function bootJson(outcome: BootOutcome): Readonly<Record<string, Jsonable>> {
  switch (outcome.kind) {
    case "running":
      return { boot: "running", mode: outcome.mode, why: outcome.why, image: imageJson(outcome.booted) };
    case "recovery-needed":
      return { boot: "recovery-needed", why: outcome.why.code };
    case "not-provisioned":
      return { boot: "not-provisioned" };
  }
}

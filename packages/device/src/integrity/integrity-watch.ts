import type { EventLog } from "../log/event-log.ts";
import type { LogEntry, LogFacts } from "../log/log-record.ts";
import { Unavailable } from "../unavailable.ts";
import { type IntegrityFinding, type IntegrityParts, type IntegrityReport, integritySteps } from "./integrity-check.ts";

/** Where somebody is told (CR 3.4 RE 2). Faults are thrown as `Unavailable`. */
export interface NoticeSink {
  notify(notice: IntegrityNotice): Promise<void>;
}

export interface IntegrityNotice {
  readonly device: string;
  readonly occasion: IntegrityOccasion;
  /** Seconds since 1970; undefined = the device has no trusted time. */
  readonly time: bigint | undefined;
  readonly findings: readonly IntegrityFinding[];
}

export type IntegrityOccasion = "boot" | "periodic" | "on-demand";

export interface IntegrityWatchPorts {
  readonly parts: IntegrityParts;
  readonly log: Pick<EventLog, "note">;
  readonly sinks: readonly NoticeSink[];
  readonly device: string;
  now(): bigint | undefined;
  /** Lets everything else have its turn; between two steps. */
  pause(): Promise<void>;
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export interface CheckResult extends IntegrityReport {
  /** Sinks that have taken the notice, of all; none are asked where nothing was found. */
  readonly notified: number;
}

/** A notice is tried again after 1, 2, 4 ... seconds, about a minute in all. */
const noticeTries = 6;

/** Checks, writes down what it found, and tells somebody. */
export class IntegrityWatch {
  readonly #ports: IntegrityWatchPorts;

  constructor(ports: IntegrityWatchPorts) {
    this.#ports = ports;
  }

  /** One check. Does not throw because of what it finds, or because nobody can be told. */
  async check(occasion: IntegrityOccasion, signal: AbortSignal): Promise<CheckResult> {
    const { log, pause } = this.#ports;
    const report = await this.#run(pause);
    for (const entry of entriesOf(report, occasion)) log.note(entry);
    const notified = report.findings.length === 0 ? 0 : await this.#notify(report.findings, occasion, signal);
    return { ...report, notified };
  }

  /** At boot, then once every `intervalMs`, until the signal is aborted. */
  async run(intervalMs: number, signal: AbortSignal): Promise<void> {
    for (let occasion: IntegrityOccasion = "boot"; !signal.aborted; occasion = "periodic") {
      await this.check(occasion, signal);
      await this.#ports.wait(intervalMs, signal);
    }
  }

  async #run(pause: () => Promise<void>): Promise<IntegrityReport> {
    const steps = integritySteps(this.#ports.parts);
    try {
      for (;;) {
        const step = await steps.next();
        if (step.done) return step.value;
        await pause();
      }
    } catch (fault) {
      if (!(fault instanceof Unavailable)) throw fault;
      return { findings: [{ subject: "state", code: fault.code }], bytes: 0 };
    }
  }

  /** All at once: one that does not answer must not keep the others from hearing of it. */
  async #notify(
    findings: readonly IntegrityFinding[],
    occasion: IntegrityOccasion,
    signal: AbortSignal,
  ): Promise<number> {
    const { device, now, sinks } = this.#ports;
    const notice = { device, occasion, time: now(), findings };
    const told = await Promise.all(sinks.map((sink) => this.#deliver(sink, notice, signal)));
    return told.filter((outcome) => outcome === "told").length;
  }

  async #deliver(sink: NoticeSink, notice: IntegrityNotice, signal: AbortSignal): Promise<"told" | "not-told"> {
    for (let tried = 0; tried < noticeTries && !signal.aborted; tried++) {
      try {
        await sink.notify(notice);
        return "told";
      } catch (fault) {
        if (!(fault instanceof Unavailable)) throw fault;
        await this.#ports.wait(1000 * 2 ** tried, signal);
      }
    }
    return "not-told";
  }
}

function entriesOf({ findings, bytes }: IntegrityReport, occasion: IntegrityOccasion): readonly LogEntry[] {
  const source = "integrity";
  if (findings.length === 0) {
    return [{ source, type: "integrity-checked", result: "success", facts: { occasion, bytes: String(bytes) } }];
  }
  return findings.map((finding): LogEntry => {
    const { subject, code, component, slot } = finding;
    const facts: LogFacts = {
      occasion,
      subject,
      code,
      ...(component === undefined ? {} : { component }),
      ...(slot === undefined ? {} : { slot }),
    };
    return { source, type: "integrity-violated", result: "failure", facts };
  });
}

import { bytesToHex } from "@sumac/crypto";
import {
  barsOf,
  type CommandFacts,
  type CommandRunner,
  endedWell,
  fillCommand,
  type InstallSubject,
  type OverridableBar,
  Unavailable,
} from "@sumac/device";
import { nodeFileSystem } from "@sumac/device/node";
import type { Operations } from "@sumac/verifier";
import { isSystemError } from "../system-failure.ts";
import type { AgentConfig, Source } from "./agent-config.ts";
import { isOpen } from "./maintenance-window.ts";

export type ConsentStep = "install" | "restart";

/** `unknown`: what is armed can no longer be read as what was signed, and a boot would not try it. */
export interface ConsentSubject {
  readonly sequence: InstallSubject["sequence"] | "unknown";
  readonly manifestDigest: Uint8Array;
}

export interface OperatorPorts {
  readonly runner: CommandRunner;
  /** Milliseconds since 1970; undefined = no clock that could be believed. */
  now(): number | undefined;
}

/**
 * What the people and the process at this device allow. Whatever cannot be read, is late, or says anything else than the
 * one word or exit code that means yes, means no.
 */
export class Operator {
  readonly #config: Pick<AgentConfig, "windows" | "interlock" | "consent">;
  readonly #ports: OperatorPorts;

  constructor(config: Pick<AgentConfig, "windows" | "interlock" | "consent">, ports: OperatorPorts) {
    this.#config = config;
    this.#ports = ports;
  }

  /** Undefined: nothing is configured that could object. */
  async operations(): Promise<Operations | undefined> {
    const { windows, interlock } = this.#config;
    if (windows.length === 0 && interlock === undefined) return undefined;
    return { window: this.#window(), interlock: await this.#interlock() };
  }

  /** Whether the process allows a restart now; `lifts` is asked for each bar in the way, whether a supervisor lifts it. */
  async mayRestart(lifts: (bar: OverridableBar) => Promise<boolean> = async () => false): Promise<boolean> {
    const plant = await this.operations();
    for (const bar of plant === undefined ? [] : barsOf(plant)) if (!(await lifts(bar))) return false;
    return true;
  }

  /** Whether the process allows to go back now: a trial that failed does not wait for the next window. */
  async mayGoBack(): Promise<boolean> {
    return (await this.#interlock()) === "clear";
  }

  /** Whether this very manifest was agreed to, for this step; nobody has to where nothing is configured. */
  async consents(step: ConsentStep, subject: ConsentSubject): Promise<boolean> {
    const { consent } = this.#config;
    if (consent === undefined) return true;
    const line = consentLine(step, subject);
    if (consent.kind === "command") {
      const { sequence, manifestDigest } = subject;
      const facts = { step, sequence: String(sequence), digest: bytesToHex(manifestDigest) };
      return this.#ends(consent, facts);
    }
    // Whoever can write it decides: nobody but root and the user of this process may.
    const text = await textOf(consent.file, "private");
    return text?.split("\n").some((each) => each.trim() === line) ?? false;
  }

  #window(): Operations["window"] {
    const { windows } = this.#config;
    if (windows.length === 0) return "open";
    const now = this.#ports.now();
    return now !== undefined && isOpen(windows, now) ? "open" : "closed";
  }

  async #interlock(): Promise<Operations["interlock"]> {
    const { interlock } = this.#config;
    if (interlock === undefined) return "clear";
    const isClear =
      interlock.kind === "command"
        ? await this.#ends(interlock, {})
        : (await textOf(interlock.file, "anybody"))?.trim() === "clear";
    return isClear ? "clear" : "engaged";
  }

  async #ends({ command }: Extract<Source, { kind: "command" }>, facts: CommandFacts) {
    return endedWell(await this.#ports.runner.run(fillCommand(command, facts)));
  }
}

/** What an operator writes into the file of consents, as a line of its own. */
export const consentLine = (step: ConsentStep, { manifestDigest }: ConsentSubject): string =>
  `${step} ${bytesToHex(manifestDigest)}`;

const mostBytes = 65_536;

/** The text of a regular file; undefined where there is none that could be read, or where others may write it. */
async function textOf(file: string, writers: "anybody" | "private"): Promise<string | undefined> {
  try {
    const opened = await nodeFileSystem.open(file, "read");
    try {
      const { kind, size, access } = opened.facts;
      if (kind !== "file" || size > mostBytes || (writers === "private" && access !== "private")) return undefined;
      const bytes = new Uint8Array(size);
      return new TextDecoder().decode(bytes.subarray(0, await opened.read(0, bytes)));
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (error instanceof Unavailable || isSystemError(error)) return undefined;
    throw error;
  }
}

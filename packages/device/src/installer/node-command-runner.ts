import { type ChildProcessByStdio, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { concatBytes } from "@sumac/crypto";
import { Unavailable } from "../unavailable.ts";
import { commandFault } from "./command-fault.ts";
import { type Command, type CommandEnd, type CommandRunner, endedWell } from "./command-runner.ts";
import { processIdentity } from "./node-process-identity.ts";

export interface NodeCommandRunnerOptions {
  /** The device's folder: the commands run in it, and their processes are known by it. */
  readonly folder: string;
  /** Names of environment variables that a command gets to see; others, where secrets may be, it does not. */
  readonly environment?: readonly string[];
  /** How long a command that has to end may take to end by itself. Default 2,000. */
  readonly graceMs?: number;
}

/** Half of what is kept of an output: its beginning and its end. */
const keptHalf = 16384;
const pipePatienceMs = 500;
const usualEnvironment = ["PATH", "LANG"];
const mark = "SUMAC_DEVICE_FOLDER";

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Commands as processes of Linux. */
export class NodeCommandRunner implements CommandRunner {
  readonly #options: NodeCommandRunnerOptions;

  constructor(options: NodeCommandRunnerOptions) {
    this.#options = options;
  }

  async run(command: Command): Promise<CommandEnd> {
    await this.#endLeftovers();
    const kept = new KeptOutput();
    const child = this.#start(command);
    if ("notStarted" in child) return { ...child, timing: "in-time", outputLength: 0, output: kept.bytes() };
    child.stdout.on("data", (chunk: Uint8Array) => kept.add(chunk));
    child.stderr.on("data", (chunk: Uint8Array) => kept.add(chunk));
    return await this.#end(child, command, kept, [child.stdout, child.stderr]);
  }

  async *read(command: Command): AsyncGenerator<Uint8Array> {
    await this.#endLeftovers();
    const kept = new KeptOutput();
    const child = this.#start(command);
    if ("notStarted" in child) {
      throw commandFault(command, { ...child, timing: "in-time", outputLength: 0, output: kept.bytes() });
    }
    child.stderr.on("data", (chunk: Uint8Array) => kept.add(chunk));
    const ending = this.#end(child, command, kept, [child.stderr]);
    let left: "early" | "at-the-end" = "early";
    try {
      for await (const chunk of child.stdout) yield new Uint8Array(chunk);
      left = "at-the-end";
    } finally {
      // Nobody reads on: a command that still writes would wait for ever.
      child.stdout.destroy();
      if (left === "early") signalGroup(child, "SIGKILL");
      // Here, because what it has left over is ended by its mark, and the next command has the same.
      await ending;
    }
    const end = await ending;
    if (!endedWell(end)) throw commandFault(command, end);
  }

  /** Node tells of some commands that cannot be started by an event, and throws for the others. */
  #start({ argv }: Command): Child | { readonly notStarted: string } {
    const [program = "", ...words] = argv;
    const { folder, environment = usualEnvironment } = this.#options;
    const env: Record<string, string> = { [mark]: folder };
    for (const name of environment) {
      const value = process.env[name];
      if (value !== undefined) env[name] = value;
    }
    // A group of its own, so that what it starts can be ended with it.
    try {
      return spawn(program, words, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    } catch (error) {
      if (error instanceof Error && "code" in error) return { notStarted: String(error.code) };
      throw error;
    }
  }

  async #end(
    child: Child,
    { timeoutMs }: Command,
    kept: KeptOutput,
    outputs: readonly Readable[],
  ): Promise<CommandEnd> {
    let timing: CommandEnd["timing"] = "in-time";
    let killing: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => {
      timing = "timed-out";
      signalGroup(child, "SIGTERM");
      killing = setTimeout(() => signalGroup(child, "SIGKILL"), this.#options.graceMs ?? 2000);
    }, timeoutMs);
    const how = await new Promise<Partial<CommandEnd>>((resolve) => {
      child.once("error", (error) => resolve({ notStarted: "code" in error ? String(error.code) : "unknown" }));
      child.once("exit", (code, signal) => resolve(code === null ? { signal: String(signal) } : { exitCode: code }));
    });
    clearTimeout(timer);
    clearTimeout(killing);
    if (how.notStarted === undefined) {
      signalGroup(child, "SIGKILL");
      await this.#endLeftovers();
      await Promise.all(outputs.map(outputEnd));
    }
    return { ...how, timing, outputLength: kept.length, output: kept.bytes() };
  }

  /** Also what left its group, or was left over when this process was killed: it still carries the mark. */
  async #endLeftovers(): Promise<void> {
    const wanted = `${mark}=${this.#options.folder}`;
    const since = performance.now();
    for (;;) {
      const left = processesWith(wanted);
      if (left.length === 0) return;
      if (performance.now() - since > (this.#options.graceMs ?? 2000)) {
        throw new Unavailable("installer-failed", { retryable: true, detail: `process ${left[0]} cannot be ended` });
      }
      for (const pid of left) signal(pid, "SIGKILL");
      await sleep(5);
    }
  }
}

class KeptOutput {
  length = 0;
  #first: Uint8Array = new Uint8Array();
  #last: Uint8Array = new Uint8Array();

  add(chunk: Uint8Array): void {
    this.length += chunk.length;
    const room = keptHalf - this.#first.length;
    if (room > 0) this.#first = concatBytes(this.#first, chunk.subarray(0, room));
    const rest = chunk.subarray(room);
    if (rest.length > 0) this.#last = concatBytes(this.#last, rest.subarray(-keptHalf)).slice(-keptHalf);
  }

  bytes(): Uint8Array {
    const left = this.length - this.#first.length - this.#last.length;
    const gap = new TextEncoder().encode(left === 0 ? "" : `\n[${left} bytes left out]\n`);
    return concatBytes(this.#first, gap, this.#last);
  }
}

/** The pipe is empty, or somebody who has shed every mark keeps it open. */
async function outputEnd(stream: Readable): Promise<void> {
  if (stream.closed) return;
  const patience = setTimeout(() => stream.destroy(), pipePatienceMs);
  await new Promise<void>((resolve) => void stream.once("close", () => resolve()));
  clearTimeout(patience);
}

function signalGroup({ pid }: Child, name: "SIGTERM" | "SIGKILL"): void {
  if (pid !== undefined) signal(-pid, name);
}

function signal(pid: number, name: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

/** Processes of this user whose environment has the variable, but for this one. */
function processesWith(variable: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => environmentOf(pid).includes(variable) && processIdentity(pid) !== undefined);
}

function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
  } catch {
    return [];
  }
}

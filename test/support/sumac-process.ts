import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

export const root: string = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const main = path.join(root, "packages", "cli", "src", "main.ts");
/** Compiled once, not by each of a hundred processes: they begin in a third of the time. */
const compileCache = path.join(root, "node_modules", ".cache", "sumac-test-processes");

/** How a process ended, and all it said. */
export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The one JSON object on stdout; throws if there is anything else. */
  json<T>(): T;
  /** Every line of stdout as JSON; of a killed process without the line it was writing. */
  events(): readonly Event[];
}

/** A line of `--json` of a command that runs for long. */
export interface Event {
  readonly event: string;
  readonly [fact: string]: unknown;
}

export interface ProcessOptions {
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** `sumac WORDS` as a process of its own. */
export class SumacProcess {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #awaited: { readonly event: string; readonly seen: (event: Event) => void }[] = [];
  #stdout = "";

  constructor(words: readonly string[], options: ProcessOptions) {
    this.#child = start(process.execPath, [main, ...words], options);
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#hear(text));
    this.ended = ending(this.#child, () => this.#stdout);
  }

  /** The next line of stdout that tells of this event; rejects if the process ends without it. */
  next(event: string): Promise<Event> {
    return new Promise((resolve, reject) => {
      this.#awaited.push({ event, seen: resolve });
      this.ended.then(({ code, stderr }) => reject(new Error(`ended with ${code} before ${event}: ${stderr}`)), reject);
    });
  }

  kill(signal: "SIGKILL" | "SIGTERM" | "SIGINT" | "SIGHUP"): void {
    this.#child.kill(signal);
  }

  #hear(text: string): void {
    const known = wholeLines(this.#stdout).length;
    this.#stdout += text;
    if (this.#awaited.length === 0) return;
    for (const line of wholeLines(this.#stdout).slice(known)) {
      const told = JSON.parse(line) as Event;
      const at = this.#awaited.findIndex(({ event }) => event === told.event);
      if (at >= 0) this.#awaited.splice(at, 1)[0]?.seen(told);
    }
  }
}

/** Runs `sumac WORDS` to its end. */
export const sumac = (words: readonly string[], options: ProcessOptions): Promise<Ended> =>
  new SumacProcess(words, options).ended;

/** Runs another program to its end. */
export function run(program: string, words: readonly string[], options: ProcessOptions): Promise<Ended> {
  const child = start(program, words, options);
  let stdout = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  return ending(child, () => stdout);
}

const running = new Set<ChildProcess>();

function start(program: string, words: readonly string[], { folder, environment = {} }: ProcessOptions): ChildProcess {
  // Nothing of the test runner's own settings may reach it, and no passphrase of whoever runs the tests.
  const { PATH, HOME, TMPDIR } = process.env;
  const inherited = Object.entries({ PATH, HOME, TMPDIR }).filter(([, value]) => value !== undefined);
  const env = { ...Object.fromEntries(inherited), NODE_COMPILE_CACHE: compileCache, ...environment };
  const child = spawn(program, words, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  return child;
}

function ending(child: ChildProcess, stdoutSoFar: () => string): Promise<Ended> {
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      running.delete(child);
      const stdout = stdoutSoFar();
      resolve({
        code,
        stdout,
        stderr,
        json: <T>() => JSON.parse(stdout) as T,
        events: () => wholeLines(stdout).map((line) => JSON.parse(line) as Event),
      });
    });
  });
}

const wholeLines = (text: string): string[] => text.split("\n").slice(0, -1);

afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
});

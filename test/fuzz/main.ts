// npm run fuzz [-- --seconds N] [-- --seed N] [-- --findings FOLDER]
//
// Damages everything that is accepted, for as long as it is told, and looks for what must never happen: another meaning,
// an exception, a hang, memory without bound. Exit code 0 = nothing found, 1 = findings, each written as a vector.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { type FoundInput, writeFinding } from "./finding-file.ts";
import { readInput } from "./watched-input.ts";

/** A file of 64 KiB is refused in milliseconds; this leaves room for a busy machine. */
const longestExecution = 5000;
/** Several times what the process needs: an input that makes a reader allocate shows up. */
const heapLimitMb = 512;
const memoryLimitMb = 1024;
const mostFindings = 50;

const usage = "npm run fuzz [-- --seconds N] [-- --seed N] [-- --findings FOLDER]";

function wholeNumber(text: string, name: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= most) return value;
  console.error(`error[usage]: --${name} is a whole number up to ${most}\nhint: ${usage}`);
  process.exit(2);
}

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string" },
    findings: { type: "string", default: "fuzz-findings" },
  },
});
const seconds = wholeNumber(values.seconds, "seconds", 1_000_000);
// fast-check takes seeds of 32 bits with a sign.
const seed = wholeNumber(values.seed ?? String(Math.floor(Math.random() * 2 ** 31)), "seed", 2 ** 31 - 1);
const scratch = mkdtempSync(path.join(tmpdir(), "sumac-fuzz-"));
try {
  process.exitCode = (await run(path.join(scratch, "input"))) === 0 ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** Returns how many findings there were. */
async function run(inputFile: string): Promise<number> {
  console.log(`fuzz: seed ${seed}, ${seconds} seconds`);
  const files = new Set<string>();
  const report = (finding: FoundInput): void => {
    if (files.size >= mostFindings) return;
    const file = writeFinding(values.findings, finding);
    if (files.has(file)) return;
    files.add(file);
    console.error(`error[finding]: ${finding.layer} ${finding.name}: ${finding.what}: ${finding.fault}\nhint: ${file}`);
  };

  const begun = performance.now();
  const child = fork(
    path.join(import.meta.dirname, "watched-process.ts"),
    [`${seed}`, `${seconds * 1000}`, inputFile],
    {
      execArgv: [`--max-old-space-size=${heapLimitMb}`],
      serialization: "advanced",
    },
  );
  child.on("message", (found) => report(found as FoundInput));
  let wrong: string | undefined;
  const stopWatching = watch(child, inputFile, (fault) => {
    wrong = fault;
    child.kill("SIGKILL");
  });
  const [code, signal] = await once(child, "close");
  stopWatching();
  const last = readInput(inputFile);
  if (code !== 0) {
    const fault = wrong ?? `the process ended with ${code ?? signal}`;
    if (last === undefined) throw new Error(fault);
    report({ ...last, fault });
  }
  const executions = last?.executions ?? 0;
  const rate = Math.round((executions * 1000) / (performance.now() - begun));
  console.log(`fuzz: ${executions} executions, ${rate} per second, ${files.size} findings, seed ${seed}`);
  return files.size;
}

/** Says once what is wrong with the execution that runs now; before the first one it only waits. */
function watch(child: ChildProcess, inputFile: string, wrong: (fault: string) => void): () => void {
  let last = 0;
  let since = performance.now();
  const timer = setInterval(() => {
    const executions = readInput(inputFile)?.executions ?? 0;
    if (executions === 0 || executions !== last) since = performance.now();
    last = executions;
    const hangs = performance.now() - since > longestExecution;
    const megabytes = residentMegabytes(child);
    if (!hangs && megabytes <= memoryLimitMb) return;
    clearInterval(timer);
    wrong(hangs ? `no answer within ${longestExecution} milliseconds` : `${megabytes} MB of memory`);
  }, 200);
  return () => clearInterval(timer);
}

/** Buffers are not of the heap, so its limit does not hold for them. 0 where the system does not say. */
function residentMegabytes({ pid }: ChildProcess): number {
  const file = `/proc/${pid}/status`;
  const [, kilobytes = "0"] = (existsSync(file) && /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(file, "utf8"))) || [];
  return Math.round(Number(kilobytes) / 1024);
}

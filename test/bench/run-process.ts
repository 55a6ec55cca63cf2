import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

export interface Finished {
  readonly code: number | null;
  readonly wallMs: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Megabytes (10^6 bytes), from the kernel's high-water mark; undefined where there is no /proc. */
  readonly peakMb: number | undefined;
}

export interface RunOptions {
  /** Whether memory is watched: it costs the measuring process some time, so not for start-up times. */
  readonly watch?: "memory" | "nothing";
  readonly cwd?: string;
}

const watchEveryMs = 20;

/** Runs a program to its end. */
export function runProcess(command: string, words: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const begun = process.hrtime.bigint();
  const child = spawn(command, words, {
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let stdout = "";
  let stderr = "";
  let peakMb: number | undefined;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const watcher =
    options.watch === "memory"
      ? setInterval(() => {
          peakMb = highWaterMark(child.pid) ?? peakMb;
        }, watchEveryMs)
      : undefined;
  return new Promise((resolve, reject) => {
    let wallMs = 0;
    child.on("error", (error) => {
      clearInterval(watcher);
      reject(error);
    });
    child.on("exit", () => {
      wallMs = Number(process.hrtime.bigint() - begun) / 1e6;
      clearInterval(watcher);
    });
    child.on("close", (code) => resolve({ code, wallMs, stdout, stderr, peakMb }));
  });
}

function highWaterMark(pid: number | undefined): number | undefined {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kibibytes === undefined ? undefined : (Number(kibibytes) * 1024) / 1e6;
  } catch {
    return undefined;
  }
}

/** A run that has to succeed: a bench of a failure would measure nothing. */
export async function mustRun(command: string, words: readonly string[], options?: RunOptions): Promise<Finished> {
  const finished = await runProcess(command, words, options);
  if (finished.code === 0) return finished;
  throw new Error(`${command} ${words.join(" ")} ended with ${finished.code}: ${finished.stderr}${finished.stdout}`);
}

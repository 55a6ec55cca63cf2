import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll } from "vitest";

export const root: string = path.resolve(import.meta.dirname, "..", "..");
export const fromSources: string = path.join(root, "packages", "cli", "src", "main.ts");
export const built: string = path.join(root, "packages", "cli", "dist", "sumac.js");
export const fixture = (...parts: readonly string[]): string => path.join(root, "firmware-fixtures", ...parts);

export interface ProcessOptions {
  readonly main?: string;
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Runs as somebody without privileges; only root can ask for that. */
  readonly as?: "nobody";
}

/** `sumac WORDS` as a process of its own, while it runs. */
export class SumacProcess {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  readonly #closed: Promise<unknown[]>;

  constructor(
    words: readonly string[],
    { main = fromSources, cwd = tmpdir(), environment = {}, as }: ProcessOptions = {},
  ) {
    const nobody = 65534;
    this.child = spawn(process.execPath, [main, ...words], {
      cwd,
      env: { PATH: process.env["PATH"], ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      ...(as === "nobody" ? { uid: nobody, gid: nobody } : {}),
    });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.#closed = once(this.child, "close");
  }

  /** The exit code, once everything it wrote was read; a signal that killed it is told by its name. */
  async ended(): Promise<number | string | null> {
    const [code, signal] = (await this.#closed) as [number | null, string | null];
    return code ?? signal;
  }

  /** Resolves when stdout holds the text. */
  async prints(text: string): Promise<void> {
    while (!this.stdout.includes(text)) {
      if (this.child.exitCode !== null) throw new Error(`ended without "${text}": ${this.stdout}${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** Runs to the end. */
export async function sumacProcess(
  words: readonly string[],
  options?: ProcessOptions,
): Promise<{ readonly code: number | string | null; readonly stdout: string; readonly stderr: string }> {
  const running = new SumacProcess(words, options);
  const code = await running.ended();
  return { code, stdout: running.stdout, stderr: running.stderr };
}

const made: string[] = [];

/** An empty folder, removed when the tests of the file are through. */
export function emptyFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "sumac-process-"));
  made.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

export const twoLines = (code: string): RegExp => new RegExp(`^error\\[${code}\\]: [^\\n]+\\nhint: [^\\n]+\\n$`);

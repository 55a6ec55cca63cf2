/** A page of the documentation, followed as a person would: every command, in order, in one shell. */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { root } from "./sumac-process.ts";

export interface Step {
  readonly heading: string;
  readonly commands: string;
  /** Lines that have to be among what they say, in this order. */
  readonly said: readonly string[];
}

/** Each block of commands, with the block of text that follows it. */
export function stepsOf(markdown: string): Step[] {
  const steps: Step[] = [];
  let heading = "";
  for (const [, title, language, body = ""] of markdown.matchAll(/^#+ (.+)$|^```(\w+)\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = title;
    if (language === "sh") steps.push({ heading, commands: body, said: [] });
    const last = steps.pop();
    if (last !== undefined) steps.push(language === "text" ? { ...last, said: body.trimEnd().split("\n") } : last);
  }
  return steps;
}

/** One script, so that variables and processes in the background live on; a mark divides what the steps say. */
export const scriptOf = (steps: readonly Step[]): string =>
  [
    "set -u -o pipefail",
    "trap 'kill $(jobs -p) 2>/dev/null' EXIT",
    ...steps.map(({ commands }, i) => `echo "=== step ${i}"\nset -e\n${commands}set +e`),
    'echo "=== done"',
  ].join("\n");

/** `...` stands for anything. */
const pattern = (line: string): RegExp =>
  new RegExp(
    line
      .split("...")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*"),
  );

/** The first line that was not said, after those before it were. */
function missing(said: string, expected: readonly string[]): string | undefined {
  const lines = said.split("\n");
  let at = 0;
  for (const line of expected) {
    const found = lines.findIndex((each, i) => i >= at && pattern(line).test(each));
    if (found < 0) return line;
    at = found + 1;
  }
  return undefined;
}

export function runInShell(
  script: string,
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const bin = path.join(folder, ".bin");
  mkdirSync(bin);
  const main = path.join(root, "packages", "cli", "src", "main.ts");
  // The process that a shell kills has to be the command itself.
  writeFileSync(path.join(bin, "sumac"), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
  chmodSync(path.join(bin, "sumac"), 0o755);
  const env = {
    PATH: `${bin}:${process.env["PATH"]}`,
    HOME: folder,
    ...environment,
    NODE_COMPILE_CACHE: path.join(root, "node_modules", ".cache", "sumac-test-processes"),
  };
  return new Promise((resolve, reject) => {
    const shell = spawn("bash", ["-c", script], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [shell.stdout, shell.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
    }
    shell.on("error", reject);
    shell.on("close", () => resolve(said));
  });
}

/** What each step said; undefined for those that a failure before them kept from running. */
const partsOf = (said: string): (string | undefined)[] => said.split(/^=== (?:step \d+|done)$/m).slice(1);

/** Every step ran, and said its lines. */
export function expectSaid(said: string, steps: readonly Step[]): void {
  const parts = partsOf(said);
  for (const [i, { heading, commands, said: expected }] of steps.entries()) {
    const context = `${heading}\n${commands}\nsaid:\n${parts[i] ?? "nothing: a command before it failed"}`;
    expect(parts[i], context).toBeDefined();
    expect({ missing: missing(parts[i] ?? "", expected) }, context).toEqual({ missing: undefined });
  }
  expect(parts.length, said.slice(-2000)).toBe(steps.length + 1);
}

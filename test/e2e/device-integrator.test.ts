/** docs/device-integrator.md, as a person would follow it: every command, in order, in one shell. */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { expect, test } from "vitest";
import { root } from "../support/sumac-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

interface Step {
  readonly heading: string;
  readonly commands: string;
  /** Lines that have to be among what they say, in this order. */
  readonly said: readonly string[];
}

/** Each block of commands, with the block of text that follows it. */
function stepsOf(markdown: string): Step[] {
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

const page = readFileSync(path.join(root, "docs", "device-integrator.md"), "utf8");
const steps = stepsOf(page);

/** One script, so that variables and processes in the background live on; a mark divides what the steps say. */
const scriptOf = (port: number): string =>
  [
    "set -u -o pipefail",
    "trap 'kill $(jobs -p) 2>/dev/null' EXIT",
    ...steps.map(({ commands }, i) => `echo "=== step ${i}"\nset -e\n${commands}set +e`),
    'echo "=== done"',
  ]
    .join("\n")
    .replaceAll("8480", String(port));

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

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

function run(script: string, folder: string): Promise<string> {
  const bin = path.join(folder, ".bin");
  mkdirSync(bin);
  const main = path.join(root, "packages", "cli", "src", "main.ts");
  // The process that a shell kills has to be the command itself.
  writeFileSync(path.join(bin, "sumac"), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
  chmodSync(path.join(bin, "sumac"), 0o755);
  const env = {
    PATH: `${bin}:${process.env["PATH"]}`,
    HOME: folder,
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

test("the page has commands, and says what they answer", () => {
  expect(steps.length).toBeGreaterThan(15);
  expect(steps.filter(({ said }) => said.length > 0).length).toBeGreaterThan(12);
});

test("every command of docs/device-integrator.md does what the page says", { timeout: 300_000 }, async () => {
  const folder = temporaryFolder();
  symlinkSync(path.join(root, "firmware-fixtures"), path.join(folder, "firmware-fixtures"));
  const port = await freePort();
  const said = (await run(scriptOf(port), folder)).replaceAll(String(port), "8480");
  const parts = said.split(/^=== (?:step \d+|done)$/m);
  for (const [i, { heading, commands, said: expected }] of steps.entries()) {
    const part = parts[i + 1];
    const context = `${heading}\n${commands}\nsaid:\n${part ?? "nothing: a command before it failed"}`;
    expect(part, context).toBeDefined();
    expect({ missing: missing(part ?? "", expected) }, context).toEqual({ missing: undefined });
  }
  expect(parts.length, said.slice(-2000)).toBe(steps.length + 2);
});

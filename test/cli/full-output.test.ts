/** Standard output or standard error on a full disk: the exit code still says what happened. */
import { spawnSync } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

const main = path.join(import.meta.dirname, "../../packages/cli/src/main.ts");
const fullDevice = "/dev/full";
const present = existsSync(fullDevice);
if (!present) console.warn(`full outputs are not tested: ${fullDevice} is not there`);

function run(
  words: readonly string[],
  full: "stdout" | "stderr",
): { readonly code: number | null; readonly stderr: string } {
  const sink = openSync(fullDevice, "w");
  const stdio = ["ignore", full === "stdout" ? sink : "pipe", full === "stderr" ? sink : "pipe"] as const;
  const ended = spawnSync(process.execPath, [main, ...words], { stdio: [...stdio], encoding: "utf8" });
  return { code: ended.status, stderr: ended.stderr ?? "" };
}

describe.skipIf(!present)("a full output", () => {
  test.each([
    ["help", ["help"]],
    ["version as JSON", ["--version", "--json"]],
    [
      "a key as JSON",
      [
        "keys",
        "show",
        path.join(import.meta.dirname, "../../firmware-fixtures/keys/vendor.test-only.public.pem"),
        "--json",
      ],
    ],
  ])("%s: the fault is told, exit 5", (_, words) => {
    const { code, stderr } = run(words, "stdout");
    expect(stderr).toContain("error[disk-full]");
    expect(code).toBe(5);
  });

  test.each([
    ["a file that is not there", ["verify", "nowhere.suit", "--key", "nowhere.pem"], 5],
    ["a command that is none", ["vrify"], 2],
  ])("faults that cannot be told keep their exit code: %s", (_, words, expected) => {
    expect(run(words, "stderr").code).toBe(expected);
  });
});

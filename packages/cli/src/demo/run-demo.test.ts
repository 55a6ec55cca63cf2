import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { publish } from "../commands/publish.ts";
import { sumac } from "../sumac.test.support.ts";
import * as attacks from "./demo-attacks.ts";
import { OnPathAttacker } from "./on-path-attacker.ts";
import type { DemoReport } from "./run-demo.ts";

vi.mock(import("./demo-attacks.ts"), { spy: true });

let scratch: string;

beforeEach(() => {
  scratch = mkdtempSync(path.join(tmpdir(), "sumac-cli-demo-"));
  vi.stubEnv("TMPDIR", scratch);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(scratch, { recursive: true, force: true });
});

const fault = new Error("a fault of this test");

test.each([
  [
    "publish 1.2.0",
    () => {
      const real = publish.run;
      return vi.spyOn(publish, "run").mockImplementation(async (given, context) => {
        if (given.operand("envelope").includes("1.2.0")) throw fault;
        return real(given, context);
      });
    },
  ],
  ["prepare attacks", () => vi.spyOn(OnPathAttacker, "start").mockRejectedValue(fault)],
  ["prepare attacks", () => vi.mocked(attacks.demoAttacks).mockRejectedValue(fault)],
])("a fault in the step %s is told in one report", { timeout: 60_000 }, async (name, breakIt) => {
  breakIt();
  const said = await sumac(["demo", "--json"]);
  const { steps } = said.json() as DemoReport;
  expect(steps.at(-1)).toMatchObject({ name, ok: false });
  expect(said.code).toBe(1);
  expect(said.stderr).toMatch(/^error\[demo-failed\]: .*a fault of this test\nhint: /);
  expect(readdirSync(scratch)).toEqual([]);
});

test("a signal between two steps ends it, and nothing stays", { timeout: 60_000 }, async () => {
  const stop = new AbortController();
  const said = await sumac(["demo"], {
    interrupted: stop.signal,
    onOutput: (text) => void (text.startsWith("ok   keys") && stop.abort()),
  });
  expect(said.code).toBe(130);
  expect(said.stdout).not.toContain("build and sign");
  expect(readdirSync(scratch)).toEqual([]);
});

import { expect, test } from "vitest";
import { testSubject } from "../device/release.test.support.ts";
import { logRotation, withEventLog } from "./power-cut-log.ts";
import { powerCutScenario } from "./power-cut-scenario.ts";
import { powerCutSweep } from "./power-cut-sweep.ts";

test("T-DEV-POWER-CUT: log-rotation: after every cut the log verifies up to a gap marker, and the device boots and updates", async () => {
  const scenario = await powerCutScenario(logRotation, withEventLog(testSubject()));
  const report = await powerCutSweep(scenario, { points: "every", seed: 1, afterwards: "boots-and-updates" });
  expect(report).toMatchObject({
    bricked: 0,
    unsignedRun: 0,
    rolledBack: 0,
    floorLost: 0,
    stuck: 0,
    broken: 0,
    failures: [],
  });
  expect(report.operations).toBeGreaterThan(100);
  expect(report.tried).toBe(report.operations * 3);
});

test("log-rotation: also when the boot that follows is cut at each of its operations", async () => {
  const scenario = await powerCutScenario(logRotation, withEventLog(testSubject()));
  const report = await powerCutSweep(scenario, { points: 90, seed: 7, cuts: "twice" });
  expect(report.failures).toEqual([]);
});

import { describe, expect, test } from "vitest";
import { powerCutScenario, powerCutScenarioNames } from "./power-cut-scenario.ts";
import { powerCutSweep } from "./power-cut-sweep.ts";
import { testSubject } from "./release.test.support.ts";

const nothingWrong = { bricked: 0, unsignedRun: 0, rolledBack: 0, floorLost: 0, stuck: 0, failures: [] };

describe("T-DEV-POWER-CUT: power cut at every flash operation: before, torn, after", () => {
  for (const name of powerCutScenarioNames) {
    test(`${name}: boots a signed image that is not below the floor, and takes the next update`, async () => {
      const scenario = await powerCutScenario(name, testSubject());
      const started = performance.now();
      const report = await powerCutSweep(scenario, {
        points: "every",
        seed: 1,
        cuts: "twice",
        afterwards: "boots-and-updates",
      });
      const ms = performance.now() - started;
      console.log(
        `${name}: ${report.operations} operations, ${report.tried} cuts, ${(ms / report.tried).toFixed(2)} ms each`,
      );
      expect(report).toMatchObject(nothingWrong);
      expect(report.tried).toBeGreaterThanOrEqual(report.operations * 3);
    }, 60_000);
  }
});

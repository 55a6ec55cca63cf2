import { describe, expect, test } from "vitest";
import { makeRelease, setSubject, testSubject } from "../device/release.test.support.ts";
import { flip } from "../flash/simulated-device.test.support.ts";
import { powerCutScenario, scriptsFor } from "./power-cut-scenario.ts";
import { powerCutScripts } from "./power-cut-script.ts";
import { powerCutSweep } from "./power-cut-sweep.ts";

const nothingWrong = {
  bricked: 0,
  unsignedRun: 0,
  rolledBack: 0,
  floorLost: 0,
  stuck: 0,
  broken: 0,
  failures: [],
};

const devices = [
  ["one component", testSubject()],
  ["three components and recovery", setSubject()],
] as const;

describe.each(devices)(
  "T-DEV-POWER-CUT: %s: the power is cut at every operation: before, torn, after",
  (_, subject) => {
    test.each(scriptsFor(subject))(
      "$name: a signed release boots, and the device takes the next one",
      async (script) => {
        const scenario = await powerCutScenario(script, subject);
        const report = await powerCutSweep(scenario, { points: "every", seed: 1, afterwards: "boots-and-updates" });
        expect(report).toMatchObject(nothingWrong);
        expect(report.tried).toBe(report.operations * 3);
        expect(report.operations).toBeGreaterThan(2);
      },
    );

    test.each(scriptsFor(subject))(
      "$name: also when the boot that follows is cut at each of its operations",
      async (script) => {
        const scenario = await powerCutScenario(script, subject);
        const report = await powerCutSweep(scenario, { points: 20, seed: 2, cuts: "twice" });
        expect(report).toMatchObject(nothingWrong);
        expect(report.tried).toBeGreaterThanOrEqual(20);
      },
    );
  },
);

test("every scenario is played by one device or the other", () => {
  const played = new Set(devices.flatMap(([, subject]) => scriptsFor(subject)));
  expect(powerCutScripts.filter((script) => !played.has(script))).toEqual([]);
});

describe("powerCutSweep", () => {
  test("plays as many points as it is asked for, spread over all or going round again", async () => {
    const scenario = await powerCutScenario("confirm", testSubject());
    for (const points of [1, 20, 200]) {
      const seen: number[] = [];
      const report = await powerCutSweep(scenario, { points, seed: 1, onProgress: (tried) => seen.push(tried) });
      expect(report).toMatchObject({ scenario: "confirm", tried: points, ...nothingWrong });
      expect(seen).toHaveLength(points);
    }
  });

  test("reports a device that runs other bytes than the release's", async () => {
    const subject = testSubject();
    const [first, second, third] = subject.releases;
    const scenario = await powerCutScenario("update", subject);
    const releases = [{ ...first, images: first.images.map((image) => flip(image, 3)) }, second, third] as const;
    const report = await powerCutSweep({ ...scenario, subject: { ...subject, releases } }, { points: 40, seed: 1 });
    expect(report.unsignedRun).toBeGreaterThan(0);
    expect(report.failures[0]).toMatchObject({
      problem: "unsigned-run",
      detail: "slot a holds other bytes than release 1: image 0",
    });
  });

  test("reports a device that takes no further update", async () => {
    const subject = testSubject();
    const [first, second] = subject.releases;
    const scenario = await powerCutScenario("update", subject);
    const older = makeRelease({ sequence: 0n });
    const report = await powerCutSweep(
      { ...scenario, subject: { ...subject, releases: [first, second, older] } },
      { points: 10, seed: 1, afterwards: "boots-and-updates" },
    );
    expect(report.stuck).toBe(10);
    expect(report.failures[0]?.detail).toContain("rollback");
  });

  test("reports a device that runs nothing", async () => {
    const scenario = await powerCutScenario("first-install", testSubject());
    const report = await powerCutSweep(
      { ...scenario, script: { ...scenario.script, blank: "bricked" } },
      { points: 20, seed: 1 },
    );
    expect(report.bricked).toBeGreaterThan(0);
    expect(report.failures[0]).toMatchObject({ problem: "bricked", detail: "not-provisioned" });
  });
});

import { execFileSync, spawnSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";

const main = path.join(import.meta.dirname, "main.ts");

test("T-DEV-POWER-CUT: npm run power-cut -- --json prints one object, and every count of what is wrong is zero", () => {
  const told = execFileSync(process.execPath, [main, "--json", "--device", "owned", "--seed", "9"], {
    encoding: "utf8",
  });
  expect(told.trimEnd().split("\n")).toHaveLength(1);
  const report = JSON.parse(told) as Record<string, number>;
  expect(Object.keys(report)).toEqual(["scenarios", "cutPoints", "bricked", "rolledBack", "unsignedRun", "floorLost"]);
  expect(report).toMatchObject({ scenarios: 3, bricked: 0, rolledBack: 0, unsignedRun: 0, floorLost: 0 });
  expect(report["cutPoints"]).toBeGreaterThan(5000);
});

test.each([
  ["--seed", "x"],
  ["--device", "toaster"],
])("%s %s is refused with how it is used", (option, value) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, option, value], { encoding: "utf8" });
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^error\[usage\]: .+\nhint: npm run power-cut/);
});

import { mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { type Ended, root, run, sumac } from "../support/sumac-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** What others script: members may be added below these, never taken away. */
interface Report {
  readonly steps: readonly { readonly name: string; readonly ok: boolean; readonly ms: number }[];
  readonly booted: string | null;
  readonly refused: readonly { readonly attack: string; readonly code: string }[];
  readonly powerCuts: { readonly tried: number; readonly bricked: number };
}

/** One bit in the payload, one in the manifest, unsigned, and so on: each has a code of its own. */
const codes = [
  "image-digest-mismatch",
  "manifest-digest-mismatch",
  "threshold-not-met",
  "signer-unknown",
  "wrong-class",
  "wrong-vendor",
  "rollback",
  "image-too-short",
  "image-too-long",
  "slot-readback-mismatch",
];

function expectDemo(ended: Ended): void {
  expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: "" });
  const report = ended.json<Report>();
  expect(report).toEqual({
    steps: expect.any(Array),
    booted: "1.1.0",
    refused: expect.any(Array),
    powerCuts: { tried: expect.any(Number), bricked: 0 },
  });
  expect(report.powerCuts.tried).toBeGreaterThanOrEqual(200);
  for (const step of report.steps) expect(step).toEqual({ name: expect.any(String), ok: true, ms: expect.any(Number) });
  for (const refusal of report.refused) expect(Object.keys(refusal)).toEqual(["attack", "code"]);
  expect(report.refused.map(({ code }) => code)).toEqual(codes);
  expect(new Set(report.refused.map(({ attack }) => attack)).size).toBe(codes.length);
}

test("npm run demo, and another one at the same time: one JSON object each, everything held, nothing left behind", {
  timeout: 60_000,
}, async () => {
  const folder = temporaryFolder();
  const scratch = path.join(folder, "tmp");
  mkdirSync(scratch);
  const environment = { TMPDIR: scratch };
  const [asPrinted, beside] = await Promise.all([
    run("npm", ["run", "--silent", "demo", "--", "--json"], { folder: root, environment }),
    sumac(["demo", "--json"], { folder, environment }),
  ]);
  expectDemo(asPrinted);
  expectDemo(beside);
  expect(readdirSync(scratch).filter((name) => name.startsWith("sumac"))).toEqual([]);
});

import { beforeAll, describe, expect, test } from "vitest";
import { ServedUnit } from "../support/served-unit.ts";

/** Open on one minute of one day, which is not today. */
const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const closed = `windows: [{ days: [${days[(new Date().getUTCDay() + 3) % 7]}], from: "12:00", to: "12:01", zone: UTC }]`;
const config = [
  "profile: ot",
  closed,
  "consent: { file: consent }",
  "override: { by: [anna, ben], longest: 2 h, lifts: [window, consent] }",
];

describe("CR 2.1 RE 3: a supervisor's override, at a device that waits for its window and for consent", {
  timeout: 60_000,
}, () => {
  let unit: ServedUnit;
  let digest = "";
  const override = (by: string, duration: string, manifest = digest) =>
    unit.run(
      ...["device", "override", "unit", "--manifest-digest", manifest, "--by", by, "--for", duration],
      ...["--reason", "pump 3 leaks", "--replace"],
    );

  beforeAll(async () => {
    unit = await ServedUnit.start({ config });
    const envelope = await unit.release("1.2.0", 3);
    expect(await unit.publish(envelope)).toMatchObject({ code: 0, stderr: "" });
    const inspected = (await unit.good("release", "inspect", envelope, "--json")).json<{ manifestDigest?: unknown }>();
    digest = /[0-9a-f]{64}/.exec(JSON.stringify(inspected.manifestDigest))?.[0] ?? "";
    expect(digest).not.toBe("");
  });

  test("CR 2.1 RE 3: without one the update waits", async () => {
    expect((await unit.once()).stdout).toMatch(/waits, outside-window/);
  });

  test.each([
    ["somebody whom the configuration does not name", "carl", "1h", "override-not-allowed"],
    ["a longer time than it allows", "anna", "3h", "override-too-long"],
  ])("CR 2.1 RE 3: %s: refused, and written down", async (_, by, duration, code) => {
    expect(await override(by, duration)).toMatchObject({ code: 0, stderr: "" });
    const { stdout } = await unit.once();
    expect(stdout).toMatch(new RegExp(`override does not count, ${code}`));
    expect(stdout).toMatch(/waits, outside-window/);
    expect(await unit.log()).toMatch(new RegExp(`override-refused refused .*${code}`));
  });

  test("CR 2.1 RE 3: for another manifest: the update goes on waiting", async () => {
    expect(await override("anna", "1h", "ab".repeat(32))).toMatchObject({ code: 0 });
    expect((await unit.once()).stdout).toMatch(/waits, outside-window/);
    expect(await unit.log()).not.toMatch(/override-used/);
  });

  test("CR 2.1 RE 3: a line that cannot be meant is refused before anything is written", async () => {
    for (const words of [
      ["--manifest-digest", "12", "--by", "anna", "--reason", "x", "--for", "1h"],
      ["--manifest-digest", digest, "--by", "", "--reason", "x", "--for", "1h"],
      ["--manifest-digest", digest, "--by", "anna", "--reason", "two\nlines", "--for", "1h"],
      ["--manifest-digest", digest, "--by", "anna", "--reason", "x", "--for", "8d"],
    ]) {
      expect((await unit.run("device", "override", "unit", ...words, "--replace")).code).toBe(2);
    }
    const over = ["--manifest-digest", digest, "--by", "anna", "--reason", "x", "--for", "1h"];
    expect((await unit.run("device", "override", "unit", ...over)).stderr).toMatch(/^error\[output-exists\]/);
  });

  test("CR 2.1 RE 3: by a named supervisor it goes through to the confirmed boot, once, and the log says all of it", async () => {
    expect(await override("anna", "1h")).toMatchObject({ code: 0, stderr: "" });
    const status = async () => (await unit.good("device", "status", "unit")).stdout;
    expect(await status()).toMatch(new RegExp(`override given: by anna, until .*, for ${digest}: pump 3 leaks`));
    const inventory = (await unit.good("device", "inventory", "unit", "--json")).json();
    expect(inventory).toMatchObject({ override: { state: "given", by: "anna", reason: "pump 3 leaks" } });
    const { stdout } = await unit.once();
    expect(stdout).toMatch(/override by anna sets window aside: install/);
    expect(stdout).toMatch(/override by anna sets consent aside: restart/);
    expect(stdout).toMatch(/confirmed 1\.2\.0/);
    expect(unit.read("unit/starts")).toBe("a\nb\n");
    expect(await status()).toMatch(/override spent: by anna/);
    const log = await unit.log();
    expect(log).toMatch(/override-given success .*by=anna .*reason="pump 3 leaks"/);
    for (const [step, lifted] of ["install", "restart"].flatMap((each) => [
      [each, "window"],
      [each, "consent"],
    ])) {
      expect(log).toMatch(new RegExp(`override-used warning .*by=anna step=${step} lifted=${lifted}`));
    }
    expect(log).toMatch(/override-ended success/);
  });
});

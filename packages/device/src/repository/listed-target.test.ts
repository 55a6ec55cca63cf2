import type { FoundTarget } from "@sumac/tuf";
import { describe, expect, test } from "vitest";
import { foreignKey, makeRelease } from "../device/release.test.support.ts";
import { mayPass } from "../device/waiting-refusal.ts";
import { explainDevice } from "../explain.ts";
import { provisioned, second } from "../flash/simulated-device.test.support.ts";
import { keyName, listed } from "./listed-target.test.support.ts";
import { advisedTarget } from "./listed-target.ts";
import { byRepository } from "./repository-refusal.ts";

/** Of `second`. */
const sequence = 6;

describe("an envelope that the repository lists", () => {
  test("is offered where all agree", async () => {
    const { device } = await provisioned();
    expect(device.receive(second.envelope, { listed: listed(second.envelope, { sequence }) })).toMatchObject({
      ok: true,
      value: { kind: "offer" },
    });
  });

  test.each([
    ["another length", { target: { length: second.envelope.length + 1 } }, "length-mismatch"],
    ["another digest", { target: { hashes: new Map([["sha256", "00".repeat(32)]]) } }, "digest-mismatch"],
    ["no digest that is known", { target: { hashes: new Map([["sha1", "00"]]) } }, "digest-unknown"],
    ["another role than the path's", { role: "line-pumps" }, "custom-mismatch"],
  ])("%s", async (_name, change: { target?: object; role?: string }, code) => {
    const { device, flash } = await provisioned();
    const before = flash.snapshot();
    const good = listed(second.envelope, { sequence });
    const changed = { ...good, ...change, target: { ...good.target, ...change.target } } as FoundTarget;
    expect(device.receive(second.envelope, { listed: changed })).toMatchObject({
      ok: false,
      error: { code, judgedBy: "repository" },
    });
    expect(flash.snapshot()).toEqual(before);
  });

  test.each([
    ["line", "pumps"],
    ["vendor_id", "00000000-0000-0000-0000-000000000000"],
    ["class_id", "00000000-0000-0000-0000-000000000000"],
    ["device_id", "00000000-0000-0000-0000-000000000000"],
    ["sequence", 99],
    ["components", []],
    ["envelope_type", "text/plain"],
  ])("custom says something else in %s", async (member, value) => {
    const { device } = await provisioned();
    const found = listed(second.envelope, { sequence, custom: { [member]: value } });
    expect(device.receive(second.envelope, { listed: found })).toMatchObject({
      error: { code: "custom-mismatch", member },
    });
  });

  test("the line's keys have not signed it: its list and its envelopes have the same keys", async () => {
    const { device } = await provisioned();
    const found = listed(second.envelope, { sequence, keys: [foreignKey] });
    expect(device.receive(second.envelope, { listed: found })).toMatchObject({
      error: { code: "custom-mismatch", member: "line", suit: null },
    });
  });

  test("signed by keys of the line that the trust record does not know: the trust update is missing", async () => {
    const { device } = await provisioned();
    const release = makeRelease({ sequence: 6n, signers: [foreignKey] });
    const found = listed(release.envelope, { sequence, keys: [foreignKey] });
    const received = device.receive(release.envelope, { listed: found });
    expect(received).toMatchObject({
      error: { code: "trust-update-missing", role: "line-drives", keyId: keyName(foreignKey) },
    });
    // Where the line's keys are known, an envelope that others signed is what it always was.
    const own = listed(release.envelope, { sequence });
    expect(device.receive(release.envelope, { listed: own })).toMatchObject({ error: { code: "signer-unknown" } });
  });
});

test("the first advice counts, whatever else a server says about a chunk", () => {
  const chunk = { part: "os", name: "n", version: "1", artifacts: [] };
  const advice = { key: "tuf-target", value: "a/b/c" };
  const deployment = { actionId: "1", download: "forced", update: "forced", chunks: [chunk] } as const;
  expect(advisedTarget(deployment)).toBeUndefined();
  const second = { ...chunk, metadata: [{ key: "other", value: "x" }, advice, { ...advice, value: "d/e/f" }] };
  expect(advisedTarget({ ...deployment, chunks: [chunk, second] })).toBe("a/b/c");
});

test("what time or the plant can change waits, and each code has its words", () => {
  const waits = byRepository({ code: "freshness-unknown", roles: ["timestamp"] });
  const named = byRepository({ code: "target-not-named" });
  const missing = byRepository({ code: "trust-update-missing", role: "line-drives", keyId: "ab".repeat(32) });
  expect([waits, named, missing].map(mayPass)).toEqual([true, false, false]);
  for (const refusal of [waits, named, missing]) expect(explainDevice(refusal).remedy).not.toBe("");
  expect(explainDevice(missing).problem).toContain("line-drives");
});

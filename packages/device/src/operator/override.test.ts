import { parseEnvelope } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import { begin } from "../agent/agent.test.support.ts";
import { deploymentOf } from "../ddi/ddi-server.test.support.ts";
import { approvalTrust, foreignKey, makeRelease, type Release, vendorKey } from "../device/release.test.support.ts";
import { explainDevice } from "../explain.ts";
import { offer, provisioned, second } from "../flash/simulated-device.test.support.ts";
import {
  type ActiveOverride,
  judgeOverride,
  maxOverrideBytes,
  type OverridableBar,
  type Override,
  type OverrideRules,
  parseOverride,
  serializeOverride,
} from "./override.ts";

const digestOf = ({ envelope }: Release): Uint8Array => {
  const parsed = parseEnvelope(envelope);
  if (!parsed.ok) throw new Error(parsed.error.code);
  return parsed.value.digest.bytes;
};

const noon = 1_800_000_000n;
const given: Override = {
  id: "0123456789abcdef".repeat(2),
  manifestDigest: digestOf(second),
  by: "anna",
  reason: "pump 3 leaks, the fix is in this release",
  from: noon,
  until: noon + 7200n,
};
const rules: OverrideRules = { by: ["anna", "ben"], longestSeconds: 7200n, lifts: ["window", "consent"] };

describe("CR 2.1 RE 3: who may override, for how long, and when it ends", () => {
  test.each<[string, Partial<Override>, OverrideRules | undefined, bigint | undefined, string]>([
    ["at its beginning", {}, rules, noon, "counts"],
    ["in its last second", {}, rules, noon + 7199n, "counts"],
    ["by a clock that is a little behind", {}, rules, noon - 300n, "counts"],
    ["when its time is over", {}, rules, noon + 7200n, "override-expired"],
    ["long after", {}, rules, noon + 10n ** 9n, "override-expired"],
    ["before it begins", {}, rules, noon - 301n, "override-not-begun"],
    ["without a trusted time", {}, rules, undefined, "override-time-unknown"],
    ["by somebody else", { by: "carl" }, rules, noon, "override-not-allowed"],
    ["by almost the right name", { by: "Anna" }, rules, noon, "override-not-allowed"],
    ["where nobody may", {}, undefined, noon, "override-not-allowed"],
    ["for a second too long", { until: noon + 7201n }, rules, noon, "override-too-long"],
    ["that ended before it began", { until: noon - 1n }, rules, noon, "override-expired"],
  ])("CR 2.1 RE 3: %s", (_, change, allowed, now, expected) => {
    const judged = judgeOverride({ ...given, ...change }, allowed, { now, spent: [] });
    expect(judged.ok ? "counts" : judged.error.code).toBe(expected);
    if (!judged.ok) expect(explainDevice(judged.error).problem).toMatch(/\S{3}/);
  });

  test("CR 2.1 RE 3: it is used once", () => {
    const judge = (spent: readonly string[]) => judgeOverride(given, rules, { now: noon, spent });
    expect(judge(["f".repeat(32)]).ok).toBe(true);
    expect(judge(["f".repeat(32), given.id])).toEqual({ ok: false, error: { code: "override-spent" } });
  });
});

describe("the file of an override", () => {
  const text = new TextDecoder().decode(serializeOverride(given));

  test("is read as it was written", () => {
    expect(parseOverride(serializeOverride(given))).toEqual(given);
    const longest = { ...given, reason: "x".repeat(200), by: "y".repeat(64), manifestDigest: new Uint8Array(64) };
    expect(serializeOverride(longest).length).toBeLessThan(maxOverrideBytes);
    expect(parseOverride(serializeOverride(longest))).toEqual(longest);
  });

  test.each([
    ["nothing", ""],
    ["no JSON", "{"],
    ["another version", text.replace('"override": 1', '"override": 2')],
    ["a member more", text.replace('"override": 1', '"override": 1, "lifts": ["interlock"]')],
    ["a member less", text.replace(/ {2}"reason".*\n/, "")],
    ["a digest that is none", text.replace(/"manifestDigest": "../, '"manifestDigest": "*')],
    ["a time that is no number", text.replace(/"until": (\d+)/, '"until": "$1"')],
    ["a time without end", text.replace(/"until": \d+/, '"until": 1e999')],
    ["a control character in the reason", text.replace("pump", "\\u001b[31mpump")],
    ["no name", text.replace('"anna"', '""')],
  ])("%s is none", (_, changed) => {
    expect(changed).not.toBe(text);
    expect(parseOverride(new TextEncoder().encode(changed))).toBeUndefined();
  });
});

const barred = { window: "closed", interlock: "clear" } as const;
const open = { window: "open", interlock: "clear" } as const;
const other = makeRelease({ sequence: 7n });

describe("CR 2.1 RE 3: what an override sets aside", () => {
  const override = { manifestDigest: given.manifestDigest, operations: open };

  test("CR 2.1 RE 3: the window, for its manifest", async () => {
    const { device } = await provisioned();
    expect(await offer(device, second, { operations: barred })).toMatchObject({ error: { code: "outside-window" } });
    expect(await offer(device, second, { operations: barred, override })).toMatchObject({ ok: true });
  });

  test("CR 2.1 RE 3: for no other manifest", async () => {
    const { device, flash } = await provisioned();
    const before = flash.snapshot();
    const answer = await offer(device, other, { operations: barred, override });
    expect(answer).toEqual({ ok: false, error: { code: "outside-window" } });
    expect(flash.snapshot()).toEqual(before);
  });

  const refused: readonly (readonly [string, Release, string])[] = [
    ["an older release", makeRelease({ sequence: 4n }), "rollback"],
    ["a foreign key", makeRelease({ sequence: 6n, signers: [foreignKey] }), "signer-unknown"],
  ];
  test.each(refused)("CR 2.1 RE 3: no refusal of the verifier: %s", async (_, release, code) => {
    const { device, flash } = await provisioned();
    const before = flash.snapshot();
    for (const operations of [open, barred]) {
      const lifted = { manifestDigest: digestOf(release), operations: open };
      expect(await offer(device, release, { operations, override: lifted })).toMatchObject({ error: { code } });
    }
    expect(flash.snapshot()).toEqual(before);
  });

  test("CR 2.1 RE 3: nor the approval that the owner's keys give", async () => {
    const { device } = await provisioned(approvalTrust);
    const unapproved = makeRelease({ sequence: 6n, signers: [vendorKey] });
    const lifted = { manifestDigest: digestOf(unapproved), operations: open };
    const answer = await offer(device, unapproved, { operations: barred, override: lifted });
    expect(answer).toMatchObject({ ok: false, error: { code: "not-approved" } });
  });

  const plants = [
    [{ window: "closed", interlock: "clear" }, ["window"], "updated"],
    [{ window: "closed", interlock: "clear" }, ["consent"], "outside-window"],
    [{ window: "open", interlock: "engaged" }, ["window", "consent"], "interlock"],
    [{ window: "closed", interlock: "engaged" }, ["window"], "outside-window"],
    [{ window: "open", interlock: "engaged" }, ["interlock"], "updated"],
    [{ window: "closed", interlock: "engaged" }, ["window", "interlock"], "updated"],
  ] as const;
  test.each(plants)("CR 2.1 RE 3: %o with %j: %s", async (plant, lifts, expected) => {
    const used: (readonly OverridableBar[])[] = [];
    const active: ActiveOverride = { ...given, lifts };
    const { agent, server } = await begin({
      operations: async () => plant,
      overrides: { current: async () => active, used: (_override, bars) => used.push(bars) },
    });
    server.offered = deploymentOf("7", second);
    const round = await agent.runOnce();
    expect(round.did === "waiting" ? round.refusal.code : round.did).toBe(expected);
    expect(used.length).toBe(expected === "updated" ? 1 : 0);
  });

  test("CR 2.1 RE 3: one that comes while the update waits is heard at the next round", async () => {
    let active: ActiveOverride | undefined;
    const { agent, server } = await begin({
      operations: async () => barred,
      overrides: { current: async () => active, used: () => undefined },
    });
    server.offered = deploymentOf("7", second);
    expect(await agent.runOnce()).toMatchObject({ did: "waiting", refusal: { code: "outside-window" } });
    active = { ...given, lifts: ["window"] };
    expect(await agent.runOnce()).toMatchObject({ did: "updated" });
  });
});

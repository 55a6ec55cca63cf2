import { nodeCrypto } from "@sumac/crypto/node";
import type { ComponentId, SuitDigest } from "@sumac/suit";
import { type Plan, type PlanStep, parseTrustRecord, type VerifiedUpdate, verifyEnvelope } from "@sumac/verifier";
import { expect, test } from "vitest";
import { installPlan } from "./install-plan.ts";
import { classId, firmware, makeRelease, vendorId, vendorTrust } from "./release.test.support.ts";

function verified(payload: "remote" | "integrated" = "remote"): VerifiedUpdate {
  const trust = parseTrustRecord(vendorTrust, nodeCrypto);
  if (!trust.ok) throw new Error(trust.error.code);
  const update = verifyEnvelope(makeRelease({ sequence: 6n, payload }).envelope, {
    crypto: nodeCrypto,
    trust: trust.value,
    recipient: { vendorIds: [vendorId], classIds: [classId], components: [{ id: firmware, maxSize: 1000n }] },
    installed: { floor: 5n },
  });
  if (!update.ok) throw new Error(update.error.code);
  return update.value;
}

const update = verified();
const digest: SuitDigest = { algorithm: "sha-256", bytes: new Uint8Array(32).fill(1) };
const digest2: SuitDigest = { algorithm: "sha-256", bytes: new Uint8Array(32).fill(2) };
const expected = { digest, size: 10n };
const fetch: PlanStep = { do: "fetch", component: 0, id: firmware, uri: "a.bin", source: "remote", expected };
const match: PlanStep = { do: "image-match", component: 0, expected };
const invoke: PlanStep = { do: "invoke", component: 0 };
const withPlan = (plan: Plan): VerifiedUpdate => ({ ...update, plan });

test("a release of one image is one fetch", () => {
  expect(installPlan(update, [firmware])).toMatchObject({
    ok: true,
    value: {
      images: [{ component: firmware, source: { kind: "remote", uri: "firmware.bin" }, expected: { size: 700n } }],
    },
  });
  expect(installPlan(verified("integrated"), [firmware])).toMatchObject({
    ok: true,
    value: { images: [{ source: { kind: "integrated" } }] },
  });
});

const accepted: readonly [string, Plan][] = [
  ["several matches of the same image", { update: [fetch, match, match], invocation: [match, match, invoke] }],
  ["nothing to invoke", { update: [fetch, match], invocation: [match] }],
  [
    "a match that leaves the size to the fetch",
    { update: [fetch, { ...match, expected: { digest } }], invocation: [invoke] },
  ],
];
for (const [what, plan] of accepted) {
  test(`accepts ${what}`, () => {
    expect(installPlan(withPlan(plan), [firmware])).toEqual({
      ok: true,
      value: { images: [{ component: firmware, source: { kind: "remote", uri: "a.bin" }, expected }] },
    });
  });
}

const refused: readonly [string, Plan, string][] = [
  ["nothing", { update: [], invocation: [] }, "plan.update"],
  ["a fetch that nothing checks", { update: [fetch], invocation: [match, invoke] }, "plan.update"],
  ["a match before the fetch", { update: [match, fetch], invocation: [invoke] }, "plan.update.image-match"],
  [
    "a match of another image",
    { update: [fetch, { ...match, expected: { digest: digest2 } }], invocation: [] },
    "plan.update.image-match",
  ],
  [
    "a match of another size",
    { update: [fetch, { ...match, expected: { digest, size: 11n } }], invocation: [] },
    "plan.update.image-match",
  ],
  ["a second fetch", { update: [fetch, match, fetch], invocation: [] }, "plan.update.fetch"],
  ["a copy", { update: [{ do: "copy", component: 0, from: 1, expected }, match], invocation: [] }, "plan.update.copy"],
  [
    "a write",
    { update: [{ do: "write", component: 0, content: new Uint8Array(1), expected }, match], invocation: [] },
    "plan.update.write",
  ],
  [
    "an image of unknown size",
    { update: [{ ...fetch, expected: { digest } }, match], invocation: [] },
    "manifest.image-size",
  ],
  [
    "arguments for the image",
    { update: [fetch, match], invocation: [match, { ...invoke, args: new Uint8Array(1) }] },
    "plan.invocation.invoke",
  ],
  [
    "another image at the invocation",
    { update: [fetch, match], invocation: [{ ...match, expected: { digest: digest2 } }, invoke] },
    "plan.invocation.image-match",
  ],
  ["a fetch at the invocation", { update: [fetch, match], invocation: [fetch] }, "plan.invocation.fetch"],
];
for (const [what, plan, field] of refused) {
  test(`refuses ${what}: ${field}`, () => {
    expect(installPlan(withPlan(plan), [firmware])).toMatchObject({ ok: false, error: { code: "unsupported", field } });
  });
}

const other: ComponentId = [Uint8Array.of(1)];
const withSet = (plan: Plan, components: readonly ComponentId[]): VerifiedUpdate => ({
  ...update,
  plan,
  manifest: { ...update.manifest, components },
});
const otherImage = { digest: digest2, size: 20n };
const fetchOther: PlanStep = { ...fetch, component: 1, id: other, uri: "b.bin", expected: otherImage };
const matchOther: PlanStep = { do: "image-match", component: 1, expected: otherImage };

test("of several components it gives each its image, in the order of the device, however the steps are mixed", () => {
  const images = [
    { component: firmware, source: { kind: "remote", uri: "a.bin" }, expected },
    { component: other, source: { kind: "remote", uri: "b.bin" }, expected: otherImage },
  ];
  for (const steps of [
    [fetch, match, fetchOther, matchOther],
    [fetch, fetchOther, match, matchOther],
    [fetchOther, fetch, match, matchOther, match],
  ]) {
    const planned = withSet({ update: steps, invocation: [match, matchOther, invoke] }, [firmware, other]);
    expect(installPlan(planned, [firmware, other])).toEqual({ ok: true, value: { images } });
    expect(installPlan(planned, [other, firmware])).toEqual({ ok: true, value: { images: images.toReversed() } });
  }
});

const refusedSets: readonly [string, Plan, string][] = [
  [
    "one component that is not fetched",
    { update: [fetch, match, matchOther], invocation: [] },
    "plan.update.image-match",
  ],
  ["one component that nothing is said of", { update: [fetch, match], invocation: [] }, "plan.update"],
  ["one component that is not matched", { update: [fetch, match, fetchOther], invocation: [] }, "plan.update"],
  [
    "the image of the one matched in the other",
    { update: [fetch, fetchOther, { ...match, component: 1 }, match], invocation: [] },
    "plan.update.image-match",
  ],
  [
    "an invocation of both",
    { update: [fetch, match, fetchOther, matchOther], invocation: [{ ...invoke, component: 1 }, invoke] },
    "plan.invocation.invoke",
  ],
];
for (const [what, plan, field] of refusedSets) {
  test(`refuses ${what}: ${field}`, () => {
    expect(installPlan(withSet(plan, [firmware, other]), [firmware, other])).toMatchObject({
      ok: false,
      error: { code: "unsupported", field },
    });
  });
}

test("refuses less and more than the set", () => {
  expect(installPlan(update, [firmware, other])).toEqual({
    ok: false,
    error: { code: "components-incomplete", missing: [other] },
  });
  for (const components of [
    [firmware, other],
    [firmware, firmware],
  ]) {
    expect(installPlan(withSet(update.plan, components), [firmware])).toMatchObject({
      ok: false,
      error: { code: "unsupported", field: "manifest.components", label: 2 },
    });
  }
});

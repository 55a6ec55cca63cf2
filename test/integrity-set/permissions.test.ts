import type { Signer } from "@sumac/signing";
import { describe, expect, test } from "vitest";
import { craftRelease } from "../support/crafted-envelope.ts";
import { firmware } from "../support/example-product.ts";
import {
  foreign,
  imageOf,
  newer,
  offer,
  owner,
  ownerPart,
  ownerRoot,
  provisioned,
  release,
  role,
  running,
  type Sample,
  second,
  trustUpdate,
  vendor,
  vendorPart,
  vendorRoot,
} from "../support/sample-device.ts";

/** Two of the plant's people have to agree. */
const dual = ownerPart([owner, second], 2);
const scene = (): Promise<Sample> => provisioned({ owner: dual });

const people: Readonly<Record<string, Signer>> = { vendor, vendorRoot, owner, second, ownerRoot, foreign };

const actions: Readonly<Record<string, (by: readonly Signer[]) => ReturnType<typeof release>>> = {
  install: (by) => release(6n, by),
  "roll back": (by) => craftRelease({ sequence: 4n, image: imageOf(4n), signers: by }),
  "change the vendor's trust": (by) =>
    trustUpdate({ part: "vendor", sequence: 1n, record: vendorPart([vendor, foreign]), signers: by }),
  "change the owner's trust": (by) =>
    trustUpdate({ part: "owner", sequence: 1n, record: ownerPart([foreign]), signers: by }),
};

/** Who has to come together for an action. Whoever is not named may be left out. */
const allowed: Readonly<Record<string, readonly (readonly string[])[]>> = {
  install: [["vendor", "owner", "second"]],
  "roll back": [],
  "change the vendor's trust": [["vendorRoot"]],
  "change the owner's trust": [["ownerRoot"]],
};

const names = Object.keys(people);
/** All 64 groups of the six. */
const groups = Array.from({ length: 2 ** names.length }, (_, bits) => names.filter((_name, i) => (bits >> i) & 1));

describe("CR 2.1: install, approve, change trust and roll back are permissions of their own", () => {
  test.each(Object.entries(actions))("CR 2.1: who can %s, of all groups of people", async (action, make) => {
    const may: string[] = [];
    for (const group of groups) {
      const { device, flash } = await scene();
      const before = flash.snapshot();
      const answer = await offer(device, await make(group.map((name) => people[name] ?? vendor)));
      if (answer.ok) may.push(group.join(" "));
      else expect(flash.snapshot()).toEqual(before);
    }
    const needed = allowed[action] ?? [];
    const expected = groups.filter((group) => needed.some((all) => all.every((name) => group.includes(name))));
    expect(may).toEqual(expected.map((group) => group.join(" ")));
  });
});

test("CR 2.1 RE 1: least privilege holds for machines: a key writes the components of its role and no others", async () => {
  const settings = [new TextEncoder().encode("settings")];
  const record = {
    roles: [role("release", "release", [vendor]), role("tuning", "release", [second], { components: [settings] })],
    legacyAlgorithms: [],
  } as const;
  const { device, flash } = await provisioned({ vendor: record });
  const before = flash.snapshot();
  expect(await offer(device, await release(6n, [second]))).toMatchObject({
    ok: false,
    error: { code: "component-not-authorised", role: "tuning" },
  });
  expect(flash.snapshot()).toEqual(before);
  expect(await offer(device, newer)).toMatchObject({ ok: true });
});

test("CR 2.1 RE 2: who has which permission is data, changed by whom it belongs to, and by nobody else", async () => {
  const { device } = await scene();
  const moved = {
    roles: [
      role("release", "release", [foreign], { components: [firmware] }),
      role("old", "release", [vendor]),
      role("root", "root", [vendorRoot]),
    ],
    legacyAlgorithms: [],
  } as const;
  const byForeign = await release(6n, [foreign, owner, second]);
  expect(await offer(device, byForeign)).toMatchObject({ ok: false });
  const change = (signers: readonly Signer[]) => trustUpdate({ part: "vendor", sequence: 1n, record: moved, signers });
  expect(await offer(device, await change([vendor]))).toMatchObject({ ok: false });
  expect(await offer(device, await change([ownerRoot]))).toMatchObject({ ok: false });
  expect(await offer(device, await change([vendorRoot]))).toMatchObject({ ok: true });
  expect(await offer(device, byForeign)).toMatchObject({ ok: true });
});

describe("CR 2.1 RE 4: grave actions can ask for two people", () => {
  const signers = [
    ["one of the two", [vendor, owner], 1],
    ["the other", [vendor, second], 1],
    ["neither", [vendor], 0],
    ["one of them twice", [vendor, owner, owner], 1],
    ["one of them and a stranger", [vendor, owner, foreign], 1],
    ["one of them and the plant's root", [vendor, owner, ownerRoot], 1],
  ] as const;
  test.each(signers)("CR 2.1 RE 4: %s: not-approved, and nothing is written", async (_, by, have) => {
    const { device, flash } = await scene();
    const before = flash.snapshot();
    expect(await offer(device, await release(6n, by))).toEqual({
      ok: false,
      error: { code: "not-approved", role: "plant", have, need: 2 },
    });
    expect(flash.snapshot()).toEqual(before);
    expect(await offer(device, await release(6n, [vendor, owner, second]))).toMatchObject({ ok: true });
  });

  test("CR 2.1 RE 4: the vendor's side can ask for two as well", async () => {
    const record = {
      roles: [role("release", "release", [vendor, second], { threshold: 2 })],
      legacyAlgorithms: [],
    } as const;
    await expect(provisioned({ vendor: record })).rejects.toThrow("threshold-not-met");
    expect(running.sequence).toBe(5n);
  });
});

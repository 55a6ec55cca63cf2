import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { makeRelease, ownerKey } from "../device/release.test.support.ts";
import { newOwnerKey, ownerPart, trusting, vendorPart } from "../trust/trust.test.support.ts";
import { type Inventory, takeInventory } from "./inventory.ts";

type Schema =
  | "string"
  | "hex"
  | "decimal"
  | "number"
  | "setting"
  | { readonly list: Schema }
  | { readonly any: readonly Schema[] }
  | { readonly is: unknown }
  | { readonly members: Readonly<Record<string, Schema>> }
  | { readonly each: Schema };

const orNull = (schema: Schema): Schema => ({ any: [schema, { is: null }] });
const floor: Schema = { members: { sequence: "decimal", manifestDigest: "hex" } };
const trust: Schema = {
  members: {
    digest: "hex",
    sequence: "decimal",
    profile: "string",
    legacyAlgorithms: { list: "number" },
    roles: {
      list: {
        members: {
          name: "string",
          purpose: "string",
          threshold: "number",
          keyIds: { list: "hex" },
          components: { any: [{ is: "any" }, { list: "string" }] },
        },
      },
    },
  },
};
const inventorySchema: Schema = {
  members: {
    inventory: { is: 1 },
    device: "string",
    deviceKeyId: orNull("hex"),
    identity: { members: { vendorIds: { list: "string" }, classIds: { list: "string" }, deviceId: orNull("string") } },
    components: {
      list: {
        members: {
          component: "string",
          componentId: "string",
          version: orNull("string"),
          digest: { members: { algorithm: "string", value: "hex" } },
          size: "number",
        },
      },
    },
    running: { members: { slot: "string", mode: "string", sequence: "decimal", manifestDigest: "hex" } },
    floors: { members: { release: floor, recovery: orNull(floor) } },
    trust: { members: { vendor: trust, owner: orNull(trust) } },
    policy: { each: "setting" },
  },
};

/** Where a value is not as the schema says; closed objects, nothing left out. */
function misfits(value: unknown, schema: Schema, at = "$"): string[] {
  const wrong = (fits: boolean): string[] => (fits ? [] : [at]);
  if (schema === "string") return wrong(typeof value === "string" && value !== "");
  if (schema === "hex") return wrong(typeof value === "string" && /^([0-9a-f]{2})+$/.test(value));
  if (schema === "decimal") return wrong(typeof value === "string" && /^(0|[1-9][0-9]*)$/.test(value));
  if (schema === "number") return wrong(Number.isSafeInteger(value));
  if (schema === "setting") return wrong(["string", "number", "boolean"].includes(typeof value));
  if ("is" in schema) return wrong(value === schema.is);
  if ("any" in schema) return schema.any.some((each) => misfits(value, each).length === 0) ? [] : [at];
  if ("list" in schema) {
    return Array.isArray(value) ? value.flatMap((each, i) => misfits(each, schema.list, `${at}[${i}]`)) : [at];
  }
  if (typeof value !== "object" || value === null) return [at];
  const object = value as Readonly<Record<string, unknown>>;
  if ("each" in schema)
    return Object.entries(object).flatMap(([name, each]) => misfits(each, schema.each, `${at}.${name}`));
  const names = new Set([...Object.keys(object), ...Object.keys(schema.members)]);
  return [...names].flatMap((name) => {
    const member = schema.members[name];
    return member === undefined ? [`${at}.${name}`] : misfits(object[name], member, `${at}.${name}`);
  });
}

/** Paths of the leaves that differ. */
function changed(a: unknown, b: unknown, at = "$"): string[] {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b) ? [] : [at];
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((name) =>
    changed(left[name], right[name], `${at}.${name}`),
  );
}

const policy = { approvals: 1, window: "night", rebootsByItself: false, pollSeconds: 300 };
const input = { device: "pump-7", deviceKeyId: new Uint8Array(32).fill(7), policy, crypto: nodeCrypto };
const through = (inventory: Inventory): unknown => JSON.parse(JSON.stringify(inventory));

test("CR 7.6, CR 7.8: an inventory is valid by its schema, with and without an owner", async () => {
  const { device } = await trusting();
  const without = through(takeInventory({ device: "pump-7", policy: {}, crypto: nodeCrypto, status: device.status() }));
  expect(misfits(without, inventorySchema)).toEqual([]);
  expect(without).toMatchObject({ deviceKeyId: null, trust: { owner: null } });
  await device.own(ownerPart());
  const owned = through(takeInventory({ ...input, status: device.status() }));
  expect(misfits(owned, inventorySchema)).toEqual([]);
  expect(owned).toMatchObject({
    components: [{ component: "firmware", componentId: "6669726d77617265", version: "1.5.0", size: 700 }],
    running: { slot: "a", mode: "confirmed", sequence: "5" },
    floors: { release: { sequence: "5" }, recovery: null },
    trust: { owner: { roles: [{ purpose: "approval" }, { purpose: "root" }] } },
  });
});

test("the schema finds what is wrong", async () => {
  const { device } = await trusting();
  const inventory = through(takeInventory({ ...input, status: device.status() })) as Record<string, unknown>;
  expect(misfits({ ...inventory, secret: 1 }, inventorySchema)).toEqual(["$.secret"]);
  const { floors: _, ...cut } = inventory;
  expect(misfits(cut, inventorySchema)).toEqual(["$.floors"]);
});

test("CR 7.8: its digests are those of the release", async () => {
  const release = makeRelease({ sequence: 5n });
  const { device } = await trusting(vendorPart(), undefined, release);
  const { components } = takeInventory({ ...input, status: device.status() });
  const digest = nodeCrypto.startDigest("sha-256");
  digest.update(release.image);
  expect(components.map((component) => component.digest.value)).toEqual([bytesToHex(digest.digest())]);
});

describe("CR 7.6: one setting changed changes the inventory there and nowhere else", () => {
  const settings = Object.entries(policy).map(
    ([name, value]) =>
      [name, typeof value === "number" ? value + 1 : typeof value === "boolean" ? !value : `${value}!`] as const,
  );
  test.each(settings)("%s", async (name, value) => {
    const { device } = await trusting();
    const status = device.status();
    const before = takeInventory({ ...input, status });
    const after = takeInventory({ ...input, status, policy: { ...policy, [name]: value } });
    expect(changed(before, after)).toEqual([`$.policy.${name}`]);
  });

  test("an owner's key replaced", async () => {
    const { device } = await trusting(vendorPart(), ownerPart([ownerKey]));
    const before = takeInventory({ ...input, status: device.status() });
    expect(takeInventory({ ...input, status: device.status() })).toEqual(before);
    const other = await trusting(vendorPart(), ownerPart([newOwnerKey]));
    const after = takeInventory({ ...input, status: other.device.status() });
    expect(changed(before.trust.owner, after.trust.owner)).toEqual(["$.digest", "$.roles.0.keyIds.0"]);
  });
});

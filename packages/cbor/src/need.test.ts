import { describe, expect, test } from "vitest";
import { decodeItem } from "./decode.ts";
import { type CborValue, encode, Tagged } from "./encode.ts";
import type { CborItem } from "./item.ts";
import { need, needLabel, needTag, needUint, received } from "./need.ts";
import { attempt } from "./refusal.ts";

const itemOf = (value: CborValue): CborItem => decodeItem(encode(value), { field: "x", tags: [18], baseOffset: 40 });
const refused = (reason: string) => ({ ok: false, error: { code: "malformed", reason, field: "thing", offset: 40 } });
const values: Readonly<Record<CborItem["kind"], CborValue>> = {
  array: [1],
  bytes: Uint8Array.of(1),
  integer: -1,
  map: new Map([[1, 2]]),
  text: "1",
  simple: true,
  tagged: new Tagged(18, 1),
};
const kinds = Object.keys(values) as readonly CborItem["kind"][];

describe.each(kinds)("need %s", (wanted) => {
  test.each(kinds)("given %s", (kind) => {
    const item = itemOf(values[kind]);
    const expected = kind === wanted ? { ok: true, value: item } : refused("wrong-type");
    expect(attempt(() => need(item, wanted, "thing"))).toEqual(expected);
  });
});

describe("needUint", () => {
  test.each([0, 1, 2n ** 64n - 1n])("gives %s", (value) => {
    expect(needUint(itemOf(value), "thing")).toBe(value);
  });

  test.each([-1, -(2n ** 64n), "1", true])("refuses %o", (value) => {
    expect(attempt(() => needUint(itemOf(value), "thing"))).toEqual(refused("wrong-type"));
  });
});

describe("needLabel", () => {
  test.each([0, -1, 2 ** 53 - 1, -(2 ** 53 - 1)])("gives %s", (value) => {
    expect(needLabel(itemOf(value), "thing")).toBe(value);
  });

  test.each([
    [2n ** 53n, "wrong-value"],
    [-(2n ** 53n), "wrong-value"],
    ["1", "wrong-type"],
  ])("refuses %o", (value, reason) => {
    expect(attempt(() => needLabel(itemOf(value), "thing"))).toEqual(refused(reason));
  });
});

describe("needTag", () => {
  const item = itemOf(new Tagged(18, 7));

  test("gives the item with this tag", () => {
    expect(needTag(item, 18, "thing")).toBe(item);
  });

  test("refuses another tag, and none", () => {
    expect(attempt(() => needTag(item, 98, "thing"))).toEqual(refused("wrong-value"));
    expect(attempt(() => needTag(itemOf(7), 18, "thing"))).toEqual(refused("wrong-type"));
  });
});

test("received gives an item of the same layer as it stood in the input, without a copy", () => {
  const file = Uint8Array.of(0xff, 0xff, 0x83, 0x42, 0xaa, 0xbb, 0x61, 0x7a, 0x18, 0x20, 0xff);
  const list = need(decodeItem(file.subarray(2, 10), { field: "x", baseOffset: 100 }), "array", "x");
  const [bytes, ...rest] = list.items;
  if (bytes?.kind !== "bytes") throw new Error("a byte string comes first");
  const seen = [bytes, ...rest].map(({ offset, end }) => received(bytes, offset, end));
  expect(seen.map((one) => [...one])).toEqual([
    [0x42, 0xaa, 0xbb],
    [0x61, 0x7a],
    [0x18, 0x20],
  ]);
  expect(seen.map((one) => one.buffer)).toEqual([file.buffer, file.buffer, file.buffer]);
  expect(seen.map((one) => one.byteOffset)).toEqual([3, 6, 8]);
});

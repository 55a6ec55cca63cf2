import { describe, expect, test } from "vitest";
import { decode } from "./decode.ts";
import { type CborValue, encode, Tagged } from "./encode.ts";
import {
  expectArray,
  expectBoolean,
  expectBytes,
  expectEntry,
  expectInteger,
  expectMap,
  expectTag,
  expectText,
  expectUint,
  lookUp,
} from "./fields.ts";
import type { CborItem, CborMap } from "./item.ts";

const itemOf = (value: CborValue): CborItem => {
  const decoded = decode(encode(value), { field: "x", tags: [18], baseOffset: 40 });
  if (!decoded.ok) throw new Error(decoded.error.reason);
  return decoded.value;
};
const values = {
  array: [1],
  bytes: Uint8Array.of(1),
  integer: -1,
  map: new Map([[1, 2]]),
  text: "1",
  true: true,
  null: null,
  tagged: new Tagged(18, 1),
} as const;
const wrong = (reason: string) => ({ ok: false, error: { code: "malformed", reason, field: "thing", offset: 40 } });

describe.each([
  { expectKind: expectArray, takes: ["array"] },
  { expectKind: expectBytes, takes: ["bytes"] },
  { expectKind: expectInteger, takes: ["integer"] },
  { expectKind: expectMap, takes: ["map"] },
  { expectKind: expectText, takes: ["text"] },
] as const)("the reader of $takes.0", ({ expectKind, takes }) => {
  test.each(Object.entries(values))("%s", (kind, value) => {
    const item = itemOf(value);
    const expected = takes.some((taken) => taken === kind) ? { ok: true, value: item } : wrong("wrong-type");
    expect(expectKind(item, "thing")).toEqual(expected);
  });
});

describe("expectUint", () => {
  test.each([0, 1, 2n ** 64n - 1n])("takes %s", (value) => {
    expect(expectUint(itemOf(value), "thing")).toMatchObject({ ok: true, value: { value } });
  });

  test.each([-1, -(2n ** 64n), "1", true, [1]])("refuses %o", (value) => {
    expect(expectUint(itemOf(value), "thing")).toEqual(wrong("wrong-type"));
  });
});

describe("expectBoolean", () => {
  test.each([true, false])("takes %s", (value) => {
    expect(expectBoolean(itemOf(value), "thing")).toEqual({ ok: true, value });
  });

  test.each([null, 0, "true"])("refuses %o", (value) => {
    expect(expectBoolean(itemOf(value), "thing")).toEqual(wrong("wrong-type"));
  });
});

describe("expectTag", () => {
  const item = itemOf(new Tagged(18, 7));

  test("takes the tag", () => {
    expect(expectTag(item, 18, "thing")).toEqual({ ok: true, value: item });
  });

  test("refuses another tag, and an untagged item", () => {
    expect(expectTag(item, 98, "thing")).toEqual(wrong("wrong-value"));
    expect(expectTag(itemOf(7), 18, "thing")).toEqual(wrong("wrong-type"));
  });
});

describe("entries", () => {
  const map = itemOf(
    new Map<CborValue, CborValue>([
      [1, "one"],
      ["1", "text one"],
      [Uint8Array.of(1), "bytes one"],
      [[1], "array one"],
      [true, "true"],
    ]),
  ) as CborMap;

  test("are found by integer and by text, never one for the other", () => {
    expect(lookUp(map, 1)).toMatchObject({ value: "one" });
    expect(lookUp(map, "1")).toMatchObject({ value: "text one" });
    expect(lookUp(map, 2)).toBeUndefined();
    expect(lookUp(map, "true")).toBeUndefined();
  });

  test("are missing at the map", () => {
    expect(expectEntry(map, "1", "thing")).toMatchObject({ ok: true, value: { value: "text one" } });
    expect(expectEntry(map, "2", "thing")).toEqual(wrong("missing"));
  });
});

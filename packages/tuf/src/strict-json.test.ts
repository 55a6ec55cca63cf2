import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "./canonical-json.ts";
import { type JsonValue, jsonValue } from "./json-value.ts";
import { parseStrictJson } from "./strict-json.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function plain(value: JsonValue): unknown {
  switch (value.kind) {
    case "object":
      return Object.fromEntries([...value.members].map(([key, member]) => [key, plain(member)]));
    case "array":
      return value.items.map(plain);
    case "null":
      return null;
    default:
      return value.value;
  }
}

const parsed = (text: string): unknown => {
  const result = parseStrictJson(bytes(text));
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return plain(result.value);
};

const integerJson = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger().map((n) => (n === 0 ? 0 : n)),
    fc.string({ unit: "grapheme" }),
    fc.array(tie("value"), { maxLength: 12 }),
    fc.dictionary(fc.string({ unit: "grapheme" }), tie("value"), { maxKeys: 12, noNullPrototype: true }),
  ),
})).value;

describe("what is taken", () => {
  test.each([
    ["{}", {}],
    [' \t\r\n{"a" : [ 1 , -2,0 ] }\n', { a: [1, -2, 0] }],
    ['"\\u0041\\n\\/\\"\\\\\\b\\f\\r\\t"', 'A\n/"\\\b\f\r\t'],
    ['"\\ud83d\\ude00 \u00e9"', "\u{1F600} \u00e9"],
    ["[true,false,null]", [true, false, null]],
    ["9007199254740991", 2 ** 53 - 1],
    ["-9007199254740991", -(2 ** 53 - 1)],
    [`${"[".repeat(32)}${"]".repeat(32)}`, JSON.parse(`${"[".repeat(32)}${"]".repeat(32)}`)],
  ])("%s", (text, value) => {
    expect(parsed(text)).toEqual(value);
  });

  test("every value that has one meaning, as JSON.parse reads it", () => {
    fc.assert(
      fc.property(integerJson, fc.integer({ min: 0, max: 2 }), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(parsed(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test("`__proto__` is a key like any other, in small and in large objects", () => {
    for (const more of ["", ...Array.from({ length: 12 }, (_, n) => `,"k${n}":${n}`)]) {
      const result = parseStrictJson(bytes(`{"__proto__":1${more}}`));
      expect(result.ok && result.value.kind === "object" && result.value.members.get("__proto__")).toMatchObject({
        value: 1,
      });
    }
  });

  test("members keep the order of the file, and know where they stand", () => {
    const text = `{${Array.from({ length: 20 }, (_, n) => `"k${20 - n}":"${n}"`).join(",")}}`;
    for (const cut of [3, 20]) {
      const part = `{${text.slice(1, -1).split(",").slice(0, cut).join(",")}}`;
      const result = parseStrictJson(bytes(part));
      if (!result.ok || result.value.kind !== "object") throw new Error("no object");
      const { members } = result.value;
      expect([...members.keys()]).toEqual(Object.keys(JSON.parse(part)));
      expect([...members.values()].map((member) => part[member.offset])).toEqual(Array(cut).fill('"'));
      expect(members.size).toBe(cut);
      expect(members.has("k20")).toBe(true);
      expect(members.has("k")).toBe(false);
      const seen: string[] = [];
      members.forEach((_, key) => {
        seen.push(key);
      });
      expect(seen).toEqual([...members.keys()]);
    }
  });
});

describe("what is refused, and where", () => {
  test.each<readonly [string, string, number]>([
    ["", "truncated", 0],
    ["  ", "truncated", 2],
    ['{"a"', "truncated", 4],
    ['{"a":1', "truncated", 6],
    ['"a', "truncated", 2],
    ['"a\\', "truncated", 2],
    ["{,}", "syntax", 1],
    ['{"a":1,}', "syntax", 7],
    ["[1,]", "syntax", 3],
    ["[1 2]", "syntax", 3],
    ["{a:1}", "syntax", 1],
    ["{'a':1}", "syntax", 1],
    ["nul", "syntax", 0],
    ["NaN", "syntax", 0],
    ["+1", "syntax", 0],
    ["01", "syntax", 0],
    ["-01", "syntax", 0],
    ["-", "truncated", 1],
    ["--1", "syntax", 1],
    [".5", "syntax", 0],
    ["1.0", "number-not-integer", 0],
    ["1E0", "number-not-integer", 0],
    ["-0", "negative-zero", 0],
    ["9007199254740992", "number-too-large", 0],
    ["-9007199254740992", "number-too-large", 0],
    ["1".repeat(400), "number-too-large", 0],
    ['"\\x41"', "syntax", 1],
    ['"\\u00g0"', "syntax", 1],
    ['"\\ud800"', "lone-surrogate", 0],
    ['"\\ude00\\ud83d"', "lone-surrogate", 0],
    ['"a\u0000"', "control-character", 2],
    ['{"a":1,"a":1}', "duplicate-member", 7],
    ['{"a":1,"\\u0061":1}', "duplicate-member", 7],
    [`{${Array.from({ length: 12 }, (_, n) => `"${n}":0`).join(",")},"3":1}`, "duplicate-member", 75],
    ["{}{}", "trailing-bytes", 2],
    ["{} x", "trailing-bytes", 3],
    ["// c\n{}", "syntax", 0],
    [`${"[".repeat(33)}`, "too-deep", 32],
    [`${'{"a":'.repeat(40)}`, "too-deep", 160],
    ["\uFEFF{}", "byte-order-mark", 0],
  ])("%j: %s at %i", (text, reason, offset) => {
    expect(parseStrictJson(bytes(text))).toMatchObject({ ok: false, error: { code: "malformed", reason, offset } });
  });

  test("offsets count bytes, not characters", () => {
    expect(parseStrictJson(bytes('["\u00e9\u{1F600}",1.5]'))).toMatchObject({ error: { offset: 10 } });
  });

  test("bytes that are no UTF-8", () => {
    for (const bad of [[0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xc0, 0x80], [0x80]]) {
      const file = new Uint8Array([0x5b, 0x22, ...bad, 0x22, 0x5d]);
      expect(parseStrictJson(file)).toMatchObject({ error: { reason: "invalid-utf8", offset: 2 } });
    }
  });

  test("anything at all: a value or a refusal, never an exception, and nothing that JSON.parse refuses", () => {
    const text = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.string({ unit: fc.constantFrom(...'{}[]":,0123-eE.\\utrfalsn \n'), maxLength: 40 }).map(bytes),
    );
    fc.assert(
      fc.property(text, (file) => {
        if (parseStrictJson(file).ok) JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(file));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("canonical form", () => {
  const canonical = (text: string): string => {
    const value = parseStrictJson(bytes(text));
    if (!value.ok) throw new Error(value.error.reason);
    return new TextDecoder().decode(canonicalJson(value.value));
  };

  test.each([
    ['{ "b" : 1, "a" : [ true, null , -7 ] }', '{"a":[true,null,-7],"b":1}'],
    ['"\\u0041\\u002f\\/"', '"A//"'],
    ['"a\\nb"', '"a\nb"'],
    ['"\\"\\\\"', '"\\"\\\\"'],
    ['"\u00e9 \\"\u{1F600}\\\\"', '"\u00e9 \\"\u{1F600}\\\\"'],
    ["[]", "[]"],
    ['{"":0}', '{"":0}'],
    ['{"a":1,"B":2,"_":3,"1":4}', '{"1":4,"B":2,"_":3,"a":1}'],
    // Code points, not UTF-16 units: the other way round in JavaScript's own order.
    ['{"\u{1F600}":1,"\uFF5E":2}', '{"\uFF5E":2,"\u{1F600}":1}'],
    ['{"\uFF5E":1,"\u{1F600}":2}', '{"\uFF5E":1,"\u{1F600}":2}'],
    [
      '{"\u{1F600}a":1,"\u{1F600}":2,"\uFF5E":3,"\u{1F601}":4}',
      '{"\uFF5E":3,"\u{1F600}":2,"\u{1F600}a":1,"\u{1F601}":4}',
    ],
  ])("%s", (text, form) => {
    expect(canonical(text)).toBe(form);
  });

  test("does not depend on how the same value was written", () => {
    fc.assert(
      fc.property(integerJson, (value) => {
        expect(canonical(JSON.stringify(value))).toBe(canonical(JSON.stringify(value, null, 3)));
        expect(canonical(JSON.stringify(value))).toBe(
          new TextDecoder().decode(canonicalJson(jsonValue(JSON.parse(JSON.stringify(value))))),
        );
      }),
    );
  });

  test("of a large file is whole", () => {
    const text = `[${Array.from({ length: 20_000 }, (_, n) => `"${n}\u00e9"`).join(",")}]`;
    expect(canonical(text)).toBe(text);
  });

  test("a writer's number that is no integer is a bug", () => {
    expect(() => jsonValue(1.5)).toThrow(RangeError);
    expect(() => jsonValue({ a: -0 })).toThrow(RangeError);
    expect(() => jsonValue([2 ** 53])).toThrow(RangeError);
  });
});

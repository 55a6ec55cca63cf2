/**
 * Received bytes that stand for the canonical form: signatures are verified over them, so they must be that form to the
 * byte, whatever a file looks like around them.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalBytes, canonicalJson } from "./canonical-json.ts";
import { type JsonObject, type JsonValue, jsonValue, type PlainJson } from "./json-value.ts";
import { parseStrictJson } from "./strict-json.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function* objectsIn(value: JsonValue): Generator<JsonObject> {
  if (value.kind === "array") for (const item of value.items) yield* objectsIn(item);
  if (value.kind !== "object") return;
  yield value;
  for (const member of value.members.values()) yield* objectsIn(member);
}

/** Every object of a file, by both ways; answers how many stood in canonical form. */
function compareBoth(file: Uint8Array): number {
  const read = parseStrictJson(file);
  if (!read.ok) return 0;
  let direct = 0;
  for (const object of objectsIn(read.value)) {
    if (object.canonicalEnd !== undefined) direct++;
    expect(text(canonicalBytes(object, file))).toBe(text(canonicalJson(object)));
    expect(canonicalBytes(object, file)).toEqual(canonicalJson(object));
  }
  return direct;
}

/** Few letters, so that keys are often alike; all that needs care when it is sorted or escaped. */
const letter = fc.constantFrom(
  "a",
  "b",
  "A",
  '"',
  "\\",
  "/",
  "\n",
  "\u001f",
  "\u007f",
  "\u00e9",
  "\uff5e",
  "\u{1f600}",
);
const word = fc.array(letter, { maxLength: 3 }).map((letters) => letters.join(""));
const { anything } = fc.letrec<{ anything: PlainJson; object: PlainJson }>((tie) => ({
  anything: fc.oneof(
    { depthSize: "small" },
    word,
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("anything"), { maxLength: 3 }),
    tie("object"),
  ),
  object: fc.dictionary(word, tie("anything"), { maxKeys: 12 }),
}));

const sortedJson = (value: PlainJson): string => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(",")}]`;
  const members = Object.entries(value).sort(([a], [b]) => (Buffer.compare(utf8(a), utf8(b)) < 0 ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${sortedJson(member as PlainJson)}`).join(",")}}`;
};

const isControlFree = (file: string): boolean => !/\\[^"\\]/.test(file.replaceAll("\\\\", ""));

describe("received bytes for the canonical form", () => {
  test("of files as they come", () => {
    fc.assert(
      fc.property(anything, fc.constantFrom(0, 1, "\t"), (value, indent) => {
        compareBoth(utf8(JSON.stringify({ x: value }, null, indent)));
      }),
      { numRuns: 400 },
    );
  });

  test("of files that are canonical already they are used", () => {
    fc.assert(
      fc.property(
        anything.map((value) => sortedJson({ x: value })),
        (file) => {
          fc.pre(isControlFree(file));
          const read = parseStrictJson(utf8(file));
          if (!read.ok) throw new Error(read.error.reason);
          const objects = [...objectsIn(read.value)];
          expect(compareBoth(utf8(file))).toBe(objects.length);
        },
      ),
      { numRuns: 400 },
    );
  });

  test("of files changed in a few places", () => {
    const piece = fc.constantFrom(
      " ",
      "\n",
      "\\n",
      "\\/",
      "\\u0061",
      "\\u0022",
      "\\\\",
      '\\"',
      '"a":1,',
      '"',
      ",",
      "{}",
      "0",
      "-",
      "\u007f",
      "\u{1f600}",
    );
    const edit = fc.record({ at: fc.nat(400), remove: fc.nat(3), insert: fc.option(piece, { nil: "" }) });
    let read = 0;
    fc.assert(
      fc.property(anything, fc.array(edit, { minLength: 1, maxLength: 3 }), (value, edits) => {
        let file = sortedJson({ a: value, b: {} });
        for (const { at, remove, insert } of edits) {
          const start = at % (file.length + 1);
          file = file.slice(0, start) + insert + file.slice(start + remove);
        }
        read += compareBoth(utf8(file)) > 0 ? 1 : 0;
      }),
      { numRuns: 3000 },
    );
    expect(read).toBeGreaterThan(200);
  });

  test.each([
    ['{"a":{"b":1}}', ["whole", "a"]],
    ['{"a":{"b":1} }', ["a"]],
    [' {"a":{"b":1}}\n', ["whole", "a"]],
    ['{"a":{ "b":1}}', []],
    ['{"a":{"b" :1}}', []],
    ['{"a":{"b": 1}}', []],
    ['{"a":{"b":1 }}', []],
    ['{"a":{"b":[ ]}}', []],
    ['{"a":{"b":[1, 2]}}', []],
    ['{"a":{"c":1,"b":1}}', []],
    ['{"b":{"c":1},"a":1}', ["b"]],
    ['{"b":1,"a":{"c":1}}', ["a"]],
    ['{"a":{"b":"\\""}}', ["whole", "a"]],
    ['{"a":{"b":"\\\\"}}', ["whole", "a"]],
    ['{"a":{"b":"\\/"}}', []],
    ['{"a":{"b":"\\n"}}', []],
    ['{"a":{"b":"\\u0022"}}', []],
    ['{"a":{"\\u0062":1}}', []],
    ['{"a":{"\uff5e":1,"\u{1f600}":1}}', ["whole", "a"]],
    ['{"a":{"\u{1f600}":1,"\uff5e":1}}', []],
    ['{"a":{"b":1},"c":"\\n"}', ["a"]],
    ['{"\\u0041":1,"a":{"b":1}}', ["a"]],
  ])("in %s: of %j", (file, expected) => {
    const bytes = utf8(file);
    const read = parseStrictJson(bytes);
    if (!read.ok || read.value.kind !== "object") throw new Error("no object");
    const named: [string, JsonValue][] = [["whole", read.value], ...read.value.members];
    const found = named.flatMap(([name, value]) =>
      value.kind === "object" && value.canonicalEnd !== undefined ? [name] : [],
    );
    expect(found).toEqual(expected);
    compareBoth(bytes);
  });

  test("a value that was never in a file is written", () => {
    const value = jsonValue({ b: 1, a: "\n" }) as JsonObject;
    expect(text(canonicalBytes(value, new Uint8Array()))).toBe('{"a":"\n","b":1}');
  });
});

import { expect, test } from "vitest";
import { jsonLine, jsonText } from "./json-output.ts";

test("integers stay exact: a number while that is safe, digits beyond", () => {
  expect(jsonLine({ a: 2n ** 53n - 1n, b: 2n ** 53n, c: 2n ** 64n - 1n, d: 7 })).toBe(
    '{"a":9007199254740991,"b":"9007199254740992","c":"18446744073709551615","d":7}\n',
  );
});
test("bytes are lower-case hex, absent members vanish, null stays", () => {
  expect(
    jsonLine({ digest: Uint8Array.of(0, 0xab, 0xff), none: undefined, nothing: null, list: [1n, Uint8Array.of(1)] }),
  ).toBe('{"digest":"00abff","nothing":null,"list":[1,"01"]}\n');
});
test("one object is indented and ends with one line break", () => {
  expect(jsonText({ a: [true] })).toBe('{\n  "a": [\n    true\n  ]\n}\n');
});

import { expect, test } from "vitest";
import { Failure } from "./failure.ts";
import { matchPayloads } from "./payload-argument.ts";

const entries = (values: readonly string[], uris: readonly string[]): unknown => [...matchPayloads(values, uris)];

test.each([
  ["URI=FILE", ["a.bin=x.bin"], ["a.bin", "b.bin"], [["a.bin", "x.bin"]]],
  ["an equals sign in the URI", ["http://h/?v=1=x.bin"], ["http://h/?v=1"], [["http://h/?v=1", "x.bin"]]],
  ["an equals sign in the file", ["a.bin=dir=1/x.bin"], ["a.bin"], [["a.bin", "dir=1/x.bin"]]],
  ["one URI that begins another", ["a=b=x"], ["a", "a=b"], [["a=b", "x"]]],
  ["the only URI need not be named", ["x.bin"], ["a.bin"], [["a.bin", "x.bin"]]],
  ["no payload given", [], ["a.bin"], []],
])("%s", (_, values, uris, expected) => {
  expect(entries(values, uris)).toEqual(expected);
});

test.each([
  ["a URI the manifest does not fetch", ["c.bin=x"], ["a.bin"], "payload-not-in-manifest"],
  ["a bare file where there are two URIs", ["x.bin"], ["a.bin", "b.bin"], "payload-not-in-manifest"],
  ["a manifest that fetches nothing", ["x.bin"], [], "payload-not-in-manifest"],
  ["the same URI twice", ["a.bin=x", "a.bin=y"], ["a.bin"], "option-repeated"],
  ["no file", ["a.bin="], ["a.bin"], "bad-value"],
])("refused: %s", (_, values, uris, code) => {
  try {
    matchPayloads(values, uris);
  } catch (error) {
    expect(error instanceof Failure && error.facts).toMatchObject({ code, exit: 2 });
    return;
  }
  expect.unreachable();
});

import type { CommandInput } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import {
  at,
  type Changes,
  type CommandList,
  classId,
  component,
  findingsIn,
  good,
  identity,
  image,
  imageName,
  inline,
  install,
  lint,
  override,
  runSequence,
  shared,
  tryEach,
} from "./lint.test.support.ts";
import { commands, enclose } from "./release.test.support.ts";

const fetchIt = [override({ uri: imageName }), "fetch"] as const;
const soft = override({ softFailure: true });
const orNone = (...sequences: readonly CommandList[]): CommandInput => ({
  ...(tryEach(...sequences, ...sequences) as Extract<CommandInput, { kind: "try-each" }>),
  orNil: true,
});
const codes = (changes: Changes): readonly string[] => lint(changes).map(({ code }) => code);
const unchecked = { validate: commands("vendor-identifier") };
const uncheckedCode = "validate-without-image-match";

/** A verifier refuses each of these on every device with image-match-missing. */
describe("an image that nothing checks in time", () => {
  test.each<[string, Changes]>([
    ["fetched twice, matched once", install(...fetchIt, "fetch", "image-match")],
    ["fetched, then written over", install(...fetchIt, override({ content: image }), "write", "image-match")],
    ["started before it is matched", install(...fetchIt, "invoke", "image-match")],
  ])("%s", (_, changes) => {
    expect(codes(changes)).toEqual(["image-match-missing"]);
  });

  test.each<[string, CommandList, readonly string[]]>([
    ["matched behind a condition that only ends the sequence", [soft, "abort", "image-match"], ["image-match-missing"]],
    [
      "the same in two sequences",
      [soft, runSequence("vendor-identifier"), "class-identifier", "image-match"],
      ["image-match-missing"],
    ],
    ["matched first", [soft, "image-match", "abort"], []],
    ["matched where a failure ends everything", ["vendor-identifier", "image-match"], []],
  ])("%s", (_, sequence, expected) => {
    const found = codes({ ...install(...fetchIt, runSequence(...sequence)), ...unchecked });
    expect(found).toEqual([uncheckedCode, ...expected]);
  });

  test("matched in a choice that may be left out", () => {
    const choice = orNone(["vendor-identifier", "image-match"]);
    expect(codes({ ...install(...fetchIt, choice), ...unchecked })).toEqual([uncheckedCode, "image-match-missing"]);
    // A verifier plans for an image-match to hold, so it never gets past this one.
    expect(codes({ ...install(...fetchIt, orNone(["image-match"])), ...unchecked })).toEqual([uncheckedCode]);
  });

  test("a choice that always stops leaves nothing behind", () => {
    const choice = tryEach(["image-match"], ["abort"]);
    expect(codes({ ...install(...fetchIt, choice), ...unchecked })).toEqual([uncheckedCode]);
  });
});

describe("an abort", () => {
  test.each<[string, CommandList, readonly string[]]>([
    ["in a sequence that is always run", [runSequence("abort")], ["sequence-aborts"]],
    ["in every choice", [tryEach(["abort"], ["vendor-identifier", "abort"])], ["sequence-aborts"]],
    ["in one choice", [tryEach(["vendor-identifier"], ["abort"])], []],
    ["in choices that may all be left", [orNone(["abort"])], []],
    ["that only ends a sequence", [runSequence(soft, "abort")], []],
  ])("%s", (_, list, expected) => {
    expect(codes(install(...list, ...fetchIt, "image-match"))).toEqual(expected);
  });
});

describe("content that is written", () => {
  const write = (content: Uint8Array): CommandList => [override({ content }), "write"];
  test.each<[string, CommandList, readonly string[]]>([
    ["of the digest", [...write(image), "image-match"], []],
    ["longer than its size", [...write(image), override({ imageSize: 2n }), "image-match"], ["content-mismatch"]],
    [
      "one of which fits, on some devices",
      [tryEach([override({ content: image })], [override({ content: Uint8Array.of(2) })]), "write", "image-match"],
      [],
    ],
    ["two ways, one of which fits", [tryEach(write(image), write(Uint8Array.of(2))), "image-match"], []],
  ])("%s", (_, list, expected) => {
    expect(codes(install(...list)).filter((code) => code === "content-mismatch")).toEqual(expected);
  });
});

test.each([0, 2])("a source %s that is the component itself, or no component", (source) => {
  const found = lint({
    components: [component, [Uint8Array.of(1)]],
    shared: commands(at("all"), override(shared), ...identity),
    install: inline(commands(at(0), override({ sourceComponent: source }), "swap", "image-match")),
    validate: commands(at("all"), "image-match"),
    invoke: commands(at(0), "invoke"),
  });
  expect(found).toMatchObject([{ code: "source-component-invalid", directive: "swap", index: 0, source }]);
});

describe("identity is checked where no device gets past it", () => {
  const other = override({ classIdentifier: classId.with(0, 1) });
  const missing = (list: CommandList): readonly string[] =>
    lint({ shared: commands(override(shared), ...list) })
      .filter(({ code }) => code === "identity-condition-missing")
      .map((found) => ("condition" in found ? found.condition : ""));
  test.each<[string, CommandList, readonly string[]]>([
    ["in every choice", [tryEach(identity, [other, ...identity])], []],
    [
      "the vendor before, the class in every choice",
      ["vendor-identifier", tryEach(["class-identifier"], [other, "class-identifier"])],
      [],
    ],
    ["in every choice but one that stops", [tryEach(identity, ["abort"])], []],
    ["in choices that may all be left", [orNone(identity)], identity],
    ["in one choice of two", [tryEach(identity, ["vendor-identifier"])], ["class-identifier"]],
    ["where a failure only ends the sequence", [runSequence(soft, ...identity)], identity],
    ["before failures only end the sequence", [runSequence(...identity, soft, "vendor-identifier")], []],
  ])("%s", (_, list, expected) => {
    expect(missing(list)).toEqual(expected);
  });
});

test("as many ways to end early as there can be take no time", () => {
  const ways = Array.from({ length: 60 }, (_, i) => [
    override({ uri: `a${i}` }),
    "vendor-identifier",
    "fetch",
    "image-match",
  ]).flat();
  const all = at("all");
  const start = performance.now();
  const bytes = enclose({
    ...good,
    components: Array.from({ length: 32 }, (_, i) => [Uint8Array.of(i)]),
    shared: commands(all, ...(good.shared?.commands ?? [])),
    install: inline(
      commands(all, runSequence(soft, runSequence(soft, ...ways), runSequence(soft, "class-identifier"))),
    ),
    validate: commands(all, "image-match"),
    invoke: commands(all, "invoke"),
  });
  expect(findingsIn(bytes).length).toBeGreaterThan(0);
  expect(performance.now() - start).toBeLessThan(3000);
});

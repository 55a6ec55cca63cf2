import type { CommandBody, CommandSequence, Condition, Parameters } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import {
  clazz,
  condition,
  device,
  did,
  digest,
  directive,
  ids,
  image,
  index,
  inShort,
  machine,
  other,
  recipient,
  run,
  runSequence,
  sequence,
  set,
  tryEach,
  tryEachOrNil,
  vendor,
} from "./machine.test.support.ts";
import type { Recipient } from "./recipient.ts";
import { updateSections } from "./sections.ts";

describe("conditions", () => {
  test.each<[string, Parameters, Condition, string | string[]]>([
    ["the vendor", { vendorIdentifier: vendor }, "vendor-identifier", []],
    ["another vendor", { vendorIdentifier: other }, "vendor-identifier", "wrong-vendor"],
    ["a vendor never named", {}, "vendor-identifier", "wrong-vendor"],
    ["the class", { classIdentifier: clazz }, "class-identifier", []],
    ["another class", { classIdentifier: other }, "class-identifier", "wrong-class"],
    ["the device", { deviceIdentifier: device }, "device-identifier", []],
    ["another device", { deviceIdentifier: other }, "device-identifier", "wrong-device"],
    ["the slot to write", { componentSlot: 1n }, "component-slot", []],
    ["another slot", { componentSlot: 0n }, "component-slot", "condition-failed"],
    ["a slot never named", {}, "component-slot", "condition-failed"],
    ["a time to come", { useBefore: 101n }, "use-before", []],
    ["this very second", { useBefore: 100n }, "use-before", "expired"],
    ["a time gone by", { useBefore: 99n }, "use-before", "expired"],
    ["a time never named", {}, "use-before", "condition-failed"],
    ["abort", {}, "abort", "condition-failed"],
    ["content that nobody knows", { content: other }, "check-content", "component-state-unknown"],
    ["content never named", {}, "check-content", "condition-failed"],
    ["an image without a digest", { imageSize: 3n }, "image-match", "condition-failed"],
    ["an image beyond the slot", { imageDigest: digest, imageSize: 1001n }, "image-match", "image-too-large"],
  ])("%s", (_name, parameters, name, answer) => {
    expect(did(sequence(set(parameters), condition(name)))).toEqual(answer);
  });

  test("T-IMG-EXPIRED-OFFLINE without a trusted clock nothing that expires passes", () => {
    const commands = sequence(set({ useBefore: 2n ** 62n }), condition("use-before"));
    expect(did(commands, { useBefore: { now: undefined } })).toBe("freshness-unknown");
    expect(did(commands, { useBefore: "defer" })).toEqual([]);
  });

  test("a device without ids of its own is never the one that is named", () => {
    const { deviceIds: _ids, ...anonymous } = recipient;
    expect(
      did(sequence(set({ deviceIdentifier: device }), condition("device-identifier")), { recipient: anonymous }),
    ).toBe("wrong-device");
  });

  test("a recipient that is no device in particular still demands that ids are named", () => {
    const any: Recipient = { vendorIds: "any", classIds: "any", deviceIds: "any", components: "any" };
    expect(did(sequence(set({ vendorIdentifier: other }), condition("vendor-identifier")), { recipient: any })).toEqual(
      [],
    );
    expect(did(sequence(condition("vendor-identifier")), { recipient: any })).toBe("wrong-vendor");
    expect(did(sequence(set({ componentSlot: 9n }), condition("component-slot")), { recipient: any })).toEqual([]);
  });
});

describe("images become steps", () => {
  test("fetch and match carry what the manifest signs", () => {
    const ran = run(sequence(set({ ...image, uri: "a.bin" }), directive("fetch"), condition("image-match")));
    const expected = { digest, size: 10n };
    expect(ran).toEqual({
      ok: true,
      value: [
        { do: "fetch", component: 0, id: ids[0], uri: "a.bin", source: "remote", expected },
        { do: "image-match", component: 0, expected },
      ],
    });
  });

  test.each<[string, CommandBody[], string[] | string]>([
    ["T-IMG-NON-AUTH a fetch that nothing matches", [set({ uri: "a" }), directive("fetch")], "image-match-missing"],
    [
      "T-IMG-NON-AUTH invoking before the match",
      [set({ ...image, uri: "a" }), directive("fetch"), directive("invoke"), condition("image-match")],
      "image-match-missing",
    ],
    [
      "T-IMG-NON-AUTH fetching over an image that was never matched",
      [set({ ...image, uri: "a" }), directive("fetch"), directive("fetch"), condition("image-match")],
      "image-match-missing",
    ],
    ["a fetch without URI", [directive("fetch")], "command-failed"],
    [
      "an integrated payload",
      [set({ ...image, uri: "#in" }), directive("fetch"), condition("image-match")],
      ["fetch 0 #in integrated", "image-match 0"],
    ],
    [
      "T-NET-REDIRECT an integrated payload that is not there is never looked for elsewhere",
      [set({ ...image, uri: "#out" }), directive("fetch"), condition("image-match")],
      "command-failed",
    ],
    [
      "write",
      [set({ ...image, content: Uint8Array.of(1) }), directive("write"), condition("image-match")],
      ["write 0", "image-match 0"],
    ],
    ["write without content", [directive("write")], "command-failed"],
    ["copy from itself", [set({ sourceComponent: 0 }), directive("copy")], "command-failed"],
    ["copy from beyond the list", [set({ sourceComponent: 1 }), directive("copy")], "command-failed"],
    ["copy from nowhere", [directive("copy")], "command-failed"],
    ["invoke", [directive("invoke")], ["invoke 0"]],
  ])("%s", (_name, bodies, answer) => {
    expect(did(sequence(...bodies), { integrated: new Set(["#in"]) })).toEqual(answer);
  });
});

describe("several components", () => {
  const two = { components: ids.slice(0, 2) };
  test.each<[string, CommandBody[], string[] | string]>([
    ["one by one", [index(0), directive("invoke"), index(1), directive("invoke")], ["invoke 0", "invoke 1"]],
    ["all of them", [index("all"), directive("invoke")], ["invoke 0", "invoke 1"]],
    ["those listed, in the order listed", [index([1, 0]), directive("invoke")], ["invoke 1", "invoke 0"]],
    ["beyond the list", [index(2), directive("invoke")], "command-failed"],
    ["one of a list beyond", [index([0, 2]), directive("invoke")], "command-failed"],
    [
      "each has its own parameters",
      [
        index(0),
        set({ ...image, uri: "a" }),
        index(1),
        set({ ...image, uri: "b" }),
        index("all"),
        directive("fetch"),
        condition("image-match"),
      ],
      ["fetch 0 a remote", "fetch 1 b remote", "image-match 0", "image-match 1"],
    ],
    [
      "an alternative runs once for each, and the index is restored",
      [index("all"), tryEach(sequence(directive("invoke")), sequence(condition("abort"))), directive("invoke")],
      ["invoke 0", "invoke 1", "invoke 0", "invoke 1"],
    ],
  ])("%s", (_name, bodies, answer) => {
    expect(did(sequence(...bodies), two)).toEqual(answer);
  });
});

describe("try-each and run-sequence", () => {
  const slot = (number: bigint, ...then: CommandBody[]): CommandSequence =>
    sequence(set({ componentSlot: number }), condition("component-slot"), ...then);
  test.each<[string, CommandBody[], string[] | string]>([
    [
      "the first that holds wins, and ends it",
      [
        tryEach(slot(0n, set({ uri: "a" })), slot(1n, set({ uri: "b" })), slot(1n, set({ uri: "c" }))),
        set(image),
        directive("fetch"),
        condition("image-match"),
      ],
      ["fetch 0 b remote", "image-match 0"],
    ],
    ["none holds", [tryEach(slot(0n), slot(2n))], "condition-failed"],
    ["none holds, and nil allows it", [tryEachOrNil(slot(0n), slot(2n)), directive("invoke")], ["invoke 0"]],
    ["a directive that fails is final, nil or not", [tryEachOrNil(sequence(directive("fetch")))], "command-failed"],
    [
      "soft-failure taken back makes a condition final",
      [tryEachOrNil(sequence(set({ softFailure: false }), condition("abort")))],
      "condition-failed",
    ],
    [
      "what cannot be judged is no condition that failed",
      [set({ content: other }), tryEachOrNil(sequence(condition("check-content")))],
      "component-state-unknown",
    ],
    ["soft-failure outside", [set({ softFailure: true })], "command-failed"],
    [
      "a run-sequence that fails is final",
      [runSequence(sequence(condition("abort"))), directive("invoke")],
      "condition-failed",
    ],
    [
      "unless it may fail softly",
      [runSequence(sequence(set({ softFailure: true }), condition("abort"))), directive("invoke")],
      ["invoke 0"],
    ],
    [
      "soft failure is not inherited",
      [
        runSequence(
          sequence(set({ softFailure: true }), runSequence(sequence(condition("abort"))), directive("invoke")),
        ),
      ],
      "condition-failed",
    ],
    [
      "nested alternatives",
      [tryEach(sequence(tryEach(slot(0n), slot(2n))), slot(1n, directive("invoke")))],
      ["invoke 0"],
    ],
    ["no alternative at all", [tryEach()], "command-failed"],
  ])("%s", (_name, bodies, answer) => {
    expect(did(sequence(...bodies))).toEqual(answer);
  });

  test("T-IMG-INCOMPATIBLE identity judged in an alternative that was left does not count", () => {
    const left = sequence(set({ vendorIdentifier: vendor }), condition("vendor-identifier"), condition("abort"));
    const identity = (shared: CommandSequence) => machine({}, { shared }).runShared();
    expect(identity(sequence(tryEachOrNil(left)))).toEqual({ ok: true, value: new Set() });
    const kept = sequence(
      set({ vendorIdentifier: vendor, classIdentifier: clazz }),
      condition("vendor-identifier"),
      condition("class-identifier"),
    );
    expect(identity(kept)).toEqual({ ok: true, value: new Set(["vendor-identifier", "class-identifier"]) });
  });
});

test("the shared sequence runs again before every sequence, parameters persist", () => {
  const sections = {
    "payload-fetch": sequence(set({ ...image, uri: "a" })),
    install: sequence(directive("fetch"), condition("image-match")),
  };
  const ran = machine(sections, { shared: sequence(directive("invoke")) }).runProcedure(updateSections);
  expect(ran.ok && ran.value.map(inShort)).toEqual(["invoke 0", "invoke 0", "fetch 0 a remote", "image-match 0"]);
});

test("work is bounded: alternatives over many components multiply, and are stopped", () => {
  let nested = sequence(...Array.from({ length: 200 }, () => set({ uri: "a" })));
  for (let depth = 0; depth < 3; depth++) nested = sequence(index("all"), runSequence(nested));
  const many = Array.from({ length: 32 }, (_, i) => [Uint8Array.of(i)]);
  expect(run(nested, { components: many, recipient: { ...recipient, components: "any" } })).toMatchObject({
    ok: false,
    error: { code: "command-failed", because: "too-many-commands" },
  });
});

test("a refusal points at the command", () => {
  expect(run(sequence(directive("invoke"), directive("invoke"), directive("fetch")))).toEqual({
    ok: false,
    error: { code: "command-failed", command: "fetch", offset: 2, because: "parameter-missing" },
  });
});

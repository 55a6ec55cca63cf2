/** Which command is refused, where it stands and why: the facts of a refusal, not its code alone. */
import type { CommandBody, CommandSequence } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import {
  type Changes,
  condition,
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
  vendor,
} from "./machine.test.support.ts";
import type { Recipient } from "./recipient.ts";
import type { CommandFailure } from "./rejection.ts";
import { updateSections } from "./sections.ts";

const three: Changes = { components: ids };
const fetch = directive("fetch");
const write = directive("write");
const copy = directive("copy");
const swap = directive("swap");
const invoke = directive("invoke");
const match = condition("image-match");
const loosely = set({ strictOrder: false });
const from = (component: number): CommandBody => set({ ...image, sourceComponent: component });
const every = sequence(set({ ...image, uri: "a", content: Uint8Array.of(1) }));

const notFixed = "component-not-fixed";

describe("a command that cannot be carried out", () => {
  test.each<[name: string, commands: CommandBody[], command: string, because: CommandFailure, offset?: number]>([
    ["a fetch from nowhere", [fetch], "fetch", "parameter-missing", 0],
    ["a fetch of what the envelope does not hold", [set({ uri: "#out" }), fetch], "fetch", "payload-missing"],
    ["a write of nothing", [write], "write", "parameter-missing", 0],
    ["a copy from nowhere", [copy], "copy", "parameter-missing", 0],
    ["a swap with nothing", [swap], "swap", "parameter-missing", 0],
    ["a copy from beyond the list", [from(3), copy], "copy", "component-index"],
    ["a swap with what is beyond the list", [from(3), swap], "swap", "component-index"],
    ["a copy from itself", [from(0), copy], "copy", "same-component"],
    ["a swap with itself", [from(0), swap], "swap", "same-component"],
    ["an index beyond the list", [index(3), invoke], "set-component-index", "component-index", 0],
    ["one of a list beyond it", [index([0, 3]), invoke], "set-component-index", "component-index", 0],
    ["soft-failure outside", [set({ softFailure: true })], "override-parameters", "soft-failure-outside", 0],
    ["no alternative", [tryEach()], "try-each", "nothing-to-try", 0],
    ["a sequence without its component", [loosely, runSequence(sequence(invoke))], "run-sequence", notFixed],
    ["an empty sequence", [loosely, runSequence(sequence())], "run-sequence", notFixed],
    [
      "a sequence that changes its component",
      [loosely, runSequence(sequence(index(1), invoke, index(1)))],
      "run-sequence",
      notFixed,
    ],
    [
      "a sequence whose nested sequence does, at its end",
      [loosely, runSequence(sequence(index(0), runSequence(sequence(invoke, index(1)))))],
      "run-sequence",
      notFixed,
    ],
    [
      "a sequence of which one alternative does, at its end",
      [loosely, runSequence(sequence(index(0), tryEach(sequence(invoke), sequence(invoke, index(1)))))],
      "run-sequence",
      notFixed,
    ],
  ])("%s", (_name, commands, command, because, offset = 1) => {
    expect(run(sequence(...commands), three)).toEqual({
      ok: false,
      error: { code: "command-failed", command, offset, because },
    });
  });

  test.each<[name: string, commands: CommandBody[], command: string]>([
    ["written, then read", [index(1), fetch, match, index(0), from(1), copy], "copy"],
    ["read, then written", [index(0), from(1), copy, match, index(1), fetch], "fetch"],
    [
      "written, then read, strict-order false said twice",
      [index(1), fetch, match, loosely, index(0), from(1), copy],
      "copy",
    ],
    [
      "one of two that a run-sequence wrote, then read",
      [index(0), runSequence(sequence(index(0), from(1), swap, match)), index(2), from(0), copy],
      "copy",
    ],
    [
      "one of two that a swap would write, read before",
      [index(0), from(1), copy, match, index(2), from(1), swap],
      "swap",
    ],
    [
      "what a run-sequence would read, written before",
      [index(1), fetch, match, index(0), runSequence(sequence(index(0), from(1), copy, match))],
      "run-sequence",
    ],
  ])("out of order, where order does not matter: %s", (_name, commands, command) => {
    const prepare = [index("all"), ...every.commands, loosely];
    expect(run(sequence(...prepare, ...commands), three)).toMatchObject({
      ok: false,
      error: { code: "command-failed", command, because: "order-matters" },
    });
  });

  test("soft-failure outside, in the shared sequence", () => {
    const shared = sequence(invoke, set({ softFailure: true }));
    const error = { command: "override-parameters", offset: 1, because: "soft-failure-outside" };
    expect(machine({}, { shared }).runShared()).toMatchObject({ ok: false, error });
  });

  test("process-dependency in the shared sequence", () => {
    const shared = sequence(index(1), directive("process-dependency"));
    const ran = machine({ install: sequence() }, { shared, dependencies: [{ index: 1 }] }).runProcedure(updateSections);
    expect(ran).toMatchObject({ error: { command: "process-dependency", offset: 1, because: "in-shared-sequence" } });
  });

  test("a manifest that never resolves what it depends on, at its list of dependencies", () => {
    const ran = run(sequence(invoke), { dependencies: [{ index: 1 }], dependenciesOffset: 77 });
    expect(ran).toEqual({
      ok: false,
      error: { code: "command-failed", command: "dependency-integrity", offset: 77, because: "dependency-unverified" },
    });
  });

  test("a dependency that is fetched from nowhere", () => {
    expect(run(sequence(index(1), fetch), { dependencies: [{ index: 1 }] })).toEqual({
      ok: false,
      error: { code: "command-failed", command: "fetch", offset: 1, because: "parameter-missing" },
    });
  });
});

describe("where no dependencies are processed", () => {
  const none: Changes = { dependencies: [{ index: 1 }], dependencyRun: undefined };
  test.each([
    ["dependency-integrity", condition("dependency-integrity")],
    ["process-dependency", directive("process-dependency")],
    ["fetch", fetch],
    ["unlink", directive("unlink")],
  ])("%s of one is refused", (command, body) => {
    expect(run(sequence(index(1), set({ ...image, uri: "#1" }), body), none)).toEqual({
      ok: false,
      error: { code: "command-failed", command, offset: 2, because: "no-dependency" },
    });
  });

  test("image-match over one fails", () => {
    expect(run(sequence(index(1), set(image), match), none)).toEqual({
      ok: false,
      error: { code: "condition-failed", condition: "image-match", offset: 2 },
    });
  });
});

describe("where order does not matter, this is no conflict", () => {
  const prepare = [index("all"), ...every.commands];
  test.each<[name: string, commands: CommandBody[], did: string[]]>([
    [
      "invoking what was read",
      [loosely, index(0), from(1), copy, match, index(1), invoke],
      ["copy 0", "image-match 0", "invoke 1"],
    ],
    [
      "fetching a component twice: neither reads it",
      [loosely, index(0), fetch, match, fetch, match],
      ["fetch 0 a remote", "image-match 0", "fetch 0 a remote", "image-match 0"],
    ],
    [
      "a swap in a run-sequence that itself says so, with nothing beside it",
      [index(0), from(1), runSequence(sequence(loosely, swap, match))],
      ["swap 0", "image-match 0"],
    ],
    [
      "a run-sequence whose nested sequences keep to its component",
      [
        loosely,
        index(0),
        runSequence(sequence(index(1), runSequence(sequence(fetch, match)), tryEach(sequence(invoke)))),
      ],
      ["fetch 1 a remote", "image-match 1", "invoke 1"],
    ],
  ])("%s", (_name, commands, done) => {
    expect(did(sequence(...prepare, ...commands), three)).toEqual(done);
  });
});

describe("work is counted", () => {
  const times = (count: number): CommandSequence => sequence(...Array.from({ length: count }, () => set({ uri: "a" })));

  test("4096 commands of a procedure are carried out, and one more is not", () => {
    expect(run(times(4096))).toEqual({ ok: true, value: [] });
    expect(run(times(4097))).toEqual({
      ok: false,
      error: { code: "command-failed", command: "override-parameters", offset: 4096, because: "too-many-commands" },
    });
  });

  test("long lists of components count by their length, however often they are asked for", () => {
    const list = Array.from({ length: 32 }, (_, i) => i);
    const lists = (count: number): CommandSequence =>
      sequence(...Array.from({ length: count }, () => index(list)), index(0));
    const many = Array.from({ length: 32 }, (_, i) => [Uint8Array.of(i)]);
    const options = { components: many, recipient: { ...recipient, components: "any" } } as const;
    expect(run(lists(127), options)).toEqual({ ok: true, value: [] });
    expect(run(lists(128), options)).toMatchObject({
      ok: false,
      error: { code: "command-failed", command: "set-component-index", because: "too-many-commands" },
    });
  });

  test("anew in the next procedure", () => {
    const planner = machine({ install: times(3000), load: times(3000) }, {});
    expect(planner.runProcedure(updateSections)).toMatchObject({ ok: true });
    expect(planner.runProcedure(["load"])).toMatchObject({ ok: true });
  });
});

describe("conditions say what was asked for", () => {
  const nobody: Recipient = { ...recipient, components: [] };
  const slotless: Recipient = { ...recipient, components: [{ id: ids[0] ?? [], maxSize: 1000n }] };
  const anyDevice: Recipient = { ...recipient, components: "any" };
  const slot = condition("component-slot");
  test.each<[name: string, commands: CommandBody[], error: object, recipient?: Recipient]>([
    ["no vendor", [condition("vendor-identifier")], { code: "wrong-vendor", offered: "", offset: 0 }],
    ["no class", [condition("class-identifier")], { code: "wrong-class", offered: "", offset: 0 }],
    ["no device", [condition("device-identifier")], { code: "wrong-device", offered: "", offset: 0 }],
    [
      "another vendor",
      [set({ vendorIdentifier: other }), condition("vendor-identifier")],
      { code: "wrong-vendor", offered: "11".repeat(16), offset: 1 },
    ],
    ["no time", [condition("use-before")], { code: "condition-failed", condition: "use-before", offset: 0 }],
    [
      "a time gone by",
      [set({ useBefore: 100n }), condition("use-before")],
      { code: "expired", useBefore: 100n, now: 100n },
    ],
    [
      "no slot, of a component without one",
      [slot],
      { code: "condition-failed", condition: "component-slot", offset: 0 },
      slotless,
    ],
    [
      "no slot, on no device in particular",
      [slot],
      { code: "condition-failed", condition: "component-slot", offset: 0 },
      anyDevice,
    ],
    [
      "a slot of a component that is not known",
      [set({ componentSlot: 1n }), slot],
      { code: "condition-failed", condition: "component-slot", offset: 1 },
      nobody,
    ],
    [
      "a version of a component that is not known",
      [set({ version: { comparison: "equal", version: [1] } }), condition("version")],
      { code: "component-state-unknown", component: "00", condition: "version", offset: 1 },
      nobody,
    ],
  ])("%s", (_name, commands, error, changed = recipient) => {
    expect(run(sequence(...commands), { recipient: changed })).toEqual({ ok: false, error });
  });

  test("only vendor and class count as identity", () => {
    const shared = sequence(set({ componentSlot: 1n, vendorIdentifier: vendor }), slot);
    expect(machine({}, { shared }).runShared()).toEqual({ ok: true, value: new Set() });
  });
});

describe("images", () => {
  const sized = (imageSize: bigint): CommandBody[] => [set({ imageDigest: digest, imageSize }), match];

  test("one that fills its component fits, one byte more does not", () => {
    expect(did(sequence(...sized(1000n)))).toEqual(["image-match 0"]);
    expect(run(sequence(...sized(1001n)))).toEqual({
      ok: false,
      error: { code: "image-too-large", size: 1001n, limit: 1000n },
    });
  });

  test("for no device in particular have no limit", () => {
    expect(did(sequence(...sized(2n ** 40n)), { recipient: { ...recipient, components: "any" } })).toEqual([
      "image-match 0",
    ]);
  });

  test("one whose size is not said is the one that is there, by its digest", () => {
    const held: Changes = { facts: { componentImage: () => ({ digest, size: 10n }) } };
    const ran = run(sequence(set({ imageDigest: digest }), match), held);
    expect(ran).toStrictEqual({ ok: true, value: [{ do: "image-match", component: 0, expected: { digest } }] });
  });

  test("a component is not started while another one was written and not matched", () => {
    expect(run(sequence(set({ ...image, uri: "a" }), fetch, index(1), invoke, index(0), match), three)).toEqual({
      ok: false,
      error: { code: "image-match-missing", component: "00", offset: 1 },
    });
  });

  test("steps name what was set, and nothing more", () => {
    const ran = run(sequence(set({ ...image, uri: "a" }), fetch, match, invoke));
    const expected = { digest, size: 10n };
    expect(ran).toStrictEqual({
      ok: true,
      value: [
        { do: "fetch", component: 0, id: ids[0], uri: "a", source: "remote", expected },
        { do: "image-match", component: 0, expected },
        { do: "invoke", component: 0 },
      ],
    });
  });

  test("what an alternative wrote before it was left stays written, so it has to be matched", () => {
    const ran = run(
      sequence(set({ ...image, uri: "a" }), tryEach(sequence(fetch, condition("abort")), sequence(match)), invoke),
    );
    expect(ran.ok && ran.value.map(inShort)).toEqual(["fetch 0 a remote", "image-match 0", "invoke 0"]);
  });
});

import type { CommandBody, CommandSequence, Parameters as ParameterSet, SuitDigest } from "@sumac/suit";
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
  recipient,
  run,
  runSequence,
  sequence,
  set,
  tryEach,
  tryEachOrNil,
} from "./machine.test.support.ts";
import type { ImageExpectation } from "./plan.ts";
import type { Recipient } from "./recipient.ts";
import { invocationSections, type Section, updateSections } from "./sections.ts";

/** The numbered rules of the abstract machine (draft-37 section 6), one description a rule. */

const otherDigest: SuitDigest = { algorithm: "sha-256", bytes: new Uint8Array(32).fill(9) };
const longDigest: SuitDigest = { algorithm: "sha-512", bytes: new Uint8Array(64).fill(7) };
const fetched = (uri: string): CommandBody[] => [set({ ...image, uri }), directive("fetch"), condition("image-match")];
const slot = (number: bigint, ...then: CommandBody[]): CommandSequence =>
  sequence(set({ componentSlot: number }), condition("component-slot"), ...then);
const three: Changes = { components: ids };

type Row = readonly [name: string, commands: CommandBody[], answer: string[] | string, changes?: Changes];
const rows = (table: readonly Row[]): void => {
  for (const [name, commands, answer, changes] of table) {
    test(name, () => expect(did(sequence(...commands), changes)).toEqual(answer));
  }
};

describe("rule 1: the order of sections", () => {
  const told = (section: Section): CommandSequence => sequence(set({ uri: section }), directive("invoke"));
  const sections = Object.fromEntries([...updateSections, ...invocationSections].map((one) => [one, sequence()]));
  const order = (names: readonly Section[]): string[] => {
    const seen: string[] = [];
    for (const name of [...updateSections, ...invocationSections]) {
      // Each section alone in turn: it runs exactly if it is of this procedure.
      const ran = machine({ ...sections, [name]: told(name) }, {}).runProcedure(names);
      if (ran.ok && ran.value.length > 0 && !seen.includes(name)) seen.push(name);
    }
    return seen;
  };

  test("an update: resolve, fetch, verify the candidate, install, validate", () => {
    expect(updateSections).toEqual([
      "dependency-resolution",
      "payload-fetch",
      "candidate-verification",
      "install",
      "validate",
    ]);
    expect(order(updateSections)).toEqual(updateSections);
  });

  test("an invocation: validate, load, invoke", () => {
    expect(invocationSections).toEqual(["validate", "load", "invoke"]);
    expect(order(invocationSections).toSorted()).toEqual([...invocationSections].toSorted());
  });

  test("in this order, whatever order they are given in", () => {
    const all = {
      validate: told("validate"),
      install: sequence(...fetched("b")),
      "payload-fetch": sequence(...fetched("a")),
    };
    const ran = machine(all, {}).runProcedure(updateSections);
    expect(ran.ok && ran.value.map(inShort)).toEqual([
      "fetch 0 a remote",
      "image-match 0",
      "fetch 0 b remote",
      "image-match 0",
      "invoke 0",
    ]);
  });

  test("load copies into place before invoke starts it", () => {
    const sections = {
      validate: sequence(index(0), set(image), condition("image-match")),
      load: sequence(index(1), set({ ...image, sourceComponent: 0 }), directive("copy"), condition("image-match")),
      invoke: sequence(index(1), set({ invokeArgs: Uint8Array.of(1) }), directive("invoke")),
    };
    const ran = machine(sections, three).runProcedure(invocationSections);
    const expected = { digest, size: 10n };
    expect(ran).toEqual({
      ok: true,
      value: [
        { do: "image-match", component: 0, expected },
        { do: "copy", component: 1, from: 0, expected },
        { do: "image-match", component: 1, expected },
        { do: "invoke", component: 1, args: Uint8Array.of(1) },
      ],
    });
  });
});

describe("rule 2: the component index", () => {
  const invoke = directive("invoke");
  rows([
    ["is 0 at first", [invoke], ["invoke 0"]],
    ["true is every component in list order", [index("all"), invoke], ["invoke 0", "invoke 1", "invoke 2"], three],
    ["a list is those listed, in its order", [index([2, 0]), invoke], ["invoke 2", "invoke 0"], three],
    ["an index beyond the list", [index(3), invoke], "command-failed", three],
    ["a list that leads beyond it", [index([0, 3]), invoke], "command-failed", three],
    [
      "try-each runs for each with an integer index",
      [index([1, 2]), set({ componentSlot: 1n }), tryEach(sequence(condition("component-slot"), invoke))],
      ["invoke 1", "invoke 2"],
      three,
    ],
    [
      "run-sequence runs for each with an integer index, and the index is as before behind it",
      [index("all"), runSequence(sequence(invoke, index(0))), invoke],
      ["invoke 0", "invoke 1", "invoke 2", "invoke 0", "invoke 1", "invoke 2"],
      three,
    ],
  ]);

  test("starts at 0 again in every section", () => {
    const sections = { "payload-fetch": sequence(index(2), invoke), install: sequence(invoke) };
    const ran = machine(sections, three).runProcedure(updateSections);
    expect(ran.ok && ran.value.map(inShort)).toEqual(["invoke 2", "invoke 0"]);
  });
});

describe("rule 3: parameters", () => {
  rows([
    [
      "belong to a component",
      [index(0), set({ ...image, uri: "a" }), index(1), directive("fetch")],
      "command-failed",
      three,
    ],
    [
      "of the processor belong to nobody: strict-order set at one component holds at the others",
      [
        index(0),
        set({ strictOrder: false }),
        index(1),
        set({ ...image, uri: "a", sourceComponent: 0 }),
        directive("fetch"),
        condition("image-match"),
        index(2),
        set({ ...image, sourceComponent: 1 }),
        directive("copy"),
      ],
      "command-failed",
      three,
    ],
  ]);

  test("set in the shared sequence are visible after it, and those of a section in the next", () => {
    const sections = {
      "payload-fetch": sequence(set({ uri: "a" })),
      install: sequence(directive("fetch"), condition("image-match")),
    };
    const ran = machine(sections, { shared: sequence(set(image)) }).runProcedure(updateSections);
    expect(ran.ok && ran.value.map(inShort)).toEqual(["fetch 0 a remote", "image-match 0"]);
  });

  test("are cleared at the start of a procedure", () => {
    const sections = { install: sequence(set(image)), load: sequence(condition("image-match")) };
    const planner = machine(sections, {});
    expect(planner.runProcedure(updateSections)).toMatchObject({ ok: true });
    expect(planner.runProcedure(invocationSections)).toMatchObject({
      error: { code: "condition-failed", condition: "image-match" },
    });
  });
});

describe("rule 4: conditions", () => {
  const lookAt = (facts: Changes["facts"]): Changes => ({ facts: facts ?? {} });
  const content = Uint8Array.of(1, 2, 3);
  const holding = (bytes: Uint8Array | undefined): Changes => lookAt({ componentContent: () => bytes });
  const withImage = (held: ImageExpectation | undefined): Changes => lookAt({ componentImage: () => held });
  const check = [set({ content }), condition("check-content")];
  const not = [set(image), condition("image-not-match")];
  const match = [set(image), condition("image-match")];
  rows([
    [
      "one that fails ends its sequence",
      [runSequence(sequence(set({ softFailure: true }), condition("abort"), directive("invoke")))],
      [],
    ],
    ["check-content: the same bytes", check, [], holding(content)],
    ["check-content: one byte differs", check, "condition-failed", holding(content.with(2, 0))],
    ["check-content: one byte more", check, "condition-failed", holding(Uint8Array.of(...content, 0))],
    ["check-content: nobody knows", check, "component-state-unknown", holding(undefined)],
    [
      "check-content: nobody knows, inside try-each with nil too",
      [tryEachOrNil(sequence(...check))],
      "component-state-unknown",
    ],
    [
      "check-content: what was just written",
      [...written(content), set({ content }), condition("check-content")],
      ["write 0", "image-match 0"],
    ],
    [
      "check-content: other bytes were just written",
      [...written(content), set({ content: Uint8Array.of(9) }), condition("check-content")],
      "condition-failed",
      holding(Uint8Array.of(9)),
    ],
    [
      "check-content: what was just fetched is not known",
      [...fetched("a"), ...check],
      "component-state-unknown",
      holding(content),
    ],
    [
      "check-content: ciphertext was written, so the plaintext is not known",
      [set({ encryptionInfo: content }), ...written(content), condition("check-content")],
      "component-state-unknown",
    ],
    ["image-match: the image is there", match, ["image-match 0"], withImage({ digest, size: 10n })],
    ["image-match: another image is there", match, "condition-failed", withImage({ digest: otherDigest, size: 10n })],
    ["image-match: another length is there", match, "condition-failed", withImage({ digest, size: 11n })],
    [
      "image-match: a digest of another algorithm says nothing, so the device has to look",
      match,
      ["image-match 0"],
      withImage({ digest: longDigest }),
    ],
    ["image-match: nobody knows, so the device has to look", match, ["image-match 0"]],
    [
      "image-match: what was written counts, not what was there before",
      fetched("a"),
      ["fetch 0 a remote", "image-match 0"],
      withImage({ digest: otherDigest }),
    ],
    [
      "image-match: what was matched cannot be another image as well",
      [...fetched("a"), set({ imageDigest: otherDigest }), condition("image-match")],
      "condition-failed",
    ],
    ["image-not-match: another image", not, [], withImage({ digest: otherDigest })],
    ["image-not-match: this very image", not, "condition-failed", withImage({ digest })],
    ["image-not-match: nobody knows", not, "component-state-unknown"],
    ["image-not-match: not comparable", not, "component-state-unknown", withImage({ digest: longDigest })],
    ["image-not-match: no digest named", [condition("image-not-match")], "condition-failed"],
    [
      "image-not-match: fetched and not matched yet",
      [set({ ...image, uri: "a" }), directive("fetch"), condition("image-not-match")],
      "component-state-unknown",
      withImage({ digest: otherDigest }),
    ],
    ["is-dependency: a component", [condition("is-dependency")], "condition-failed"],
  ]);

  const version = (installed: readonly number[] | undefined): Changes => ({
    recipient: {
      ...recipient,
      components: [{ id: ids[0] ?? [], maxSize: 9n, ...(installed && { version: installed }) }],
    },
  });
  const atLeast: CommandBody[] = [
    set({ version: { comparison: "greater-or-equal", version: [1, 2] } }),
    condition("version"),
  ];
  rows([
    ["version: new enough", atLeast, [], version([1, 2, 3])],
    ["version: too old", atLeast, "condition-failed", version([1, 1, 9])],
    ["version: not known", atLeast, "component-state-unknown", version(undefined)],
    ["version: none named", [condition("version")], "condition-failed", version([1])],
    ["version: for no device in particular", atLeast, [], { recipient: { ...recipient, components: "any" } }],
    [
      "version: none named for no device in particular",
      [condition("version")],
      "condition-failed",
      { recipient: { ...recipient, components: "any" } },
    ],
  ]);

  test("identifiers are those of the component: an MCU behind a gateway is of another class", () => {
    const mine = new Uint8Array(16).fill(1);
    const component = (id: number) => ({ id: [Uint8Array.of(id)], maxSize: 9n });
    const gateway: Recipient = {
      ...recipient,
      components: [component(0), { ...component(1), identity: { vendorIds: [mine], classIds: [mine] } }],
    };
    const asks = (at: number, parameters: ParameterSet, name: "class-identifier" | "device-identifier") =>
      did(sequence(index(at), set(parameters), condition(name)), { ...three, recipient: gateway });
    expect(asks(1, { classIdentifier: mine }, "class-identifier")).toEqual([]);
    expect(asks(0, { classIdentifier: mine }, "class-identifier")).toBe("wrong-class");
    // What the component does not say of itself is not borrowed from the recipient.
    expect(
      asks(1, { deviceIdentifier: (recipient.deviceIds as Uint8Array[])[0] as Uint8Array }, "device-identifier"),
    ).toBe("wrong-device");
  });
});

function written(content: Uint8Array): CommandBody[] {
  return [set({ ...image, content }), directive("write"), condition("image-match")];
}

describe("rule 5: a directive that fails ends the procedure, whatever soft-failure says", () => {
  rows([
    ["in try-each", [tryEachOrNil(sequence(directive("fetch")), sequence(directive("invoke")))], "command-failed"],
    ["in run-sequence", [runSequence(sequence(set({ softFailure: true }), directive("write")))], "command-failed"],
    ["unlink, which nobody here carries out", [directive("unlink")], "unsupported"],
  ]);
});

test("what the parser forbids, the machine refuses too: process-dependency in the shared sequence", () => {
  const shared = sequence(index(1), directive("process-dependency"));
  const ran = machine({ install: sequence() }, { shared, dependencies: [{ index: 1 }] }).runProcedure(updateSections);
  expect(ran).toMatchObject({ error: { code: "command-failed", because: "in-shared-sequence" } });
});

describe("rule 6: try-each", () => {
  const held = { facts: { componentImage: () => ({ digest, size: 10n }) } };
  const alternatives = [tryEach(sequence(set(image), condition("image-match")), sequence(...fetched("a")))];
  rows([
    [
      "the first that succeeds ends it",
      [tryEach(slot(0n, directive("fetch")), slot(1n), sequence(directive("fetch")))],
      [],
    ],
    [
      "soft-failure set to false makes a condition final",
      [tryEachOrNil(sequence(set({ softFailure: false }), condition("abort")))],
      "condition-failed",
    ],
    [
      "soft-failure is true again in the next sequence",
      [tryEachOrNil(sequence(condition("abort")), sequence(condition("abort")))],
      [],
    ],
    [
      "nothing succeeds and there is no nil",
      [tryEach(sequence(condition("abort")), sequence(condition("abort")))],
      "condition-failed",
    ],
    ["the image is installed already: nothing is fetched", alternatives, ["image-match 0"], held],
    [
      "another image is installed: it is fetched",
      alternatives,
      ["fetch 0 a remote", "image-match 0"],
      { facts: { componentImage: () => ({ digest: otherDigest }) } },
    ],
    [
      "nobody knows what is installed: the device has to see the first alternative hold",
      alternatives,
      ["image-match 0"],
    ],
    [
      "a component in another slot is another alternative",
      [set({ sourceComponent: 1 }), tryEach(slot(7n, directive("swap")), slot(1n, ...fetched("b")))],
      ["fetch 0 b remote", "image-match 0"],
      three,
    ],
  ]);
});

describe("rule 7: run-sequence and the scope of soft-failure", () => {
  const softly = (...commands: CommandBody[]) => runSequence(sequence(set({ softFailure: true }), ...commands));
  rows([
    ["false at the start", [runSequence(sequence(condition("abort")))], "condition-failed"],
    ["set true, a condition ends only this sequence", [softly(condition("abort")), directive("invoke")], ["invoke 0"]],
    ["forgotten at the end", [softly(), condition("abort")], "condition-failed"],
    ["not inherited by a nested sequence", [softly(runSequence(sequence(condition("abort"))))], "condition-failed"],
    [
      "nor by one inside try-each",
      [tryEachOrNil(sequence(runSequence(sequence(condition("abort")))))],
      "condition-failed",
    ],
    [
      "behind a try-each it is what it was before",
      [runSequence(sequence(tryEach(sequence(), sequence()), condition("abort")))],
      "condition-failed",
    ],
    ["set outside both", [set({ softFailure: false })], "command-failed"],
  ]);
});

describe("rule 8: strict-order false", () => {
  const loosely = set({ strictOrder: false });
  const strictly = set({ strictOrder: true });
  const at = (to: Parameters<typeof index>[0], ...commands: CommandBody[]): CommandBody[] => [index(to), ...commands];
  const prepare = [
    ...at(0, set({ ...image, uri: "a", sourceComponent: 1 })),
    ...at(1, set({ ...image, uri: "b", sourceComponent: 2 })),
    ...at(2, set({ ...image, uri: "c", sourceComponent: 0 })),
  ];
  const fetch = directive("fetch");
  const copy = directive("copy");
  const swap = directive("swap");
  const match = condition("image-match");
  const parallel = (to: Parameters<typeof index>[0], ...commands: CommandBody[]) => [
    loosely,
    ...at(to, runSequence(sequence(...commands))),
  ];
  const cases: readonly Row[] = [
    [
      "commands still run in the order they stand",
      [...prepare, loosely, ...at([0, 1], fetch, match)],
      ["fetch 0 a remote", "fetch 1 b remote", "image-match 0", "image-match 1"],
    ],
    ["a component read, then written", [...prepare, loosely, ...at(0, copy, match), ...at(1, fetch)], "command-failed"],
    ["a component written, then read", [...prepare, loosely, ...at(1, fetch, match), ...at(0, copy)], "command-failed"],
    ["swap reads and writes both", [...prepare, loosely, ...at(1, fetch, match), ...at(0, swap)], "command-failed"],
    ["a circle of copies at one index list", [...prepare, loosely, ...at("all", copy)], "command-failed"],
    [
      "a barrier does not take it back: the draft forbids it in the whole sequence",
      [...prepare, loosely, ...at(1, fetch, match), ...at(0, set({ uri: "x" }), copy)],
      "command-failed",
    ],
    [
      "strict-order true takes it back",
      [...prepare, loosely, ...at(1, fetch, match), strictly, ...at(0, copy, match)],
      ["fetch 1 b remote", "image-match 1", "copy 0", "image-match 0"],
    ],
    [
      "taken back and given again, what was before is forgotten",
      [...prepare, loosely, ...at(1, fetch, match), strictly, loosely, ...at(0, copy, match)],
      ["fetch 1 b remote", "image-match 1", "copy 0", "image-match 0"],
    ],
    [
      "a component read, then written by a swap from elsewhere",
      [...prepare, loosely, ...at(2, copy, match, swap, match)],
      "command-failed",
    ],
    [
      "inside a run-sequence even a swap and a fetch are in order",
      [...prepare, ...parallel(0, index(0), swap, match, fetch, match)],
      ["swap 0", "image-match 0", "fetch 0 a remote", "image-match 0"],
    ],
    [
      "two that share nothing",
      [...prepare, loosely, ...at(0, copy, match), ...at(2, fetch, match)],
      ["copy 0", "image-match 0", "fetch 2 c remote", "image-match 2"],
    ],
    [
      "one swap alone is no conflict with itself",
      [...prepare, loosely, ...at(0, swap, match)],
      ["swap 0", "image-match 0"],
    ],
    [
      "strict, the same is in order",
      [...prepare, ...at(1, fetch, match), ...at(0, copy, match)],
      ["fetch 1 b remote", "image-match 1", "copy 0", "image-match 0"],
    ],
    [
      "run-sequence behind an integer index has to begin with an index",
      [...prepare, ...parallel(0, fetch)],
      "command-failed",
    ],
    ["and may have no further one", [...prepare, ...parallel(0, index(0), fetch, index(1))], "command-failed"],
    [
      "not even in a nested sequence",
      [...prepare, ...parallel(0, index(0), tryEach(sequence(runSequence(sequence(index(1))))))],
      "command-failed",
    ],
    [
      "with one in front it runs",
      [...prepare, ...parallel(0, index(1), fetch, match)],
      ["fetch 1 b remote", "image-match 1"],
    ],
    [
      "behind a list its component is given, so it may have none",
      [...prepare, ...parallel([0, 1], index(1), fetch)],
      "command-failed",
    ],
    [
      "and needs none, for the first and for the next",
      [...prepare, ...parallel([0, 1], fetch, match)],
      ["fetch 0 a remote", "image-match 0", "fetch 1 b remote", "image-match 1"],
    ],
    [
      "inside it the order is strict",
      [...prepare, ...parallel(0, index(0), fetch, match, set({ imageDigest: otherDigest }), copy, match)],
      ["fetch 0 a remote", "image-match 0", "copy 0", "image-match 0"],
    ],
    [
      "two that may run beside one another do not touch the same",
      [...prepare, ...parallel(0, index(1), fetch, match), ...at(0, runSequence(sequence(index(0), copy)))],
      "command-failed",
    ],
    [
      "strict, a run-sequence is free in its indices",
      [...prepare, ...at(0, runSequence(sequence(fetch, match, index(1), fetch, match)))],
      ["fetch 0 a remote", "image-match 0", "fetch 1 b remote", "image-match 1"],
    ],
  ];
  rows(cases.map(([name, commands, answer]) => [name, commands, answer, three] as const));

  test("is true again in every section", () => {
    const sections = {
      "payload-fetch": sequence(...prepare, loosely, ...at(1, fetch, match)),
      install: sequence(...prepare, ...at(0, copy, match)),
    };
    expect(machine(sections, three).runProcedure(updateSections)).toMatchObject({ ok: true });
  });

  test("says which rule was broken, and where", () => {
    const refused = (commands: CommandBody[], because: string, offset: number) =>
      expect(run(sequence(...commands), three)).toMatchObject({ error: { code: "command-failed", because, offset } });
    refused([...prepare, loosely, ...at(1, fetch, match), ...at(0, copy)], "order-matters", 11);
    refused([...prepare, ...parallel(0, fetch)], "component-not-fixed", 8);
  });
});

describe("rule 9: fetch, copy, swap, write, invoke", () => {
  const expected = { digest, size: 10n };
  const encryptionInfo = Uint8Array.of(0xd8, 96);
  const two: Changes = { components: ids.slice(0, 2) };
  test.each<[string, CommandBody[], object]>([
    [
      "swap exchanges with the source component",
      [set({ ...image, sourceComponent: 1 }), directive("swap"), condition("image-match")],
      { do: "swap", component: 0, with: 1, expected },
    ],
    [
      "copy reads the source component",
      [set({ ...image, sourceComponent: 1 }), directive("copy"), condition("image-match")],
      { do: "copy", component: 0, from: 1, expected },
    ],
    [
      "copy decrypts",
      [set({ ...image, sourceComponent: 1, encryptionInfo }), directive("copy"), condition("image-match")],
      { do: "copy", component: 0, from: 1, expected, encryption: encryptionInfo },
    ],
    [
      "write writes the content",
      [set({ ...image, content: Uint8Array.of(5) }), directive("write"), condition("image-match")],
      { do: "write", component: 0, content: Uint8Array.of(5), expected },
    ],
    [
      "write decrypts",
      [set({ ...image, content: Uint8Array.of(5), encryptionInfo }), directive("write"), condition("image-match")],
      { do: "write", component: 0, content: Uint8Array.of(5), expected, encryption: encryptionInfo },
    ],
    [
      "invoke with its arguments",
      [set({ invokeArgs: Uint8Array.of(6) }), directive("invoke")],
      { do: "invoke", component: 0, args: Uint8Array.of(6) },
    ],
  ])("%s", (_name, commands, step) => {
    const ran = run(sequence(...commands), two);
    expect(ran.ok && ran.value[0]).toEqual(step);
  });

  const source = (from: number): CommandBody =>
    set({ ...image, sourceComponent: from, uri: "a", content: Uint8Array.of(1) });
  rows([
    ...(["copy", "swap"] as const).flatMap((name): Row[] => [
      [`${name} from nowhere`, [directive(name)], "command-failed", two],
      [`${name} from itself`, [source(0), directive(name)], "command-failed", two],
      [`${name} from beyond the list`, [source(2), directive(name)], "command-failed", two],
      [`${name} that nothing matches`, [source(1), directive(name)], "image-match-missing", two],
      [
        `${name} over what was not matched`,
        [source(1), directive("fetch"), directive(name)],
        "image-match-missing",
        two,
      ],
    ]),
    [
      "swap with what was not matched",
      [
        index(1),
        source(0),
        directive("fetch"),
        index(0),
        source(1),
        directive("swap"),
        condition("image-match"),
        index(1),
        condition("image-match"),
      ],
      "image-match-missing",
      two,
    ],
    [
      "behind a swap each has what the other had",
      [
        index(1),
        source(0),
        directive("write"),
        condition("image-match"),
        index(0),
        source(1),
        directive("swap"),
        condition("image-match"),
        condition("check-content"),
        index(1),
        set({ content: Uint8Array.of(2) }),
        condition("check-content"),
      ],
      ["write 1", "image-match 1", "swap 0", "image-match 0"],
      { ...two, facts: { componentContent: () => Uint8Array.of(2) } },
    ],
    ["fetch without uri", [directive("fetch")], "command-failed"],
    ["write without content", [directive("write")], "command-failed"],
  ]);
});

describe("what one procedure leaves behind, the next one finds", () => {
  const sections = {
    install: sequence(...fetched("a")),
    validate: sequence(set(image), condition("image-match")),
    invoke: sequence(directive("invoke")),
  };
  test("the image that was installed, not the one that was there before", () => {
    const planner = machine(sections, { facts: { componentImage: () => ({ digest: otherDigest, size: 10n }) } });
    expect(planner.runProcedure(updateSections)).toMatchObject({ ok: true });
    const invocation = planner.runProcedure(invocationSections);
    expect(invocation.ok && invocation.value.map(inShort)).toEqual(["image-match 0", "invoke 0"]);
  });
});

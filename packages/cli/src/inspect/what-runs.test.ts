import { nodeCrypto } from "@sumac/crypto/node";
import {
  type CommandInput,
  type ComponentIndex,
  type Condition,
  type Directive,
  defaultLimits,
  describeSections,
  digestOf,
  encloseBytes,
  everyExtension,
  type ManifestInput,
  type Parameters,
  parseManifest,
  serializeManifest,
} from "@sumac/suit";
import { describe, expect, test } from "vitest";
import { type Asking, askingOf, type Doubt, type Procedure, type WhatRuns, whatRuns } from "./what-runs.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const digestA = digestOf(nodeCrypto, "sha-256", bytes("A"));
const digestB = digestOf(nodeCrypto, "sha-256", bytes("B"));
const [A, B] = [
  { imageDigest: digestA, imageSize: 1n },
  { imageDigest: digestB, imageSize: 1n },
];
const vendor = new Uint8Array(16).fill(1);
const other = new Uint8Array(16).fill(2);

const set = (parameters: Parameters): CommandInput => ({ kind: "override-parameters", parameters });
const at = (index: ComponentIndex): CommandInput => ({ kind: "set-component-index", index });
const when = (condition: Condition): CommandInput => ({ kind: "condition", condition, policy: 0 });
const run = (directive: Directive): CommandInput => ({ kind: "directive", directive, policy: 0 });
const tryEach = (...lists: readonly (readonly CommandInput[])[]): CommandInput => ({
  kind: "try-each",
  sequences: lists.map((commands) => ({ commands })),
  orNil: false,
});
const orNone = (...lists: readonly (readonly CommandInput[])[]): CommandInput => ({
  ...(tryEach(...lists) as Extract<CommandInput, { kind: "try-each" }>),
  orNil: true,
});
const runSequence = (...commands: readonly CommandInput[]): CommandInput => ({
  kind: "run-sequence",
  sequence: { commands },
});
const match = when("image-match");
const fetch = (uri: string, parameters: Parameters = {}): readonly CommandInput[] => [
  set({ ...parameters, uri }),
  run("fetch"),
  match,
];

type Lists = Partial<
  Record<"shared" | "install" | "validate" | "load" | "invoke" | "uninstall", readonly CommandInput[]>
>;

function runs({ install, ...lists }: Lists, components = 1): WhatRuns {
  const inline = Object.fromEntries(Object.entries(lists).map(([name, commands]) => [name, { commands }]));
  const input: ManifestInput = {
    sequenceNumber: 1n,
    components: Array.from({ length: components }, (_, i) => [Uint8Array.of(i)]),
    ...inline,
    ...(install && { install: { at: "inline", value: { commands: install } } }),
  };
  const received = encloseBytes(serializeManifest(input));
  const manifest = parseManifest(received, { ...defaultLimits, extensions: everyExtension });
  if (!manifest.ok) throw new Error(JSON.stringify(manifest.error));
  return whatRuns(manifest.value, describeSections(manifest.value), [], "outermost");
}

/** `0 install: fetch a =A; copy 1 =B | nothing`, one text a component and procedure. */
const told = ({ uses }: WhatRuns): readonly string[] =>
  uses.map(({ component, procedure, ways }) => {
    const texts = ways.map((way) => way.map(wordsOf).join("; ") || "nothing");
    return `${component} ${procedure}: ${texts.toSorted().join(" | ")}`;
  });
type Use = WhatRuns["uses"][number]["ways"][number][number];
const wordsOf = ({ does, uri, source, contentSize, compared }: Use): string => {
  const name =
    compared === undefined ? "none" : compared.digest.bytes === undefined ? "" : nameOf(compared.digest.bytes);
  return [does, uri, source, contentSize, `=${name}`].filter((part) => part !== undefined).join(" ");
};
const nameOf = (digest: Uint8Array): string => (Buffer.compare(digest, digestA.bytes) === 0 ? "A" : "B");

describe("images are told by what is done with them", () => {
  const shared = [set(A)];
  test.each<[string, Lists, readonly string[]]>([
    ["an image that is fetched", { shared, install: fetch("a"), validate: [match] }, ["0 install: fetch a =A"]],
    ["an image that must be there", { shared, validate: [match] }, ["0 install: present =A"]],
    [
      "the parameters as they stand at the command",
      { shared, install: [...fetch("a"), set({ uri: "b" })] },
      ["0 install: fetch a =A"],
    ],
    [
      "a digest that is set back after it was compared",
      { shared, install: [...fetch("b", B), set({ ...A, uri: "a" })] },
      ["0 install: fetch b =B"],
    ],
    [
      "another image loaded at each start",
      { shared, install: fetch("a"), load: fetch("b", B) },
      ["0 install: fetch a =A", "0 start: fetch b =B"],
    ],
    [
      "what only happens to uninstall",
      { shared, validate: [match], uninstall: [set({ uri: "u" }), run("fetch")] },
      ["0 install: present =A", "0 uninstall: fetch u =none"],
    ],
    [
      "content of the manifest",
      { shared, install: [set({ content: bytes("A") }), run("write"), match] },
      ["0 install: write 1 =A"],
    ],
    [
      "one image over another",
      { shared, install: [...fetch("b", B), ...fetch("a", A)] },
      ["0 install: fetch b =B; fetch a =A"],
    ],
    ["nothing compared", { shared, install: [set({ uri: "a" }), run("fetch")] }, ["0 install: fetch a =none"]],
  ])("%s", (_, lists, expected) => {
    const found = runs(lists);
    expect(told(found)).toEqual(expected);
    expect(found).toMatchObject({ certainty: "followed", doubts: [] });
  });

  test("an image of another size is another one", () => {
    const load = [tryEach([set({ imageSize: 2n }), match], fetch("a", A))];
    expect(told(runs({ shared, install: fetch("a"), load }))).toEqual(["0 install: fetch a =A", "0 start: fetch a =A"]);
  });

  test("of each component for itself", () => {
    const install = [
      at(1),
      ...fetch("b", B),
      at(0),
      set({ ...B, sourceComponent: 1 }),
      run("copy"),
      match,
      set({ ...A, sourceComponent: 1 }),
      run("swap"),
      match,
    ];
    expect(told(runs({ shared: [at("all"), set(A)], install }, 2))).toEqual([
      "1 install: fetch b =B",
      "0 install: copy 1 =B; swap 1 =A",
    ]);
  });

  const slot = (number: bigint, ...commands: readonly CommandInput[]): readonly CommandInput[] => [
    set({ componentSlot: number }),
    when("component-slot"),
    ...commands,
  ];
  test.each<[string, Lists, readonly string[]]>([
    [
      "one for each slot, said in two sequences",
      {
        shared: [tryEach(slot(0n, set(A)), slot(1n, set(B)))],
        install: [tryEach(slot(0n, set({ uri: "a" })), slot(1n, set({ uri: "b" }))), run("fetch"), match],
        validate: [match],
      },
      ["0 install: fetch a =A | fetch b =B"],
    ],
    [
      "a choice that is always left",
      { shared, install: [tryEach([when("abort"), ...fetch("b", B)], fetch("a"))] },
      ["0 install: fetch a =A"],
    ],
    [
      "what a choice has set before it is left stays",
      { shared, install: [tryEach([set({ uri: "b" }), when("abort")], [set({ imageSize: 1n })]), run("fetch"), match] },
      ["0 install: fetch b =A"],
    ],
    [
      "a choice that may be left out",
      { shared, install: [orNone(slot(0n, ...fetch("a")), [when("abort")])] },
      ["0 install: fetch a =A | nothing"],
    ],
    [
      "a sequence that a failed condition only ends",
      { shared, install: [runSequence(set({ softFailure: true }), ...slot(0n, ...fetch("a")))] },
      ["0 install: fetch a =A | nothing"],
    ],
    [
      "a choice whose image validate refuses",
      {
        shared,
        install: [tryEach(slot(0n, ...fetch("b", B)), slot(1n, ...fetch("a")))],
        validate: [set(A), match],
      },
      ["0 install: fetch a =A"],
    ],
    [
      "an image that is there already, or fetched",
      { shared, install: [tryEach([match], fetch("a"))] },
      ["0 install: fetch a =A | present =A"],
    ],
  ])("ways: %s", (_, lists, expected) => {
    expect(told(runs(lists))).toEqual(expected);
  });
});

describe("who is asked, and until when", () => {
  const asked = (lists: Lists): readonly Asking[] => {
    const found = runs(lists);
    return [askingOf(found, "vendor-identifier", vendor), askingOf(found, "use-before", 5n), found.limited];
  };
  const both = [set({ vendorIdentifier: vendor, useBefore: 5n })];
  test.each<[string, Lists, readonly Asking[]]>([
    ["parameters without a condition", { shared: both }, ["never", "never", "never"]],
    [
      "in the shared sequence",
      { shared: [...both, when("vendor-identifier"), when("use-before")] },
      ["on-every-way", "on-every-way", "on-every-way"],
    ],
    [
      "in one choice",
      { shared: both, install: [orNone([when("vendor-identifier"), when("use-before")], [when("abort")])] },
      ["on-some-ways", "on-some-ways", "on-some-ways"],
    ],
    [
      "another one in the other choice",
      {
        shared: [
          ...both,
          tryEach(
            [when("vendor-identifier"), when("use-before")],
            [set({ vendorIdentifier: other, useBefore: 9n }), when("vendor-identifier"), when("use-before")],
          ),
        ],
      },
      ["on-some-ways", "on-some-ways", "on-every-way"],
    ],
    [
      "to uninstall only",
      { shared: both, uninstall: [when("vendor-identifier"), when("use-before")] },
      ["never", "never", "never"],
    ],
    [
      "in a choice that stops before",
      { shared: both, install: [orNone([when("abort"), when("use-before")], [when("abort")])] },
      ["never", "never", "never"],
    ],
  ])("%s", (_, lists, expected) => {
    expect(asked(lists)).toEqual(expected);
  });
});

describe("what cannot be followed is said to be so", () => {
  const stops = (procedure: Procedure): Doubt => ({ because: "always-stops", procedure });
  test.each<[string, Lists, Doubt]>([
    [
      "commands that stop every device",
      { shared: [set(A)], install: [...fetch("a"), when("abort")] },
      stops("install"),
    ],
    ["a shared sequence that does", { shared: [when("abort")], install: fetch("a") }, stops("install")],
    ["a start that never comes", { shared: [set(A)], validate: [match], load: [run("fetch")] }, stops("start")],
    [
      "more ways than anybody can read",
      {
        shared: [set(A)],
        install: Array.from({ length: 8 }, (_, i) =>
          orNone(
            [set({ componentSlot: BigInt(i) }), when("check-content"), set({ uri: `${i}` })],
            [set({ content: bytes(`${i}`) }), when("check-content"), run("fetch"), match],
          ),
        ),
      },
      { because: "too-many-ways" },
    ],
  ])("%s", (_, lists, doubt) => {
    const found = runs(lists);
    expect(found.doubts).toEqual([doubt]);
    expect(found.certainty).toBe("not-followed");
    expect(askingOf(found, "use-before", 1n)).toBe("unknown");
  });

  test("the largest manifests take no time", () => {
    const start = performance.now();
    const wide = [
      at("all"),
      ...Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? set({ ...A, uri: `${i}` }) : run("fetch"))),
    ];
    expect(runs({ install: wide }, 32).doubts).toEqual([{ because: "too-many-ways" }]);
    const forks = Array.from({ length: 60 }, (_, i) =>
      orNone([set({ content: Uint8Array.of(i) }), when("check-content")], [when("abort")]),
    );
    expect(
      runs({ shared: [at("all"), ...forks], validate: [at("all")], invoke: [at("all")] }, 32).certainty,
    ).toBeTruthy();
    expect(performance.now() - start).toBeLessThan(3000);
  });
});

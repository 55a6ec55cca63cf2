import type { CborValue } from "@sumac/cbor";
import {
  commands,
  common,
  envelope,
  fetchFirmware,
  firmware,
  hexOf,
  isForUs,
  labelled,
  manifest,
  memberDigest,
  raw,
  running,
  settings,
  sharing,
  shownImage,
} from "./craft-envelope.ts";
import { malformed, type Refusal, type RejectedEnvelope, unsupported } from "./suit-vector.ts";

interface Row extends Omit<RejectedEnvelope, "row" | "file"> {
  readonly items: readonly CborValue[];
}

const own = "manifest.validate";
const shared = "manifest.common.shared-sequence";
const abort = commands(14, 0);

/** Validate with these commands. */
const inValidate = ({ items, ...rest }: Row, row: number): RejectedEnvelope => ({
  row,
  file: envelope(running(7, ...items)),
  ...rest,
});
/** The shared sequence with these commands behind those that say for whom the manifest is. */
const inShared = ({ items, ...rest }: Row, row: number): RejectedEnvelope => ({
  row,
  file: envelope(sharing(20, shownImage(), ...isForUs, ...items)),
  ...rest,
});

const unknownCommand = (code: number, name: string, comment: string): Row => ({
  name,
  items: [code, 0, 3, 15],
  at: `84 | ${hexOf(code)} 00 03 0f`,
  refusal: unsupported(`${own}.0`, code),
  comment,
});

/** Row 9: commands that mean nothing here, or only where an extension is turned on. */
const unknownCommands: readonly Row[] = [
  unknownCommand(0, "command-0", "the number for unset is never valid"),
  unknownCommand(7, "command-dependency-integrity", "trust-domains, where that is not turned on"),
  unknownCommand(8, "command-is-dependency", "trust-domains, where that is not turned on"),
  unknownCommand(11, "command-process-dependency", "trust-domains, where that is not turned on"),
  unknownCommand(13, "command-13", "not registered"),
  unknownCommand(19, "command-set-parameters", "trust-domains, where that is not turned on"),
  unknownCommand(25, "command-image-not-match", "update-management, where that is not turned on"),
  unknownCommand(26, "command-minimum-battery", "update-management; not supported"),
  unknownCommand(27, "command-update-authorized", "update-management; not supported"),
  unknownCommand(28, "command-version", "update-management, where that is not turned on"),
  unknownCommand(29, "command-wait", "update-management; not supported"),
  unknownCommand(33, "command-unlink", "trust-domains, where that is not turned on"),
  unknownCommand(34, "command-override-multiple", "update-management; not supported"),
  unknownCommand(35, "command-copy-params", "update-management; not supported"),
  unknownCommand(-257, "command-private", "a private number, in a sequence that may have some"),
  {
    name: "policy-16",
    items: [3, 16],
    at: "82 03 | 10",
    refusal: unsupported(`${own}.0.image-match`, 16),
    comment: "four bits have a meaning",
  },
];

const wrongType = (field: string): Refusal => malformed("wrong-type", `${own}.0${field}`);
const wrongLength = (field: string): Refusal => malformed("wrong-length", `${own}${field}`);

/** Row 13: sequences and arguments of the wrong shape. */
const shapes: readonly Row[] = [
  { name: "sequence-empty", items: [], at: "07 41 | 80", refusal: wrongLength(""), comment: "one command at least" },
  {
    name: "sequence-odd",
    items: [3, 15, 3],
    at: "07 44 | 83 03 0f 03",
    refusal: wrongLength(""),
    comment: "a command without its argument",
  },
  { name: "command-code-a-text", items: ["3", 15], at: "82 | 6133 0f", refusal: wrongType(""), comment: "a number" },
  {
    name: "command-code-beyond-2-to-the-53",
    items: [2n ** 53n, 15],
    at: "82 | 1b0020000000000000 0f",
    refusal: malformed("wrong-value", `${own}.0`),
    comment: "nothing is registered there, and a double would round it",
  },
  {
    name: "policy-a-text",
    items: [3, "15"],
    at: "82 03 | 623135",
    refusal: wrongType(".image-match"),
    comment: "a number",
  },
  {
    name: "policy-negative",
    items: [3, -1],
    at: "82 03 | 20",
    refusal: wrongType(".image-match"),
    comment: "unsigned",
  },
  {
    name: "policy-null",
    items: [3, null],
    at: "82 03 | f6",
    refusal: wrongType(".image-match"),
    comment: "no policy is 0",
  },
  {
    name: "policy-a-list",
    items: [3, [15]],
    at: "82 03 | 81 0f",
    refusal: wrongType(".image-match"),
    comment: "a number",
  },
  {
    name: "component-index-false",
    items: [12, false, 3, 15],
    base: "component-index-integer",
    at: "84 0c | f4",
    refusal: wrongType(".set-component-index"),
    comment: "true means all; false would mean none",
  },
  {
    name: "component-index-negative",
    items: [12, -1, 3, 15],
    base: "component-index-integer",
    at: "84 0c | 20",
    refusal: wrongType(".set-component-index"),
    comment: "unsigned",
  },
  {
    name: "component-index-list-empty",
    items: [12, [], 3, 15],
    base: "component-index-list",
    at: "84 0c | 80",
    refusal: wrongLength(".0.set-component-index"),
    comment: "what follows would be done for nobody, image-match too",
  },
  {
    name: "component-index-list-of-true",
    items: [12, [true], 3, 15],
    base: "component-index-list",
    at: "84 0c 81 | f5",
    refusal: wrongType(".set-component-index.0"),
    comment: "a list has positions",
  },
  {
    name: "component-index-list-in-a-list",
    items: [12, [[0]], 3, 15],
    base: "component-index-list",
    at: "84 0c 81 | 81 00",
    refusal: wrongType(".set-component-index.0"),
    comment: "a list has positions",
  },
  {
    name: "component-index-beyond-2-to-the-53",
    items: [12, 2n ** 53n, 3, 15],
    base: "component-index-integer",
    at: "84 0c | 1b0020000000000000",
    refusal: malformed("wrong-value", `${own}.0.set-component-index`),
    comment: "a double would round it",
  },
  {
    name: "try-each-with-one-entry",
    items: [15, [abort], 3, 15],
    base: "try-each-with-nil",
    at: "84 0f | 81 43",
    refusal: wrongLength(".0.try-each"),
    comment: "no alternative",
  },
  {
    name: "try-each-with-one-entry-and-nil",
    items: [15, [abort, null], 3, 15],
    base: "try-each-with-nil",
    at: "84 0f | 82 43",
    refusal: wrongLength(".0.try-each"),
    comment: "no alternative",
  },
  {
    name: "try-each-empty",
    items: [15, [], 3, 15],
    base: "try-each-with-nil",
    at: "84 0f | 80",
    refusal: wrongLength(".0.try-each"),
    comment: "no alternative",
  },
  {
    name: "try-each-with-nil-first",
    items: [15, [null, abort, abort], 3, 15],
    base: "try-each-with-nil",
    at: "84 0f 83 | f6",
    refusal: wrongType(".try-each.0"),
    comment: "nil ends the list, nothing else",
  },
  {
    name: "try-each-with-nil-twice",
    items: [15, [abort, abort, null, null], 3, 15],
    base: "try-each-with-nil",
    at: "43820e00 43820e00 | f6 f6",
    refusal: wrongType(".try-each.2"),
    comment: "nil ends the list, nothing else",
  },
  {
    name: "try-each-entry-not-enclosed",
    items: [15, [raw("82 0e 00"), abort], 3, 15],
    base: "try-each-with-nil",
    at: "84 0f 82 | 82 0e 00",
    refusal: wrongType(".try-each.0"),
    comment: "a byte string around each sequence",
  },
  {
    name: "try-each-a-sequence",
    items: [15, abort, 3, 15],
    base: "try-each-with-nil",
    at: "84 0f | 43 82 0e 00",
    refusal: wrongType(".try-each"),
    comment: "a list of sequences",
  },
  {
    name: "try-each-entry-empty",
    items: [15, [commands(), abort], 3, 15],
    base: "try-each-with-nil",
    at: "84 0f 82 41 | 80",
    refusal: wrongLength(".0.try-each.0"),
    comment: "it would succeed without having asked anything",
  },
  {
    name: "run-sequence-not-enclosed",
    items: [32, [3, 15]],
    base: "run-sequence",
    at: "82 1820 | 82 03 0f",
    refusal: wrongType(".run-sequence"),
    comment: "a byte string around the sequence",
  },
  {
    name: "run-sequence-odd",
    items: [32, commands(3)],
    base: "run-sequence",
    at: "82 1820 42 | 81 03",
    refusal: wrongLength(".0.run-sequence"),
    comment: "a command without its argument",
  },
  {
    name: "override-parameters-empty",
    items: [20, labelled({}), 3, 15],
    at: "84 14 | a0",
    refusal: wrongLength(".0.override-parameters"),
    comment: "one parameter at least",
  },
  {
    name: "override-parameters-a-list",
    items: [20, [14, 25], 3, 15],
    at: "84 14 | 82 0e 1819",
    refusal: wrongType(".override-parameters"),
    comment: "a map",
  },
];

const behind = hexOf([...isForUs]).slice(2);
const forbidden = (field: string): Refusal => malformed("not-allowed-here", `${shared}.3${field}`);

/** Row 14: what may not stand in the shared sequence, which runs before every other. */
const inSharedSequence: readonly Row[] = [
  {
    name: "fetch-in-the-shared-sequence",
    items: [20, labelled({ 21: "a" }), 21, 2],
    at: `${hexOf("a")} | 15 02`,
    refusal: malformed("not-allowed-here", `${shared}.4.fetch`),
    comment: "it would be done again before every sequence",
  },
  {
    name: "copy-in-the-shared-sequence",
    items: [22, 2],
    at: `${behind} | 16 02`,
    refusal: forbidden(".copy"),
    comment: "it would be done again before every sequence",
  },
  {
    name: "write-in-the-shared-sequence",
    items: [18, 2],
    at: `${behind} | 12 02`,
    refusal: forbidden(".write"),
    comment: "it would be done again before every sequence",
  },
  {
    name: "invoke-in-the-shared-sequence",
    items: [23, 2],
    at: `${behind} | 17 02`,
    refusal: forbidden(".invoke"),
    threat: "T-IMG-NON-AUTH",
    comment: "before anything was fetched or matched",
  },
  {
    name: "swap-in-the-shared-sequence",
    items: [31, 2],
    at: `${behind} | 181f 02`,
    refusal: forbidden(".swap"),
    comment: "every second time it would undo itself",
  },
  {
    name: "invoke-nested-in-the-shared-sequence",
    items: [15, [abort, commands(23, 2)]],
    at: "82 43 820e00 43 82 | 17 02",
    refusal: malformed("not-allowed-here", `${shared}.3.try-each.1.0.invoke`),
    threat: "T-IMG-NON-AUTH",
    comment: "nested sequences are part of it",
  },
  {
    name: "fetch-in-a-run-sequence-of-the-shared-sequence",
    items: [32, commands(21, 2)],
    at: "1820 43 82 | 15 02",
    refusal: malformed("not-allowed-here", `${shared}.3.run-sequence.0.fetch`),
    comment: "nested sequences are part of it",
  },
  {
    name: "private-command-in-the-shared-sequence",
    items: [-257, 0],
    at: `${behind} | 390100 00`,
    refusal: forbidden(""),
    comment: "the draft forbids it there, known or not",
  },
  {
    name: "private-parameter-in-the-shared-sequence",
    items: [20, labelled({ [-257]: 0 })],
    at: "14 a1 | 390100 00",
    refusal: forbidden(".override-parameters"),
    comment: "the draft forbids it there, known or not",
  },
];

/** Row 18, the part that the shape decides. */
const softFailure: readonly Row[] = [
  {
    name: "soft-failure-outside",
    items: [20, labelled({ 13: true }), 3, 15],
    base: "soft-failure-in-run-sequence",
    at: "14 a1 0d | f5",
    refusal: malformed("not-allowed-here", `${own}.0.override-parameters.soft-failure`),
    comment: "a failed image-match would be forgiven",
  },
];

/** Row 15 in a member that lies beside the manifest. */
const severed = manifest({
  3: common({ 2: [firmware, settings], 4: commands(12, true, 20, shownImage(), ...isForUs) }),
  7: commands(12, true, 3, 15),
  9: undefined,
  20: memberDigest(fetchFirmware),
});
const noIndex: RejectedEnvelope = {
  row: 15,
  name: "two-components-and-no-index-in-a-severed-install",
  file: envelope(severed, { members: { 20: fetchFirmware } }),
  base: "component-index-integer",
  at: "14 55 86 | 14 a1",
  refusal: malformed("missing", "envelope.install.0.set-component-index"),
  comment: "the rule holds beside the manifest too",
};

export const commandRows: readonly RejectedEnvelope[] = [
  ...unknownCommands.map((row) => inValidate(row, 9)),
  ...shapes.map((row) => inValidate(row, 13)),
  ...inSharedSequence.map((row) => inShared(row, 14)),
  ...softFailure.map((row) => inValidate(row, 18)),
  noIndex,
];

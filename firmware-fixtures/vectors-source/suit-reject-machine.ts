import type { CborValue } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import {
  commands,
  common,
  digestParameter,
  envelope,
  firmware,
  isForUs,
  labelled,
  manifest,
  otherImage,
  running,
  settings,
  shownImage,
} from "./craft-envelope.ts";
import { offsetIn } from "./marked-hex.ts";
import type { Refusal, RejectedEnvelope } from "./suit-vector.ts";

const hexText = (text: string): string => bytesToHex(new TextEncoder().encode(text));
const abort = commands(14, 0);
const uri = labelled({ 21: "firmware.bin" });

const failed = (command: string, because: string): Refusal => ({ code: "command-failed", facts: { command, because } });
const condition = (name: string): Refusal => ({ code: "condition-failed", facts: { condition: name } });

/** Install with these commands in place of its own. */
const installing = (...items: readonly CborValue[]): Uint8Array => envelope(running(20, ...items));
const validating = (...items: readonly CborValue[]): Uint8Array => envelope(running(7, ...items));

/** Two components that are to hold the same image, the second being where it is fetched into. */
const two = (install: readonly CborValue[]): Uint8Array =>
  envelope(
    manifest({
      3: common({ 2: [firmware, settings], 4: commands(12, true, 20, shownImage(), ...isForUs) }),
      7: commands(12, 0, 3, 15),
      9: undefined,
      20: commands(...install),
    }),
  );
const fetchAhead: readonly CborValue[] = [12, 1, 20, uri, 21, 2];

/** Row 11: indices that point at nothing. */
const indexRows: readonly RejectedEnvelope[] = [
  {
    row: 11,
    name: "component-index-out-of-range",
    file: validating(12, 1, 3, 15),
    base: "component-index-integer",
    at: "84 | 0c 01 03 0f",
    refusal: failed("set-component-index", "component-index"),
    comment: "there is one component, 0",
  },
  {
    row: 11,
    name: "component-index-out-of-range-in-a-list",
    file: validating(12, [0, 1], 3, 15),
    base: "component-index-list",
    at: "84 | 0c 82 00 01",
    refusal: failed("set-component-index", "component-index"),
    comment: "the first position is right, the second is not",
  },
  {
    row: 11,
    name: "source-component-out-of-range",
    file: two([...fetchAhead, 3, 15, 12, 0, 20, labelled({ 22: 2 }), 22, 2, 3, 15]),
    base: "directive-copy",
    at: "a1 16 02 | 16 02",
    refusal: failed("copy", "component-index"),
    comment: "there are components 0 and 1",
  },
];

/** Row 18: commands that fail when they are run, and what cannot be forgiven. */
const failureRows: readonly RejectedEnvelope[] = [
  {
    row: 18,
    name: "abort",
    file: validating(14, 0),
    base: "condition-abort-in-an-alternative",
    at: "82 | 0e 00",
    refusal: condition("abort"),
    comment: "it always fails",
  },
  {
    row: 18,
    name: "try-each-exhausted",
    file: validating(15, [abort, commands(14, 1)], 3, 15),
    base: "try-each-with-nil",
    at: "82 | 0e 01",
    refusal: condition("abort"),
    comment: "without nil the last failure is the failure of all",
  },
  {
    row: 18,
    name: "try-each-with-soft-failure-turned-off",
    file: validating(15, [commands(20, labelled({ 13: false }), 14, 0), commands(3, 15)]),
    base: "condition-abort-in-an-alternative",
    at: "f4 | 0e 00",
    refusal: condition("abort"),
    comment: "soft-failure false makes a failed condition final",
  },
  {
    row: 18,
    name: "failed-condition-in-run-sequence",
    file: validating(32, abort, 3, 15),
    base: "soft-failure-in-run-sequence",
    at: "82 | 0e 00",
    refusal: condition("abort"),
    comment: "soft-failure starts false there",
  },
  {
    row: 18,
    name: "soft-failure-is-not-inherited",
    file: validating(32, commands(20, labelled({ 13: true }), 32, abort), 3, 15),
    base: "soft-failure-in-run-sequence",
    at: "82 | 0e 00",
    refusal: condition("abort"),
    comment: "a nested run-sequence starts with false again",
  },
  {
    row: 18,
    name: "failed-directive-in-try-each",
    file: installing(15, [commands(22, 2), commands(20, uri, 21, 2, 3, 15)]),
    base: "try-each-by-slot",
    at: "82 | 16 02",
    refusal: failed("copy", "parameter-missing"),
    comment: "a failed directive is final, whatever soft-failure says (swallowed by some processors, measured)",
  },
  {
    row: 18,
    name: "failed-directive-under-soft-failure",
    file: installing(32, commands(20, labelled({ 13: true }), 18, 2), 20, uri, 21, 2, 3, 15),
    base: "soft-failure-in-run-sequence",
    at: "f5 | 12 02",
    refusal: failed("write", "parameter-missing"),
    comment: "a failed directive is final, whatever soft-failure says",
  },
  {
    row: 18,
    name: "fetch-without-uri",
    file: installing(21, 2, 3, 15),
    at: "84 | 15 02 03 0f",
    refusal: failed("fetch", "parameter-missing"),
    comment: "a directive without its parameter fails",
  },
  {
    row: 18,
    name: "write-without-content",
    file: installing(18, 2, 3, 15),
    base: "directive-write",
    at: "84 | 12 02 03 0f",
    refusal: failed("write", "parameter-missing"),
    comment: "a directive without its parameter fails",
  },
  {
    row: 18,
    name: "copy-without-source",
    file: installing(22, 2, 3, 15),
    base: "directive-copy",
    at: "84 | 16 02 03 0f",
    refusal: failed("copy", "parameter-missing"),
    comment: "a directive without its parameter fails",
  },
  {
    row: 18,
    name: "swap-without-source",
    file: installing(31, 2, 3, 15),
    base: "directive-swap",
    at: "84 | 181f 02 03 0f",
    refusal: failed("swap", "parameter-missing"),
    comment: "a directive without its parameter fails",
  },
  {
    row: 18,
    name: "copy-onto-itself",
    file: installing(20, labelled({ 22: 0 }), 22, 2, 3, 15),
    base: "directive-copy",
    at: "a1 16 00 | 16 02",
    refusal: failed("copy", "same-component"),
    comment: "source and target are one",
  },
  {
    row: 18,
    name: "integrated-payload-missing",
    file: installing(20, labelled({ 21: "#firmware" }), 21, 2, 3, 15),
    base: "integrated-payload",
    at: "77617265 | 15 02 03 0f",
    refusal: failed("fetch", "payload-missing"),
    threat: "T-NET-REDIRECT",
    comment: "looked for on a network, anybody could supply it",
  },
  {
    row: 18,
    name: "component-slot-of-another",
    file: validating(20, labelled({ 5: 0 }), 5, 15, 3, 15),
    base: "condition-component-slot",
    at: "a1 05 00 | 05 0f",
    refusal: condition("component-slot"),
    comment: "the firmware would go into slot 1",
  },
  {
    row: 18,
    name: "component-slot-without-its-parameter",
    file: validating(5, 15, 3, 15),
    base: "condition-component-slot",
    at: "84 | 05 0f 03 0f",
    refusal: condition("component-slot"),
    comment: "a condition without its parameter fails",
  },
  {
    row: 18,
    name: "check-content-without-its-parameter",
    file: validating(6, 15, 3, 15),
    base: "condition-check-content",
    at: "84 | 06 0f 03 0f",
    refusal: condition("check-content"),
    comment: "a condition without its parameter fails",
  },
  {
    row: 18,
    name: "check-content-of-an-unknown-component",
    file: validating(20, labelled({ 18: Uint8Array.of(1) }), 6, 15, 3, 15),
    base: "condition-check-content",
    at: "12 41 01 | 06 0f",
    refusal: { code: "component-state-unknown", facts: { component: hexText("firmware"), condition: "check-content" } },
    comment: "nobody told the verifier what lies there, and not known is not true",
  },
  {
    row: 18,
    name: "order-matters-between-fetch-and-copy",
    file: two([
      12,
      1,
      20,
      labelled({ 12: false, 21: "firmware.bin" }),
      21,
      2,
      12,
      0,
      20,
      labelled({ 22: 1 }),
      22,
      2,
      3,
      15,
    ]),
    base: "strict-order-false",
    at: "a1 16 01 | 16 02",
    refusal: failed("copy", "order-matters"),
    comment: "with strict-order false another processor might copy before it has fetched",
  },
  {
    row: 18,
    name: "run-sequence-without-index-where-order-is-free",
    file: validating(20, labelled({ 12: false }), 32, commands(3, 15)),
    base: "strict-order-false",
    at: "f4 | 1820 43",
    refusal: failed("run-sequence", "component-not-fixed"),
    comment: "it may run beside others, so it has to say for which component",
  },
];

/** Row 19: an image that nothing compares with a signed digest. */
const unmatched = { code: "image-match-missing", facts: { component: hexText("firmware") } };
const matchRows: readonly RejectedEnvelope[] = [
  {
    row: 19,
    name: "fetched-and-never-matched",
    file: envelope(manifest({ 7: undefined, 9: undefined, 20: commands(20, uri, 21, 2) })),
    at: "62696e | 15 02",
    refusal: unmatched,
    threat: "T-IMG-NON-AUTH",
    comment: "anything could be lying there",
  },
  {
    row: 19,
    name: "fetched-twice-and-matched-once",
    file: installing(20, uri, 21, 1, 21, 2, 3, 15),
    at: "62696e | 15 01",
    refusal: unmatched,
    threat: "T-IMG-NON-AUTH",
    comment: "the first image was overwritten before anybody looked at it",
  },
  {
    row: 19,
    name: "started-before-it-is-matched",
    file: envelope(manifest({ 7: undefined, 9: commands(20, uri, 21, 2, 23, 2, 3, 15), 20: undefined })),
    at: "62696e | 15 02 17 02",
    refusal: unmatched,
    threat: "T-IMG-NON-AUTH",
    comment: "invoke comes before image-match",
  },
  {
    row: 19,
    name: "image-match-without-a-digest",
    file: envelope(manifest({ 3: common({ 4: commands(20, shownImage({ 3: undefined }), ...isForUs) }) })),
    at: "15 02 | 03 0f",
    refusal: condition("image-match"),
    threat: "T-IMG-NON-AUTH",
    comment: "nothing to compare with",
  },
  {
    row: 19,
    name: "matched-with-two-digests",
    file: validating(20, labelled({ 3: digestParameter(otherImage) }), 3, 15),
    at: "| 03 0f 09 43",
    refusal: condition("image-match"),
    comment: "what was matched as one image cannot be another",
  },
];

const repeated = 32;
/** 3 commands of the shared sequence twice and 3 of install come before validate, which asks each image-match 32 times; its list counts by its length. */
const executedBefore = 9 + repeated;
const limit = 4096;
const multiplied = validating(12, Array(repeated).fill(0), ...Array.from({ length: 200 }, () => [3, 0]).flat());
const lastExecuted = Math.floor((limit - executedBefore) / repeated);
const multiplication: RejectedEnvelope = {
  row: 2,
  name: "commands-multiplied-by-components",
  file: multiplied,
  base: "component-index-list",
  at: offsetIn(multiplied, `0c 9820 ${"00".repeat(repeated)} |`) + 2 * lastExecuted,
  refusal: failed("condition", "too-many-commands"),
  threat: "T-UPT-DENIAL",
  comment: "at most 4096 are carried out in a procedure, each counted once for each component",
};

export const machineRows: readonly RejectedEnvelope[] = [...indexRows, ...failureRows, ...matchRows, multiplication];

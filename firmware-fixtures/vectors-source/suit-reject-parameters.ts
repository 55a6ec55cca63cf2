import { type CborValue, encode } from "@sumac/cbor";
import {
  commands,
  digestItem,
  envelope,
  hexOf,
  image,
  labelled,
  manifest,
  raw,
  running,
  sharing,
  shownImage,
} from "./craft-envelope.ts";
import { malformed, type Refusal, type RejectedEnvelope, unsupported } from "./suit-vector.ts";

const field = "manifest.validate.0.override-parameters";

interface Row extends Omit<RejectedEnvelope, "row" | "file" | "at"> {
  readonly label: number;
  readonly value: CborValue;
  /** Where in the value the refused item stands; default at its head. */
  readonly at?: string;
}

/** One parameter, set in validate before the image is matched. */
const inValidate = ({ label, value, at, ...rest }: Row, row = 13): RejectedEnvelope => ({
  row,
  file: envelope(running(7, 20, labelled({ [label]: value }), 3, 15)),
  at: `84 14 a1 ${hexOf(label)} ${at ?? `| ${hexOf(value)}`}`,
  ...rest,
});

const wrongType = (name: string): Refusal => malformed("wrong-type", `${field}.${name}`);
const wrongLength = (name: string): Refusal => malformed("wrong-length", `${field}.${name}`);
const uuidOf = (length: number): Uint8Array => new Uint8Array(length).fill(0x55);
const base = "parameters-in-two-steps";

/** Row 13: parameters of the wrong type or length, by label. */
const shapes: readonly Row[] = [
  {
    label: 1,
    name: "vendor-of-15-bytes",
    value: uuidOf(15),
    base,
    refusal: wrongLength("vendor-identifier"),
    comment: "a UUID has 16",
  },
  {
    label: 1,
    name: "vendor-a-text",
    value: "vendor.example",
    base,
    refusal: wrongType("vendor-identifier"),
    comment: "not the domain but the UUID made of it",
  },
  {
    label: 1,
    name: "vendor-with-a-uuid-tag",
    value: raw(`d825 ${hexOf(uuidOf(16))}`),
    base,
    refusal: malformed("tag-not-allowed", "manifest.validate"),
    comment: "tag 37 marks a UUID elsewhere; here the label does",
  },
  {
    label: 1,
    name: "vendor-enterprise-number-empty",
    value: raw("d870 40"),
    at: "d870 | 40",
    base: "vendor-is-a-private-enterprise-number",
    refusal: wrongLength("vendor-identifier"),
    comment: "an object identifier has one arc at least",
  },
  {
    label: 1,
    name: "vendor-enterprise-number-of-13-bytes",
    value: raw(`d870 ${hexOf(uuidOf(13))}`),
    at: `d870 | ${hexOf(uuidOf(13))}`,
    base: "vendor-is-a-private-enterprise-number",
    refusal: wrongLength("vendor-identifier"),
    comment: "with its head as long as a UUID: it could be taken for one",
  },
  {
    label: 1,
    name: "vendor-enterprise-number-a-text",
    value: raw(`d870 ${hexOf("32473")}`),
    at: `d870 | ${hexOf("32473")}`,
    base: "vendor-is-a-private-enterprise-number",
    refusal: wrongType("vendor-identifier"),
    comment: "the encoded object identifier, not its digits",
  },
  {
    label: 2,
    name: "class-of-17-bytes",
    value: uuidOf(17),
    base,
    refusal: wrongLength("class-identifier"),
    comment: "a UUID has 16",
  },
  {
    label: 2,
    name: "class-with-an-enterprise-number-tag",
    value: raw("d870 43 81fd59"),
    base,
    refusal: wrongType("class-identifier"),
    comment: "only a vendor may be a number",
  },
  {
    label: 3,
    name: "image-digest-not-enclosed",
    value: digestItem(image),
    base,
    refusal: wrongType("image-digest"),
    comment: "a byte string around the array, unlike a severed digest",
  },
  {
    label: 3,
    name: "image-digest-without-an-algorithm",
    value: uuidOf(32),
    at: `5820 ${"55".repeat(22)} | ${"55".repeat(10)}`,
    base,
    refusal: malformed("trailing-bytes", `${field}.image-digest`),
    comment: "32 bytes of what? They are read as an item and a rest",
  },
  {
    label: 3,
    name: "image-digest-of-sha-512-with-48-bytes",
    value: encode([-44, uuidOf(48)]),
    at: "5835 82 382b | 5830",
    base: "image-digest-sha-512",
    refusal: wrongLength("image-digest.bytes"),
    comment: "the algorithm fixes the length",
  },
  {
    label: 3,
    name: "image-digest-with-a-third-item",
    value: encode([-16, uuidOf(32), 0]),
    at: "5825 | 83 2f 5820",
    base,
    refusal: wrongLength("image-digest"),
    comment: "the extension point of SUIT_Digest; no extension is known",
  },
  {
    label: 4,
    name: "use-before-negative",
    value: -1,
    base: "condition-use-before",
    refusal: wrongType("use-before"),
    comment: "seconds since 1970, unsigned",
  },
  {
    label: 4,
    name: "use-before-a-tagged-time",
    value: raw("c1 1a 713fb300"),
    base: "condition-use-before",
    refusal: malformed("tag-not-allowed", "manifest.validate"),
    comment: "tag 1 marks a time elsewhere; here the label does",
  },
  {
    label: 5,
    name: "component-slot-bytes",
    value: Uint8Array.of(1),
    base: "condition-component-slot",
    refusal: wrongType("component-slot"),
    comment: "a number",
  },
  {
    label: 12,
    name: "strict-order-0",
    value: 0,
    base: "strict-order-false",
    refusal: wrongType("strict-order"),
    comment: "false is not 0",
  },
  {
    label: 12,
    name: "strict-order-null",
    value: null,
    base: "strict-order-false",
    refusal: wrongType("strict-order"),
    comment: "false is not nil",
  },
  { label: 14, name: "image-size-negative", value: -1, base, refusal: wrongType("image-size"), comment: "unsigned" },
  { label: 14, name: "image-size-a-text", value: "25", base, refusal: wrongType("image-size"), comment: "a number" },
  {
    label: 18,
    name: "content-a-text",
    value: "content",
    base: "directive-write",
    refusal: wrongType("content"),
    comment: "bytes",
  },
  { label: 21, name: "uri-bytes", value: Uint8Array.of(0x61), base, refusal: wrongType("uri"), comment: "a text" },
  {
    label: 21,
    name: "uri-with-a-tag",
    value: raw("d820 6161"),
    base,
    refusal: malformed("tag-not-allowed", "manifest.validate"),
    comment: "tag 32 marks a URI elsewhere; here the label does",
  },
  {
    label: 21,
    name: "uri-null",
    value: null,
    base,
    refusal: wrongType("uri"),
    comment: "the draft of 2020 had a meaning for it",
  },
  {
    label: 22,
    name: "source-component-an-identifier",
    value: [Uint8Array.of(1)],
    base: "directive-copy",
    refusal: wrongType("source-component"),
    comment: "an index, not an identifier",
  },
  {
    label: 22,
    name: "source-component-negative",
    value: -1,
    base: "directive-copy",
    refusal: wrongType("source-component"),
    comment: "unsigned",
  },
  {
    label: 23,
    name: "invoke-arguments-a-text",
    value: "--safe",
    base: "invoke-arguments",
    refusal: wrongType("invoke-args"),
    comment: "bytes",
  },
  {
    label: 24,
    name: "device-of-15-bytes",
    value: uuidOf(15),
    base: "condition-device-identifier",
    refusal: wrongLength("device-identifier"),
    comment: "a UUID has 16",
  },
  {
    label: 25,
    name: "fetch-arguments-a-map",
    value: labelled({}),
    base: "fetch-arguments",
    refusal: wrongType("fetch-arguments"),
    comment: "bytes",
  },
];

const unknown = (label: number, name: string, comment: string): Row => ({
  label,
  name,
  value: 0,
  at: "00",
  base,
  refusal: unsupported(field, label),
  comment,
});
const unknownParameters: readonly RejectedEnvelope[] = [
  unknown(0, "parameter-0", "the number for unset is never valid"),
  unknown(6, "parameter-6", "not registered"),
  unknown(19, "parameter-encryption-info", "firmware-encryption, where that is not turned on"),
  unknown(26, "parameter-minimum-battery", "update-management; not supported"),
  unknown(27, "parameter-update-priority", "update-management, where that is not turned on"),
  unknown(28, "parameter-version", "update-management, where that is not turned on"),
  unknown(29, "parameter-wait-info", "update-management; not supported"),
  unknown(30, "parameter-component-metadata", "update-management; not supported"),
  unknown(-257, "parameter-private", "a private number, in a sequence that may have some"),
].map((row) => ({ ...inValidate(row, 9), at: `84 14 a1 | ${hexOf(row.label)} 00` }));

const others: readonly RejectedEnvelope[] = [
  {
    row: 13,
    name: "parameter-label-a-text",
    file: envelope(running(7, 20, raw("a1 63 757269 61 61"), 3, 15)),
    base,
    at: "84 14 a1 | 63 757269",
    refusal: malformed("wrong-type", field),
    comment: "a number",
  },
  {
    row: 9,
    name: "image-digest-of-an-unknown-algorithm",
    file: envelope(manifest({ 7: commands(20, labelled({ 3: encode([-45, uuidOf(32)]) }), 3, 15) })),
    base,
    at: "5825 82 | 382c 5820",
    refusal: unsupported(`${field}.image-digest.algorithm`, -45),
    comment: "SHAKE256: registered, and not supported",
  },
  {
    row: 9,
    name: "parameter-unknown-in-the-shared-sequence",
    file: envelope(sharing(20, shownImage({ 6: 0 }), 1, 15, 2, 15)),
    at: "| 06 00 0e 1819",
    refusal: unsupported("manifest.common.shared-sequence.0.override-parameters", 6),
    comment: "not registered",
  },
];

export const parameterRows: readonly RejectedEnvelope[] = [
  ...shapes.map((row) => inValidate(row)),
  ...unknownParameters,
  ...others,
];

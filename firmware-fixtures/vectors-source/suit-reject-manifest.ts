import { type CborValue, encode } from "@sumac/cbor";
import {
  commands,
  common,
  envelope,
  firmware,
  hexOf,
  labelled,
  type Members,
  manifest,
  raw,
  settings,
  shared,
} from "./craft-envelope.ts";
import { malformed, type Refusal, type RejectedEnvelope, unsupported } from "./suit-vector.ts";

interface Row extends Omit<RejectedEnvelope, "row" | "file"> {
  readonly members: Members;
}

const changed = ({ members, ...rest }: Row, row: number): RejectedEnvelope => ({
  row,
  file: envelope(manifest(members)),
  ...rest,
});

/** A member that is not known, or not known here, with some value. */
const member = (label: number, name: string, comment: string): Row => ({
  name,
  members: { [label]: raw("8100") },
  at: `| ${hexOf(label)} 8100`,
  refusal: unsupported("manifest", label),
  comment,
});

/** Row 9: version and keys. */
const keyRows: readonly Row[] = [
  {
    name: "manifest-version-2",
    members: { 1: 2 },
    at: "a7 01 | 02 02 07",
    refusal: unsupported("manifest.manifest-version", 2),
    comment: "of which nobody knows what it changes",
  },
  {
    name: "manifest-version-0",
    members: { 1: 0 },
    at: "a7 01 | 00 02 07",
    refusal: unsupported("manifest.manifest-version", 0),
    comment: "the number for unset is never valid",
  },
  member(0, "manifest-key-0", "the number for unset is never valid"),
  member(5, "manifest-key-component-id", "trust-domains, where that is not turned on"),
  member(6, "manifest-key-set-version", "update-management, where that is not turned on"),
  member(10, "manifest-key-10", "validate in drafts of 2020"),
  member(14, "manifest-key-coswid", "update-management; not supported"),
  member(15, "manifest-key-dependency-resolution", "trust-domains, where that is not turned on"),
  member(17, "manifest-key-17", "install in drafts before -27"),
  member(18, "manifest-key-candidate-verification", "trust-domains, where that is not turned on"),
  member(24, "manifest-key-uninstall", "trust-domains, where that is not turned on"),
  member(256, "manifest-key-256", "not registered"),
  member(-257, "manifest-key-private", "a private number"),
  {
    name: "common-key-3",
    members: { 3: common({ 3: raw("8100") }) },
    at: `${hexOf([firmware])} | 03 8100`,
    refusal: unsupported("manifest.common", 3),
    comment: "not registered",
  },
  {
    name: "dependencies-without-the-extension",
    members: { 3: common({ 1: labelled({ 1: labelled({}) }) }) },
    at: "a3 | 01 a1 01 a0 02",
    refusal: unsupported("manifest.common", 1),
    threat: "T-MFST-OVERRIDE",
    comment: "what a manifest depends on must not be passed over",
  },
];

const missing = (name: string): Refusal => malformed("missing", name);
const wrong = (name: string): Refusal => malformed("wrong-type", `manifest.${name}`);

/** Row 13: members of the wrong shape. */
const shapeRows: readonly Row[] = [
  {
    name: "manifest-version-missing",
    members: { 1: undefined },
    at: "| a6 02 07 03",
    refusal: missing("manifest.manifest-version"),
    comment: "required",
  },
  {
    name: "sequence-number-missing",
    members: { 2: undefined },
    at: "| a6 01 01 03",
    refusal: missing("manifest.manifest-sequence-number"),
    threat: "T-IMG-EXPIRED",
    comment: "without it every old release looks new",
  },
  {
    name: "common-missing",
    members: { 3: undefined },
    at: "| a6 01 01 02 07 04",
    refusal: missing("manifest.common"),
    comment: "required",
  },
  {
    name: "manifest-version-a-text",
    members: { 1: "1" },
    at: "a7 01 | 6131",
    refusal: wrong("manifest-version"),
    comment: "an integer",
  },
  {
    name: "sequence-number-negative",
    members: { 2: -1 },
    at: "02 | 20 03",
    refusal: wrong("manifest-sequence-number"),
    threat: "T-IMG-EXPIRED",
    comment: "unsigned",
  },
  {
    name: "sequence-number-a-text",
    members: { 2: "7" },
    at: "02 | 6137 03",
    refusal: wrong("manifest-sequence-number"),
    comment: "an integer",
  },
  {
    name: "common-not-enclosed",
    members: { 3: labelled({ 2: [firmware], 4: shared }) },
    at: "03 | a2 02 8181",
    refusal: wrong("common"),
    comment: "a byte string around the map",
  },
  {
    name: "common-an-array",
    members: { 3: encode([firmware]) },
    at: "03 4b | 8181",
    refusal: wrong("common"),
    comment: "a map",
  },
  {
    name: "components-missing",
    members: { 3: common({ 2: undefined }) },
    at: "| a1 04 58",
    refusal: missing("manifest.common.components"),
    comment: "a manifest about nothing",
  },
  {
    name: "components-empty",
    members: { 3: common({ 2: [] }) },
    at: "a2 02 | 80 04",
    refusal: malformed("wrong-length", "manifest.common.components"),
    comment: "at least one",
  },
  {
    name: "components-a-map",
    members: { 3: common({ 2: labelled({ 0: firmware }) }) },
    at: "a2 02 | a1 00 81",
    refusal: wrong("common.components"),
    comment: "a list: an index is a position in it",
  },
  {
    name: "component-without-segments",
    members: { 3: common({ 2: [firmware, []] }) },
    at: `82 ${hexOf(firmware)} | 80`,
    refusal: malformed("wrong-length", "manifest.common.components.1"),
    comment: "some processors take it for every component",
  },
  {
    name: "component-not-a-list",
    members: { 3: common({ 2: [Uint8Array.of(0x61)] }) },
    at: "02 81 | 41 61",
    refusal: wrong("common.components.0"),
    comment: "a list of byte strings",
  },
  {
    name: "component-segment-a-text",
    members: { 3: common({ 2: [["firmware"]] }) },
    at: `02 81 81 | ${hexOf("firmware")}`,
    refusal: wrong("common.components.0.0"),
    comment: "byte strings: text has no single encoding of a name",
  },
  {
    name: "component-twice",
    members: { 3: common({ 2: [firmware, firmware] }) },
    at: `82 ${hexOf(firmware)} | ${hexOf(firmware)}`,
    refusal: malformed("not-allowed-here", "manifest.common.components.1"),
    threat: "T-IMG-LOCATION",
    comment: "checked under one index, written under another",
  },
  {
    name: "shared-sequence-not-enclosed",
    members: { 3: common({ 4: raw("82 03 0f") }) },
    at: "04 | 82 03 0f",
    refusal: wrong("common.shared-sequence"),
    comment: "a byte string around the sequence",
  },
  {
    name: "reference-uri-bytes",
    members: { 4: Uint8Array.of(0x61) },
    at: "04 | 41 61",
    refusal: wrong("reference-uri"),
    comment: "a text",
  },
  {
    name: "validate-not-enclosed",
    members: { 7: raw("82 03 0f") },
    at: "07 | 82 03 0f",
    refusal: wrong("validate"),
    comment: "validate is never severed, so an array is no digest",
  },
  {
    name: "install-a-text",
    members: { 20: "install" },
    at: `14 | ${hexOf("install")}`,
    refusal: wrong("install"),
    comment: "a byte string or a digest",
  },
  {
    name: "severed-digest-enclosed-twice",
    members: { 20: encode(encode([-16, new Uint8Array(32)])) },
    base: "severed-install",
    at: "14 5826 | 5824",
    refusal: wrong("install"),
    comment: "bytes are an inline member, and this one is no sequence",
  },
  {
    name: "severed-digest-short",
    members: { 20: [-16, new Uint8Array(31)] },
    base: "severed-install",
    at: "14 82 2f | 581f",
    refusal: malformed("wrong-length", "manifest.install.bytes"),
    comment: "the algorithm fixes the length",
  },
  {
    name: "severed-digest-empty",
    members: { 20: [] },
    base: "severed-install",
    at: "14 | 80",
    refusal: malformed("wrong-length", "manifest.install"),
    comment: "an array is a digest",
  },
];

const textWith = (map: CborValue): Members => ({ 23: encode(map) });
const inEnglish = (entries: Members): Members => textWith(new Map([["en", labelled(entries)]]));

/** Row 13: text, which is read for people. */
const textRows: readonly Row[] = [
  {
    name: "text-empty",
    members: textWith(new Map()),
    at: "17 41 | a0",
    refusal: malformed("wrong-length", "manifest.text"),
    comment: "at least one language",
  },
  {
    name: "text-language-empty",
    members: textWith(new Map([["", labelled({ 1: "x" })]])),
    at: "a1 | 60 a1",
    refusal: malformed("wrong-value", "manifest.text"),
    comment: "a language tag has letters",
  },
  {
    name: "text-language-with-an-underscore",
    members: textWith(new Map([["en_GB", labelled({ 1: "x" })]])),
    at: `a1 | ${hexOf("en_GB")}`,
    refusal: malformed("wrong-value", "manifest.text"),
    comment: "en-GB",
  },
  {
    name: "text-language-a-number",
    members: textWith(new Map([[1, labelled({ 1: "x" })]])),
    at: "17 46 a1 | 01 a1",
    refusal: malformed("wrong-type", "manifest.text"),
    comment: "a text",
  },
  {
    name: "text-bytes",
    members: inEnglish({ 1: Uint8Array.of(0x61) }),
    at: "a1 01 | 41 61",
    refusal: malformed("wrong-type", "manifest.text.en.manifest-description"),
    comment: "a text",
  },
].map((row): Row => ({ ...row, base: "text-inline" }));

/** Row 9: texts that mean nothing here. */
const textKeyRows: readonly Row[] = [
  {
    name: "text-key-7",
    members: inEnglish({ 7: "x" }),
    at: `a1 | 07 ${hexOf("x")}`,
    refusal: unsupported("manifest.text.en", 7),
    comment: "not registered for a manifest",
  },
  {
    name: "component-text-key-7",
    members: textWith(new Map([["en", new Map([[firmware, labelled({ 7: "1.2.0" })]])]])),
    at: `a1 | 07 ${hexOf("1.2.0")}`,
    refusal: unsupported("manifest.text.en.components.0", 7),
    comment: "version-required of update-management: not supported",
  },
].map((row): Row => ({ ...row, base: "text-inline" }));

/** Row 15: with several components, the default index 0 would be a guess. */
const several = common({ 2: [firmware, settings] });
const indexFirst = commands(12, true, ...[3, 15]);
const indexRows: readonly Row[] = [
  {
    name: "two-components-and-no-index-in-the-shared-sequence",
    members: { 3: several },
    at: `${hexOf(shared).slice(0, 6)} | 14 a4`,
    refusal: missing("manifest.common.shared-sequence.0.set-component-index"),
    comment: "some processors take component 0 (measured)",
  },
  {
    name: "two-components-and-no-index-in-validate",
    members: { 3: common({ 2: [firmware, settings], 4: indexFirst }), 9: undefined, 20: undefined },
    at: "07 43 82 | 03 0f",
    refusal: missing("manifest.validate.0.set-component-index"),
    comment: "some processors take component 0 (measured)",
  },
].map((row): Row => ({ ...row, base: "component-index-integer" }));

export const manifestRows: readonly RejectedEnvelope[] = [
  ...[...keyRows, ...textKeyRows].map((row) => changed(row, 9)),
  ...[...shapeRows, ...textRows].map((row) => changed(row, 13)),
  ...indexRows.map((row) => changed(row, 15)),
];

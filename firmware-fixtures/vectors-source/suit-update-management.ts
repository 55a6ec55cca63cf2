import { type CborValue, encode } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import {
  commands,
  digestParameter,
  envelope,
  image,
  labelled,
  manifest,
  otherImage,
  running,
} from "./craft-envelope.ts";
import { type AcceptedEnvelope, malformed, type RejectedEnvelope, unsupported } from "./suit-vector.ts";

const context = "update-management";
const version = (comparison: number, ...numbers: number[]): Uint8Array => encode([comparison, numbers]);
const comparing = (parameter: CborValue): Uint8Array => running(7, 20, labelled({ 28: parameter }), 28, 15, 3, 15);

/** draft-ietf-suit-update-management-14, where it is turned on; unstable. */
export const updateManagementAccepted: readonly AcceptedEnvelope[] = [
  { context, name: "set-version", manifest: manifest({ 6: encode([1, 2, -1, 3]) }), comment: "1.2-rc.3" },
  {
    context,
    name: "update-priority",
    manifest: running(20, 20, labelled({ 21: "firmware.bin", 27: -5 }), 21, 2, 3, 15),
    comment: "the smaller, the more urgent",
  },
  {
    context,
    name: "condition-version",
    manifest: comparing(version(2, 1, 2)),
    comment: "at least 1.2; installed is 1.2.0",
  },
  {
    context,
    name: "condition-image-not-match",
    manifest: running(
      7,
      ...[3, 15, 32, commands(20, labelled({ 3: digestParameter(otherImage) }), 25, 15)],
      ...[20, labelled({ 3: digestParameter(image) })],
    ),
    comment: "what was matched as one image is not the other",
  },
];

const field = "manifest.validate.0.override-parameters.version";
const base = "condition-version";

const versionRow = (
  row: Pick<RejectedEnvelope, "name" | "at" | "refusal" | "comment"> & { readonly parameter: CborValue },
): RejectedEnvelope => {
  const { parameter, ...rest } = row;
  return { row: 13, context, base, file: envelope(comparing(parameter)), ...rest };
};

export const updateManagementRejected: readonly RejectedEnvelope[] = [
  {
    row: 18,
    context,
    base,
    name: "version-not-met",
    file: envelope(comparing(version(1, 1, 2))),
    at: "45 8201820102 | 181c 0f",
    refusal: { code: "condition-failed", facts: { condition: "version" } },
    comment: "above 1.2, and 1.2.0 is equal to it as far as the list goes",
  },
  versionRow({
    name: "version-comparison-6",
    parameter: version(6, 1),
    at: "44 82 | 06 81 01",
    refusal: malformed("wrong-value", `${field}.comparison`),
    comment: "five comparisons have a meaning",
  }),
  versionRow({
    name: "version-empty",
    parameter: version(3),
    at: "43 82 03 | 80",
    refusal: malformed("wrong-length", `${field}.version`),
    comment: "it would be equal to every version",
  }),
  versionRow({
    name: "version-pre-release-first",
    parameter: version(3, -1),
    at: "44 82 03 81 | 20",
    refusal: malformed("wrong-value", `${field}.version.0`),
    comment: "lower than every version there is",
  }),
  versionRow({
    name: "version-with-two-pre-releases",
    parameter: version(3, 1, -1, -2),
    at: "83 01 20 | 21",
    refusal: malformed("wrong-value", `${field}.version.2`),
    comment: "a release candidate of a beta",
  }),
  versionRow({
    name: "version-of-17-numbers",
    parameter: version(3, ...Array<number>(17).fill(1)),
    at: "82 03 | 91 01",
    refusal: malformed("wrong-length", `${field}.version`),
    comment: "nothing that a person calls a version is that long",
  }),
  versionRow({
    name: "version-not-enclosed",
    parameter: [3, [1]],
    at: "a1 181c | 82 03 81 01",
    refusal: malformed("wrong-type", field),
    comment: "a byte string around the array",
  }),
  {
    row: 13,
    context,
    base: "set-version",
    name: "set-version-not-enclosed",
    file: envelope(manifest({ 6: [1, 2, 0] })),
    at: "06 | 83 01 02 00",
    refusal: malformed("wrong-type", "manifest.set-version"),
    comment: "a byte string around the list",
  },
  {
    row: 18,
    context,
    base: "condition-image-not-match",
    name: "image-not-match-of-the-same-image",
    file: envelope(running(7, 3, 15, 25, 15)),
    at: "84 03 0f | 1819 0f",
    refusal: { code: "condition-failed", facts: { condition: "image-not-match" } },
    comment: "it was just matched",
  },
  {
    row: 18,
    context,
    base: "condition-image-not-match",
    name: "image-not-match-of-an-unknown-image",
    file: envelope(manifest({ 7: commands(25, 15, 3, 15), 20: undefined })),
    at: "84 | 1819 0f 03 0f",
    refusal: {
      code: "component-state-unknown",
      facts: { component: bytesToHex(new TextEncoder().encode("firmware")), condition: "image-not-match" },
    },
    comment: "nobody told the verifier what lies there, and not known is not true",
  },
  {
    row: 9,
    context,
    base,
    name: "command-wait-with-the-extension",
    file: envelope(running(7, 29, 15, 3, 15)),
    at: "84 | 181d 0f 03 0f",
    refusal: unsupported("manifest.validate.0", 29),
    comment: "not among what is supported of the draft",
  },
];

import { createHash } from "node:crypto";
import { type CborValue, encode } from "@sumac/cbor";
import {
  commands,
  common,
  digestParameter,
  firmware,
  image,
  isForUs,
  labelled,
  manifest,
  otherImage,
  raw,
  running,
  settings,
  sharing,
  shownImage,
} from "./craft-envelope.ts";
import type { AcceptedEnvelope } from "./suit-vector.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const digestWith = (algorithm: "sha384" | "sha512", bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash(algorithm).update(bytes).digest());

/** Two components: what is common to both, then what each is. */
const twoShared = commands(
  ...[12, true, 20, labelled({ 1: shownImage().get(1), 2: shownImage().get(2) }), ...isForUs],
  ...[12, 0, 20, labelled({ 3: digestParameter(image), 14: image.length })],
  ...[12, 1, 20, labelled({ 3: digestParameter(otherImage), 14: otherImage.length })],
);
const twoComponents = (changes: Readonly<Record<number, CborValue | undefined>> = {}): Uint8Array =>
  manifest({
    3: common({ 2: [firmware, settings], 4: twoShared }),
    7: commands(12, true, 3, 15),
    9: commands(12, 0, 23, 2),
    20: commands(
      ...[12, 0, 20, labelled({ 21: "firmware.bin" }), 21, 2, 3, 15],
      ...[12, 1, 20, labelled({ 21: "settings.bin" }), 21, 2, 3, 15],
    ),
    ...changes,
  });
const two = { components: ["firmware", "settings"], invocation: "image-match 0, image-match 1, invoke 0" } as const;
const twoFetched = "fetch 0, image-match 0, fetch 1, image-match 1, image-match 0, image-match 1";

/** Conditions and directives in the order of their numbers, where the table of the profile has them. */
export const commandRows: readonly AcceptedEnvelope[] = [
  {
    name: "condition-use-before",
    manifest: manifest({ 7: commands(20, labelled({ 4: 1_900_000_000n }), 4, 15, 3, 15) }),
    comment: "the trusted clock of the recipient stands at 1800000000",
  },
  {
    name: "condition-component-slot",
    manifest: running(7, 20, labelled({ 5: 1 }), 5, 15, 3, 15),
    comment: "the firmware would go into slot 1",
  },
  {
    name: "condition-device-identifier",
    manifest: running(7, 20, labelled({ 24: new Uint8Array(16).fill(0xd1) }), 24, 15, 3, 15),
    comment: "for this very device",
  },
  {
    name: "condition-check-content",
    manifest: manifest({
      7: commands(20, labelled({ 18: image }), 6, 15, 3, 15),
      20: commands(20, labelled({ 18: image }), 18, 2, 3, 15),
    }),
    update: "write 0, image-match 0, image-match 0",
    comment: "the content was written by the same manifest, so it is known",
  },
  {
    name: "condition-abort-in-an-alternative",
    manifest: running(7, 15, [commands(14, 0), commands(3, 15)]),
    comment: "the first alternative always fails, the second is taken",
  },
  {
    name: "component-index-integer",
    ...two,
    manifest: twoComponents(),
    update: twoFetched,
    comment: "with more than one component every sequence begins with set-component-index",
  },
  {
    name: "component-index-list",
    ...two,
    manifest: twoComponents({ 7: commands(12, [1, 0], 3, 15) }),
    update: "fetch 0, image-match 0, fetch 1, image-match 1, image-match 1, image-match 0",
    invocation: "image-match 1, image-match 0, invoke 0",
    comment: "each command runs once for each listed component, in the order of the list",
  },
  {
    name: "try-each-with-nil",
    manifest: running(7, 15, [commands(14, 0), commands(14, 0), null], 3, 15),
    comment: "nil in the end: all alternatives may fail",
  },
  {
    name: "try-each-by-slot",
    manifest: running(
      20,
      ...[
        15,
        [
          commands(20, labelled({ 5: 0 }), 5, 15, 20, labelled({ 21: "slot-0.bin" })),
          commands(20, labelled({ 5: 1 }), 5, 15, 20, labelled({ 21: "slot-1.bin" })),
        ],
      ],
      ...[21, 2, 3, 15],
    ),
    comment: "one manifest for both slots, as in example 3 of the draft",
  },
  {
    name: "run-sequence",
    manifest: running(7, 32, commands(3, 15)),
    comment: "a sequence in the sequence",
  },
  {
    name: "soft-failure-in-run-sequence",
    manifest: running(7, 32, commands(20, labelled({ 13: true }), 14, 0), 3, 15),
    comment: "the failed condition ends the inner sequence only",
  },
  {
    name: "strict-order-false",
    ...two,
    manifest: twoComponents({
      20: commands(
        ...[12, 0, 20, labelled({ 12: false, 21: "firmware.bin" }), 21, 2],
        ...[12, 1, 20, labelled({ 21: "settings.bin" }), 21, 2],
        ...[20, labelled({ 12: true }), 12, true, 3, 15],
      ),
    }),
    update: "fetch 0, fetch 1, image-match 0, image-match 1, image-match 0, image-match 1",
    comment: "allowed, and carried out in order all the same",
  },
  {
    name: "directive-write",
    manifest: running(20, 20, labelled({ 18: image }), 18, 2, 3, 15),
    update: "write 0, image-match 0, image-match 0",
    comment: "a small image inside the manifest",
  },
  {
    name: "directive-copy",
    ...two,
    manifest: twoComponents({
      3: common({ 2: [firmware, settings], 4: commands(12, true, 20, shownImage(), ...isForUs) }),
      20: commands(
        ...[12, 1, 20, labelled({ 21: "firmware.bin" }), 21, 2, 3, 15],
        ...[12, 0, 20, labelled({ 22: 1 }), 22, 2, 3, 15],
      ),
    }),
    update: "fetch 1, image-match 1, copy 0, image-match 0, image-match 0, image-match 1",
    comment: "from the component that the image was fetched into",
  },
  {
    name: "directive-swap",
    ...two,
    manifest: twoComponents({
      3: common({ 2: [firmware, settings], 4: commands(12, true, 20, shownImage(), ...isForUs) }),
      7: commands(12, 0, 3, 15),
      20: commands(
        ...[12, 1, 20, labelled({ 21: "firmware.bin" }), 21, 2, 3, 15],
        ...[12, 0, 20, labelled({ 22: 1 }), 31, 2, 3, 15],
      ),
    }),
    update: "fetch 1, image-match 1, swap 0, image-match 0, image-match 0",
    invocation: "image-match 0, invoke 0",
    comment: "with the component that the image was fetched into",
  },
  {
    name: "invoke-arguments",
    manifest: running(9, 20, labelled({ 23: utf8("--safe") }), 23, 2),
    comment: "they are signed like everything else",
  },
  {
    name: "every-reporting-policy",
    manifest: running(7, ...Array.from({ length: 16 }, (_, policy) => [3, policy]).flat()),
    update: `fetch 0, ${Array(17).fill("image-match 0").join(", ")}`,
    invocation: `${Array(16).fill("image-match 0").join(", ")}, invoke 0`,
    comment: "0 to 15; a hint for reports, without influence on what is done",
  },
];

export const parameterRows: readonly AcceptedEnvelope[] = [
  {
    name: "vendor-is-a-private-enterprise-number",
    manifest: sharing(20, shownImage({ 1: raw("d8 70 43 81fd59") }), ...isForUs),
    comment: "tag 112 around the relative object identifier 32473 (RFC 9090), which the recipient has too",
  },
  {
    name: "image-digest-sha-384",
    manifest: sharing(20, shownImage({ 3: encode([-43, digestWith("sha384", image)]) }), ...isForUs),
    comment: "algorithm -43",
  },
  {
    name: "image-digest-sha-512",
    manifest: sharing(20, shownImage({ 3: encode([-44, digestWith("sha512", image)]) }), ...isForUs),
    comment: "algorithm -44",
  },
  {
    name: "image-size-absent",
    manifest: sharing(20, shownImage({ 14: undefined }), ...isForUs),
    comment: "allowed: then only the slot bounds the image",
  },
  {
    name: "fetch-arguments",
    manifest: running(20, 20, labelled({ 21: "firmware.bin", 25: utf8("range") }), 21, 2, 3, 15),
    comment: "registered in the CDDL of the draft, missing in its IANA table",
  },
  {
    name: "parameters-in-two-steps",
    manifest: sharing(
      20,
      shownImage({ 3: undefined, 14: undefined }),
      ...isForUs,
      20,
      shownImage({ 1: undefined, 2: undefined }),
    ),
    comment: "what is set stays set until the end of the procedure",
  },
];

import type { CborValue } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import {
  classId,
  commands,
  common,
  envelope,
  firmware,
  isForUs,
  labelled,
  manifest,
  modem,
  running,
  sharing,
  shownImage,
  vendorId,
} from "./craft-envelope.ts";
import type { RejectedEnvelope } from "./suit-vector.ts";

const hexText = (text: string): string => bytesToHex(new TextEncoder().encode(text));
const stranger = new Uint8Array(16).fill(0xee);
const alternatives = (...sequences: readonly Uint8Array[]): CborValue[] => [15, [...sequences]];

/** Rows 10 to 12: what this recipient has, and who may write it. */
const placeRows: readonly RejectedEnvelope[] = [
  {
    row: 10,
    name: "sequence-below-the-floor",
    file: envelope(manifest({ 2: 4 })),
    refusal: { code: "rollback", facts: { offered: 4, floor: 5 } },
    threat: "T-IMG-EXPIRED",
    comment: "genuinely signed, and older than what is confirmed",
  },
  {
    row: 10,
    name: "sequence-0",
    file: envelope(manifest({ 2: 0 })),
    refusal: { code: "rollback", facts: { offered: 0, floor: 5 } },
    threat: "T-IMG-EXPIRED",
    comment: "the lowest there is",
  },
  {
    row: 10,
    name: "sequence-reused",
    file: envelope(manifest({ 2: 5, 9: undefined })),
    base: "installed-again",
    refusal: { code: "sequence-reused", facts: { sequence: 5 } },
    threat: "T-IMG-EXPIRED",
    comment: "the installed number with another manifest",
  },
  {
    row: 11,
    name: "component-of-another-device",
    file: envelope(manifest({ 3: common({ 2: [[new TextEncoder().encode("bootloader")]] }) })),
    refusal: { code: "component-unknown", facts: { component: hexText("bootloader") } },
    threat: "T-IMG-FORMAT",
    comment: "this recipient has firmware, settings and modem",
  },
  {
    row: 11,
    name: "component-with-a-further-segment",
    file: envelope(manifest({ 3: common({ 2: [[new TextEncoder().encode("firmware"), Uint8Array.of(0x61)]] }) })),
    refusal: { code: "component-unknown", facts: { component: `${hexText("firmware")}/61` } },
    threat: "T-IMG-LOCATION",
    comment: "an identifier is the same only as a whole",
  },
  {
    row: 12,
    name: "component-of-another-role",
    file: envelope(manifest({ 3: common({ 2: [modem] }) })),
    refusal: { code: "component-not-authorised", facts: { component: hexText("modem"), role: "release" } },
    threat: "T-IMG-LOCATION",
    comment: "the recipient has it; the vendor's keys may not write it",
  },
  {
    row: 12,
    name: "second-component-of-another-role",
    file: envelope(
      manifest({
        3: common({ 2: [firmware, modem], 4: commands(12, true, 20, shownImage(), ...isForUs) }),
        7: commands(12, 0, 3, 15),
        9: commands(12, 0, 23, 2),
        20: commands(12, 0, 20, labelled({ 21: "firmware.bin" }), 21, 2, 3, 15),
      }),
    ),
    base: "component-index-integer",
    refusal: { code: "component-not-authorised", facts: { component: hexText("modem"), role: "release" } },
    threat: "T-IMG-LOCATION",
    comment: "listed is enough: no command has to name it",
  },
];

const forWhom = (...items: readonly CborValue[]): Uint8Array => envelope(sharing(...items));
/** The pattern for the vendor and class conditions behind the parameters. */
const behindParameters = "0e 1819";

/** Rows 16 and 17: for whom the manifest is. */
const identityRows: readonly RejectedEnvelope[] = [
  {
    row: 16,
    name: "no-shared-sequence",
    file: envelope(manifest({ 3: common({ 4: undefined }), 7: commands(20, shownImage(), ...isForUs, 3, 15) })),
    refusal: { code: "identity-missing", facts: { condition: "vendor-identifier" } },
    threat: "T-IMG-INCOMPATIBLE",
    comment: "asked in validate is asked too late",
  },
  {
    row: 16,
    name: "no-vendor-condition",
    file: forWhom(20, shownImage(), 2, 15),
    refusal: { code: "identity-missing", facts: { condition: "vendor-identifier" } },
    threat: "T-IMG-INCOMPATIBLE",
    comment: "the parameter is there, and nothing compares it",
  },
  {
    row: 16,
    name: "no-class-condition",
    file: forWhom(20, shownImage(), 1, 15),
    refusal: { code: "identity-missing", facts: { condition: "class-identifier" } },
    threat: "T-IMG-INCOMPATIBLE",
    comment: "every device of the vendor would take it",
  },
  {
    row: 16,
    name: "conditions-in-an-alternative-that-was-left",
    file: forWhom(20, shownImage(), ...alternatives(commands(...isForUs, 14, 0), commands(20, labelled({ 14: 25 })))),
    refusal: { code: "identity-missing", facts: { condition: "vendor-identifier" } },
    threat: "T-IMG-INCOMPATIBLE",
    comment: "the alternative that was taken asks nothing",
  },
  {
    row: 16,
    name: "failed-vendor-condition-forgiven",
    file: forWhom(20, shownImage({ 1: stranger }), 32, commands(20, labelled({ 13: true }), 1, 15), 2, 15),
    refusal: { code: "identity-missing", facts: { condition: "vendor-identifier" } },
    threat: "T-IMG-INCOMPATIBLE",
    comment: "soft-failure ends the inner sequence; the condition did not hold all the same",
  },
  {
    row: 17,
    name: "vendor-of-another",
    file: forWhom(20, shownImage({ 1: stranger }), ...isForUs),
    at: `${behindParameters} | 01 0f 02 0f`,
    refusal: { code: "wrong-vendor", facts: { offered: bytesToHex(stranger) } },
    threat: "T-IMG-INCOMPATIBLE",
    comment: "right key, other vendor's devices",
  },
  {
    row: 17,
    name: "class-of-another",
    file: forWhom(20, shownImage({ 2: stranger }), ...isForUs),
    at: `${behindParameters} 01 0f | 02 0f`,
    refusal: { code: "wrong-class", facts: { offered: bytesToHex(stranger) } },
    threat: "T-IMG-INCOMPATIBLE",
    comment: "right vendor, other model",
  },
  {
    row: 17,
    name: "vendor-and-class-exchanged",
    file: forWhom(20, shownImage({ 1: classId, 2: vendorId }), ...isForUs),
    at: `${behindParameters} | 01 0f 02 0f`,
    refusal: { code: "wrong-vendor", facts: { offered: bytesToHex(classId) } },
    threat: "T-IMG-INCOMPATIBLE",
    comment: "both known here, each for something else",
  },
  {
    row: 17,
    name: "vendor-parameter-missing",
    file: forWhom(20, shownImage({ 1: undefined }), ...isForUs),
    at: `${behindParameters} | 01 0f 02 0f`,
    refusal: { code: "wrong-vendor", facts: { offered: "" } },
    threat: "T-IMG-INCOMPATIBLE",
    comment: "a condition without its parameter fails",
  },
  {
    row: 17,
    name: "class-parameter-missing",
    file: forWhom(20, shownImage({ 2: undefined }), ...isForUs),
    at: `${behindParameters} 01 0f | 02 0f`,
    refusal: { code: "wrong-class", facts: { offered: "" } },
    threat: "T-IMG-INCOMPATIBLE",
    comment: "a condition without its parameter fails",
  },
  {
    row: 17,
    name: "device-of-another",
    file: envelope(running(7, 20, labelled({ 24: stranger }), 24, 15, 3, 15)),
    base: "condition-device-identifier",
    at: "| 1818 0f 03 0f",
    refusal: { code: "wrong-device", facts: { offered: bytesToHex(stranger) } },
    threat: "T-IMG-INCOMPATIBLE",
    comment: "right model, other unit",
  },
  {
    row: 17,
    name: "device-parameter-missing",
    file: envelope(running(7, 24, 15, 3, 15)),
    base: "condition-device-identifier",
    at: "84 | 1818 0f 03 0f",
    refusal: { code: "wrong-device", facts: { offered: "" } },
    threat: "T-IMG-INCOMPATIBLE",
    comment: "a condition without its parameter fails",
  },
];

const expiring = (useBefore: number | bigint): Uint8Array =>
  envelope(running(7, 20, labelled({ 4: useBefore }), 4, 15, 3, 15));

/** Rows 19 and 20, and what the owner of the plant decides: sizes, times, approvals. */
const stateRows: readonly RejectedEnvelope[] = [
  {
    row: 19,
    name: "image-larger-than-the-slot",
    file: forWhom(20, shownImage({ 14: 65537 }), ...isForUs),
    refusal: { code: "image-too-large", facts: { size: 65537, limit: 65536 } },
    threat: "T-IMG-EXTRA",
    comment: "decided from the manifest, before a byte of the image is fetched",
  },
  {
    row: 19,
    name: "image-of-2-to-the-64-minus-1-bytes",
    file: forWhom(20, shownImage({ 14: 2n ** 64n - 1n }), ...isForUs),
    refusal: { code: "image-too-large", facts: { size: 2n ** 64n - 1n, limit: 65536 } },
    threat: "T-IMG-EXTRA",
    comment: "as a signed number it would be -1, and fit",
  },
  {
    row: 20,
    name: "expired",
    file: expiring(1_799_999_999),
    base: "condition-use-before",
    refusal: { code: "expired", facts: { useBefore: 1_799_999_999, now: 1_800_000_000 } },
    threat: "T-IMG-EXPIRED-OFFLINE",
    comment: "a second ago",
  },
  {
    row: 20,
    name: "expired-at-this-very-second",
    file: expiring(1_800_000_000),
    base: "condition-use-before",
    refusal: { code: "expired", facts: { useBefore: 1_800_000_000, now: 1_800_000_000 } },
    threat: "T-IMG-EXPIRED-OFFLINE",
    comment: "to be used before it",
  },
  {
    row: 20,
    name: "freshness-unknown",
    file: expiring(1_900_000_000),
    base: "condition-use-before",
    context: "no-clock",
    refusal: { code: "freshness-unknown", facts: { useBefore: 1_900_000_000 } },
    threat: "T-IMG-EXPIRED-OFFLINE",
    comment: "without a trusted clock nobody knows, and that is not a pass",
  },
  {
    row: 20,
    name: "use-before-without-its-parameter",
    file: envelope(running(7, 4, 15, 3, 15)),
    base: "condition-use-before",
    at: "84 | 04 0f 03 0f",
    refusal: { code: "condition-failed", facts: { condition: "use-before" } },
    comment: "a condition without its parameter fails",
  },
  {
    row: 4,
    name: "approval-missing",
    file: envelope(),
    base: "two-signatures",
    context: "owner-approves",
    refusal: { code: "not-approved", facts: { role: "owner", have: 0, need: 1 } },
    threat: "T-UPD-UNAPPROVED",
    comment: "this refusal waits; it does not fail",
  },
  {
    row: 4,
    name: "window-closed",
    file: envelope(),
    context: "window-closed",
    refusal: { code: "outside-window" },
    threat: "T-UPD-UNAPPROVED",
    comment: "this refusal waits; it does not fail",
  },
  {
    row: 4,
    name: "interlock-engaged",
    file: envelope(),
    context: "interlock-engaged",
    refusal: { code: "interlock" },
    threat: "T-UPD-UNAPPROVED",
    comment: "this refusal waits; it does not fail",
  },
];

export const recipientRows: readonly RejectedEnvelope[] = [...placeRows, ...identityRows, ...stateRows];

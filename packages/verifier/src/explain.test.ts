import { describe, expect, test } from "vitest";
import { explain } from "./explain.ts";
import type { CommandFailure, Rejection } from "./rejection.ts";
import type { ReportRejection } from "./report-rejection.ts";

type Any = Rejection | ReportRejection;
type Code = Any["code"];

interface Sample<C extends Code> {
  readonly rejection: Extract<Any, { readonly code: C }>;
  /** What the problem has to say: each fact that helps a person. */
  readonly says: readonly string[];
  /** What the remedy has to say, where that is more than a matter of taste. */
  readonly advises?: string;
}

const longId = "0123456789abcdeffedcba9876543210";
const shownId = "key 0123456789abcdef";

/** Every code there is, and every way to say it: a new code without a sample does not compile. */
const samples: { readonly [C in Code]: readonly Sample<C>[] } = {
  malformed: [
    {
      rejection: { code: "malformed", reason: "non-shortest", field: "manifest.common", offset: 77 },
      says: ["manifest.common", "offset 77", "non shortest"],
    },
  ],
  "too-large": [{ rejection: { code: "too-large", size: 70_001, limit: 65_536 }, says: ["70001", "65536"] }],
  "limit-exceeded": [
    { rejection: { code: "limit-exceeded", limit: "max-commands", offset: 5 }, says: ["max commands", "offset 5"] },
  ],
  unsupported: [
    {
      rejection: { code: "unsupported", field: "manifest.command", offset: 9, label: 41 },
      says: ["manifest.command", "number 41", "offset 9", "not supported"],
    },
  ],
  "member-unauthenticated": [
    { rejection: { code: "member-unauthenticated", member: "install", offset: 3 }, says: ["install", "offset 3"] },
  ],
  "signature-invalid": [
    { rejection: { code: "signature-invalid", keyId: longId }, says: [`by ${shownId} does`] },
    { rejection: { code: "signature-invalid", keyId: null }, says: ["a key without id"] },
  ],
  "signer-unknown": [
    { rejection: { code: "signer-unknown", keyIds: [] }, says: ["no trusted key fits any signature"] },
    { rejection: { code: "signer-unknown", keyIds: [longId, "ff00"] }, says: [`has the id ${shownId} or key ff00`] },
  ],
  "algorithm-not-allowed": [
    { rejection: { code: "algorithm-not-allowed", algorithm: null, keyId: null }, says: ["not a COSE_Sign1"] },
    {
      rejection: { code: "algorithm-not-allowed", algorithm: -7, keyId: null },
      says: ["algorithm -7", "for this trust record"],
    },
    { rejection: { code: "algorithm-not-allowed", algorithm: -8, keyId: longId }, says: ["-8", `for ${shownId}`] },
  ],
  "threshold-not-met": [
    {
      rejection: { code: "threshold-not-met", role: "vendor", have: 1, need: 3, part: "any" },
      says: ["role vendor needs 3 signatures,", "has 1"],
    },
    {
      rejection: { code: "threshold-not-met", role: "vendor", have: 0, need: 2, part: "classical" },
      says: ["2 signatures by classical keys"],
    },
    {
      rejection: { code: "threshold-not-met", role: "vendor", have: 0, need: 2, part: "ml-dsa" },
      says: ["2 signatures by ML-DSA keys"],
    },
  ],
  "digest-not-allowed": [
    {
      rejection: { code: "digest-not-allowed", digest: "sha-256", of: "image", profile: "cnsa2" },
      says: ["the image", "sha-256", "cnsa2"],
    },
  ],
  "manifest-digest-mismatch": [
    {
      rejection: { code: "manifest-digest-mismatch", claimed: "aa11", computed: "bb22" },
      says: ["is bb22", "signed was aa11"],
    },
  ],
  "severed-member-mismatch": [
    { rejection: { code: "severed-member-mismatch", member: "text", offset: 4 }, says: ["text member was altered"] },
  ],
  "severed-member-missing": [
    {
      rejection: { code: "severed-member-missing", member: "install" },
      says: ["install member", "did not come along"],
    },
  ],
  "identity-missing": [
    { rejection: { code: "identity-missing", condition: "class-identifier" }, says: ["check the class identifier"] },
  ],
  "wrong-vendor": [
    { rejection: { code: "wrong-vendor", offered: "c0ffee", offset: 1 }, says: ["another vendor", "(c0ffee)"] },
  ],
  "wrong-class": [
    { rejection: { code: "wrong-class", offered: "c0ffee", offset: 1 }, says: ["another class", "(c0ffee)"] },
  ],
  "wrong-device": [
    { rejection: { code: "wrong-device", offered: "c0ffee", offset: 1 }, says: ["another device", "(c0ffee)"] },
  ],
  "component-unknown": [{ rejection: { code: "component-unknown", component: "00/01" }, says: ["component 00/01"] }],
  "component-not-authorised": [
    { rejection: { code: "component-not-authorised", component: "00", role: "radio" }, says: ["role radio", "00"] },
  ],
  rollback: [{ rejection: { code: "rollback", offered: 4n, floor: 7n }, says: ["sequence 4", "confirmed 7"] }],
  "sequence-reused": [{ rejection: { code: "sequence-reused", sequence: 6n }, says: ["sequence 6", "different"] }],
  expired: [{ rejection: { code: "expired", useBefore: 100n, now: 200n }, says: ["before 100", "is 200"] }],
  "freshness-unknown": [
    { rejection: { code: "freshness-unknown", useBefore: 100n }, says: ["at 100", "no trusted clock"] },
  ],
  "not-approved": [
    { rejection: { code: "not-approved", role: "plant", have: 1, need: 2 }, says: ["plant has 1 of 2 approvals"] },
  ],
  "outside-window": [{ rejection: { code: "outside-window" }, says: ["maintenance window"] }],
  interlock: [{ rejection: { code: "interlock" }, says: ["interlock"] }],
  "condition-failed": [
    {
      rejection: { code: "condition-failed", condition: "component-slot", offset: 8 },
      says: ["component slot", "offset 8"],
    },
  ],
  "command-failed": [
    {
      rejection: { code: "command-failed", command: "process-dependency", offset: 8, because: "no-dependency" },
      says: ["process dependency", "offset 8", ": the component is no dependency"],
    },
  ],
  "component-state-unknown": [
    {
      rejection: { code: "component-state-unknown", component: "00", condition: "image-not-match", offset: 8 },
      says: ["image not match", "offset 8", "component 00"],
    },
  ],
  "dependency-refused": [
    {
      rejection: { code: "dependency-refused", dependency: 2, offset: 50, because: { code: "interlock" } },
      says: ["dependency 2", "offset 50", "interlock"],
      advises: "release the interlock",
    },
  ],
  "image-match-missing": [
    { rejection: { code: "image-match-missing", component: "00", offset: 60 }, says: ["component 00", "offset 60"] },
  ],
  "image-too-large": [{ rejection: { code: "image-too-large", size: 9n, limit: 8n }, says: ["9 bytes", "holds 8"] }],
  "image-too-short": [{ rejection: { code: "image-too-short", expected: 9n, received: 8n }, says: ["after 8 of 9"] }],
  "image-too-long": [{ rejection: { code: "image-too-long", expected: 9n }, says: ["the 9 bytes"] }],
  "image-digest-mismatch": [
    {
      rejection: { code: "image-digest-mismatch", expected: "aa11", computed: "bb22" },
      says: ["is bb22", "signed was aa11"],
    },
  ],
  "no-decryption-key": [{ rejection: { code: "no-decryption-key", recipients: [] }, says: ["not encrypted for any"] }],
  "decryption-failed": [
    {
      rejection: { code: "decryption-failed", because: "key-unwrap" },
      says: ["open the content key"],
      advises: "encrypts for the key",
    },
    {
      rejection: { code: "decryption-failed", because: "truncated" },
      says: ["missing at its end"],
      advises: "cut off",
    },
    {
      rejection: { code: "decryption-failed", because: "tag-mismatch" },
      says: ["not what was encrypted"],
      advises: "hostile",
    },
  ],
  "ciphertext-unverified": [{ rejection: { code: "ciphertext-unverified", algorithm: "A128CTR" }, says: ["A128CTR"] }],
  "slot-readback-mismatch": [
    { rejection: { code: "slot-readback-mismatch", expected: "aa11", computed: "bb22" }, says: ["in the slot"] },
  ],
  "report-signer-unknown": [
    {
      rejection: { code: "report-signer-unknown", keyId: longId, expected: "ff00" },
      says: [`by ${shownId}, the device has ff00`],
    },
  ],
  "report-algorithm-not-allowed": [
    { rejection: { code: "report-algorithm-not-allowed", algorithm: null }, says: ["names no algorithm"] },
    { rejection: { code: "report-algorithm-not-allowed", algorithm: -9 }, says: ["algorithm -9"] },
  ],
  "report-signature-invalid": [
    { rejection: { code: "report-signature-invalid", keyId: longId }, says: [`by ${shownId} does`] },
  ],
  "report-nonce-mismatch": [
    {
      rejection: { code: "report-nonce-mismatch", expected: "aa11", received: null },
      says: ["does not carry the nonce"],
    },
    {
      rejection: { code: "report-nonce-mismatch", expected: "aa11", received: "bb22" },
      says: ["nonce bb22", "asked for was aa11"],
    },
  ],
  "report-digest-mismatch": [
    {
      rejection: { code: "report-digest-mismatch", expected: "aa11", received: "bb22" },
      says: ["manifest bb22, not aa11"],
    },
  ],
  "report-uri-mismatch": [
    {
      rejection: { code: "report-uri-mismatch", expected: null, received: "https://b.example" },
      says: ["has no reference-uri"],
      advises: "release with a reference-uri",
    },
    {
      rejection: { code: "report-uri-mismatch", expected: "https://a.example", received: "https://b.example" },
      says: ["another reference-uri"],
      advises: "not trustworthy",
    },
  ],
  "report-manifest-unknown": [
    { rejection: { code: "report-manifest-unknown", manifest: [1, 0] }, says: ["dependency (1.0)"] },
  ],
  "report-section-unknown": [
    { rejection: { code: "report-section-unknown", section: "install" }, says: ["the install sequence"] },
  ],
  "report-record-pointless": [
    {
      rejection: { code: "report-record-pointless", section: "install", offset: 3 },
      says: ["nothing at byte 3", "install sequence"],
    },
  ],
  "report-measurement-contradicts": [
    {
      rejection: { code: "report-measurement-contradicts", section: "validate", offset: 3 },
      says: ["success", "byte 3", "validate sequence"],
      advises: "not trustworthy",
    },
  ],
  "report-component-unknown": [
    { rejection: { code: "report-component-unknown", component: 4 }, says: ["component 4"] },
  ],
  "report-reason-contradicts": [
    {
      rejection: { code: "report-reason-contradicts", reason: "invoke-pending", section: "install", offset: 3 },
      says: ["byte 3", "install sequence", "with invoke pending"],
    },
  ],
};

const all: readonly { [C in Code]: Sample<C> }[Code][] = Object.values(samples).flat();

/** One sentence: no capital, no full stop, no hole where a fact belongs. */
const sentence = /^[a-z](?:(?! {2}|undefined| [,:;.)]).)*[a-z0-9)\]]$/;

describe("a person reads what is wrong, with the facts, and what to do", () => {
  test.each(all)("$rejection.code: $says", ({ rejection, says, advises = "" }) => {
    const { problem, remedy } = explain(rejection);
    expect(problem).toMatch(sentence);
    expect(remedy).toMatch(sentence);
    for (const fact of says) expect(problem).toContain(fact);
    expect(remedy).toContain(advises);
  });

  test("in other words for every refusal", () => {
    const problems = all.map(({ rejection }) => explain(rejection).problem);
    expect(new Set(problems).size).toBe(problems.length);
  });

  test("with no more of a key id than tells keys apart", () => {
    for (const { rejection } of all) expect(explain(rejection).problem).not.toContain(longId.slice(0, 17));
  });
});

const becauses: Readonly<Record<CommandFailure, string>> = {
  "parameter-missing": "never set",
  "payload-missing": "does not hold the payload",
  "component-index": "does not list",
  "same-component": "same component",
  "soft-failure-outside": "outside try-each and run-sequence",
  "nothing-to-try": "no alternative",
  "too-many-commands": "more commands",
  "order-matters": "strict-order is false",
  "component-not-fixed": "name its component first",
  "in-shared-sequence": "shared sequence",
  "no-dependency": "no dependency",
  "dependency-absent": "not fetched before",
  "dependency-unverified": "not verified before",
  "dependency-replaced": "take the place",
  "dependency-passed-over": "never runs it",
};

test.each(Object.entries(becauses))("a command cannot run because of %s", (because, said) => {
  const rejection = {
    code: "command-failed",
    command: "fetch",
    offset: 1,
    because: because as CommandFailure,
  } as const;
  expect(explain(rejection).problem).toMatch(sentence);
  expect(explain(rejection).problem).toContain(said);
});

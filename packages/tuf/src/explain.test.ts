import { expect, test } from "vitest";
import { explain } from "./explain.ts";
import type { TufRefusal, TufRefusalCode } from "./refusal.ts";

const keyId = "ab".repeat(32);

/** One of each; a new code without an example does not compile. */
const examples: { readonly [code in TufRefusalCode]: Extract<TufRefusal, { code: code }> } = {
  malformed: { code: "malformed", file: "timestamp.json", field: "", reason: "syntax", offset: 7 },
  "keyid-mismatch": { code: "keyid-mismatch", file: "2.root.json", keyId, computed: "cd".repeat(32), offset: 3 },
  "duplicate-key": { code: "duplicate-key", file: "2.root.json", keyIds: [keyId, keyId], offset: 3 },
  "duplicate-signature": { code: "duplicate-signature", file: "2.root.json", keyId, offset: 3 },
  "threshold-not-met": { code: "threshold-not-met", role: "targets", authority: "root", have: 1, need: 2 },
  "algorithm-not-allowed": { code: "algorithm-not-allowed", role: "targets", keyId, scheme: "x" },
  rollback: { code: "rollback", role: "timestamp", have: 2, offered: 1, since: "stored" },
  "root-version-gap": { code: "root-version-gap", expected: 3, offered: 4 },
  "version-mismatch": { code: "version-mismatch", role: "snapshot", listed: 3, offered: 2 },
  expired: { code: "expired", role: "timestamp", expires: 0n, time: 1n },
  "freshness-unknown": { code: "freshness-unknown", roles: ["root"] },
  "clock-implausible": { code: "clock-implausible", clock: 2n, limit: 1n },
  "length-mismatch": { code: "length-mismatch", file: "x", expected: 2, received: undefined },
  "digest-mismatch": { code: "digest-mismatch", file: "x", algorithm: "sha256", expected: keyId, computed: keyId },
  "digest-unknown": { code: "digest-unknown", file: "x", algorithms: ["md5"] },
  "too-large": { code: "too-large", file: "x", limit: 1 },
  stalled: { code: "stalled", file: "x" },
  "file-missing": { code: "file-missing", file: "x" },
  "not-stored": { code: "not-stored", file: "x" },
  "role-removed": { code: "role-removed", role: "line-drives" },
  "role-missing": { code: "role-missing", role: "line-drives" },
  "role-ambiguous": { code: "role-ambiguous", role: "x", delegators: ["a", "b"] },
  "target-unknown": { code: "target-unknown", target: "x" },
  "search-too-long": { code: "search-too-long", target: "x", limit: 32 },
  "wrong-tree": { code: "wrong-tree", file: "x", expected: "online", offered: "offline" },
  "custom-mismatch": { code: "custom-mismatch", member: "sequence", tuf: "1", suit: null },
  "not-approved": { code: "not-approved", target: "x" },
  "plant-disagrees": { code: "plant-disagrees", target: "x", member: "sha256", vendor: "1", plant: "2" },
};

test.each(Object.values(examples))("$code has a problem and a remedy, in plain words", (refusal) => {
  const { problem, remedy } = explain(refusal);
  for (const sentence of [problem, remedy]) {
    expect(sentence).toMatch(/^[a-z0-9].*[^.]$/);
    expect(sentence).not.toMatch(/undefined|\[object|NaN/);
  }
});

test("facts are told", () => {
  expect(explain(examples.rollback).problem).toContain("version 1 is older than version 2");
  expect(explain({ ...examples["wrong-tree"], expected: "offline", offered: "online" }).remedy).toContain("bundle");
  expect(explain({ ...examples["length-mismatch"], received: 1 }).problem).toContain("has 1 bytes");
  expect(explain(examples.expired).problem).toContain("1970-01-01T00:00:00Z");
});

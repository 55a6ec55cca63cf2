import { expect, test } from "vitest";
import { decidePublish, type PlacedRelease } from "./decide-publish.ts";

const existing: readonly PlacedRelease[] = [
  { id: 1, envelopeSha256: "e1", manifestDigest: "m1", sequence: 10n },
  { id: 2, envelopeSha256: "e2", manifestDigest: "m2", sequence: 20n },
];

test.each([
  [
    "the first of its series",
    { envelopeSha256: "x", manifestDigest: "x", sequence: 0n },
    [],
    { ok: true, value: { do: "publish" } },
  ],
  [
    "a higher number",
    { envelopeSha256: "x", manifestDigest: "x", sequence: 21n },
    existing,
    { ok: true, value: { do: "publish" } },
  ],
  [
    "the same envelope again",
    { envelopeSha256: "e2", manifestDigest: "m2", sequence: 20n },
    existing,
    { ok: true, value: { do: "nothing", id: 2 } },
  ],
  [
    "an older envelope again",
    { envelopeSha256: "e1", manifestDigest: "m1", sequence: 10n },
    existing,
    { ok: true, value: { do: "nothing", id: 1 } },
  ],
  [
    "the newest number for something else",
    { envelopeSha256: "x", manifestDigest: "x", sequence: 20n },
    existing,
    { ok: false, error: { code: "sequence-reused", sequence: "20", release: 2 } },
  ],
  [
    "an older number for something else",
    { envelopeSha256: "x", manifestDigest: "x", sequence: 10n },
    existing,
    { ok: false, error: { code: "sequence-reused", sequence: "10", release: 1 } },
  ],
  [
    "a number in between",
    { envelopeSha256: "x", manifestDigest: "x", sequence: 15n },
    existing,
    { ok: false, error: { code: "rollback", offered: "15", newest: "20" } },
  ],
  [
    "a number below all",
    { envelopeSha256: "x", manifestDigest: "x", sequence: 1n },
    existing,
    { ok: false, error: { code: "rollback", offered: "1", newest: "20" } },
  ],
  [
    "the same manifest in another envelope",
    { envelopeSha256: "x", manifestDigest: "m2", sequence: 20n },
    existing,
    { ok: false, error: { code: "manifest-already-published", release: 2 } },
  ],
] as const)("%s", (_name, offered, releases, decided) => {
  expect(decidePublish(offered, releases)).toEqual(decided);
});

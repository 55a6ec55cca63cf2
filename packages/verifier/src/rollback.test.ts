import { expect, test } from "vitest";
import { judgeSequence } from "./rollback.ts";

const one = new Uint8Array(32).fill(1);
const two = new Uint8Array(32).fill(2);

test.each([
  {
    threat: "T-IMG-EXPIRED",
    name: "a lower number",
    offered: 4n,
    floor: 5n,
    known: one,
    answer: { error: { code: "rollback", offered: 4n, floor: 5n } },
  },
  {
    threat: "T-IMG-EXPIRED",
    name: "zero under a floor of one",
    offered: 0n,
    floor: 1n,
    known: undefined,
    answer: { error: { code: "rollback", offered: 0n, floor: 1n } },
  },
  {
    threat: "T-IMG-EXPIRED",
    name: "a number that is only rounded up to the floor",
    offered: 2n ** 53n,
    floor: 2n ** 53n + 1n,
    known: one,
    answer: { error: { code: "rollback" } },
  },
  {
    threat: "T-MFST-MODIFICATION",
    name: "the same number, another manifest",
    offered: 5n,
    floor: 5n,
    known: two,
    answer: { error: { code: "sequence-reused", sequence: 5n } },
  },
  {
    threat: "-",
    name: "the same manifest again",
    offered: 5n,
    floor: 5n,
    known: one,
    answer: { value: "already-installed" },
  },
  {
    threat: "-",
    name: "the same number, manifest not known",
    offered: 5n,
    floor: 5n,
    known: undefined,
    answer: { value: "same-number" },
  },
  { threat: "-", name: "a higher number", offered: 6n, floor: 5n, known: one, answer: { value: "newer" } },
  {
    threat: "-",
    name: "the highest number",
    offered: 2n ** 64n - 1n,
    floor: 2n ** 64n - 2n,
    known: one,
    answer: { value: "newer" },
  },
])("$threat $name", ({ offered, floor, known, answer }) => {
  const installed = { floor, ...(known && { manifestDigest: known }) };
  expect(judgeSequence({ sequence: offered, manifestDigest: one }, installed)).toMatchObject(answer);
});

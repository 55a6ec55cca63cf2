import { bytesToHex } from "@sumac/crypto";
import * as cborg from "cborg";
import { describe, expect, test } from "vitest";
import { judgeCbor } from "./judge-cbor.ts";
import { readVectors } from "./vector-folder.ts";
import { demandedRefusal } from "./verdict.ts";

const vectors = readVectors("cbor");
const accepted = vectors.filter(({ expect: { verdict } }) => verdict === "accept");
const rejected = vectors.filter(({ expect: { verdict } }) => verdict === "reject");

describe("accepted, and written again byte for byte", () => {
  test.each(accepted.map((vector) => [vector.name, vector] as const))("%s", (_name, { bytes }) => {
    const verdict = judgeCbor(bytes);
    expect(verdict).toMatchObject({ verdict: "accept" });
    if (verdict.verdict === "accept") expect(bytesToHex(verdict.rewritten)).toBe(bytesToHex(bytes));
  });
});

describe("refused, each for its one failure", () => {
  test.each(rejected.map((vector) => [vector.name, vector] as const))("%s", (_name, vector) => {
    expect(judgeCbor(vector.bytes)).toEqual(demandedRefusal(vector));
  });
});

describe("cborg, an independent reader, agrees where it is as strict", () => {
  const options = {
    strict: true,
    allowIndefinite: false,
    allowUndefined: false,
    allowNaN: false,
    allowInfinity: false,
    useMaps: true,
    rejectDuplicateMapKeys: true,
    tags: { 18: (decode: () => unknown) => decode() },
  };
  const reads = (bytes: Uint8Array): boolean => {
    try {
      cborg.decode(bytes, options as Parameters<typeof cborg.decode>[1]);
      return true;
    } catch {
      return false;
    }
  };
  // It compares map keys by identity, knows no order of keys, rounds nothing but reads floats, and has no depth limit.
  const lenient = new Set(["unsorted-keys", "float", "invalid-utf8", "too-deep"]);
  const ownRules = new Set(["duplicate-array-key"]);

  test.each(accepted.map(({ name, bytes }) => [name, bytes] as const))("accepts %s", (_name, bytes) => {
    expect(reads(bytes)).toBe(true);
  });

  const comparable = rejected.filter(
    ({ name, expect: wanted }) =>
      wanted.verdict === "reject" && !lenient.has(wanted.reason ?? "") && !ownRules.has(name),
  );
  test.each(comparable.map(({ name, bytes }) => [name, bytes] as const))("refuses %s", (_name, bytes) => {
    expect(reads(bytes)).toBe(false);
  });
});

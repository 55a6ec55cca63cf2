import { bytesToHex } from "@sumac/crypto";
import { nobleCrypto } from "@sumac/crypto/noble";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { judgeCoseVector } from "./judge-cose.ts";
import { readVectors } from "./vector-folder.ts";
import { demandedRefusal } from "./verdict.ts";

const vectors = readVectors("cose").map((vector) => [vector.name, vector] as const);

describe.each([
  ["node", nodeCrypto],
  ["noble", nobleCrypto],
])("with the cryptography of %s", (_port, crypto) => {
  test.each(vectors.filter(([, vector]) => vector.expect.verdict === "accept"))(
    "%s is accepted, and written again byte for byte",
    (_name, vector) => {
      const verdict = judgeCoseVector(vector, crypto);
      expect(verdict).toMatchObject({ verdict: "accept" });
      if (verdict.verdict === "accept") expect(bytesToHex(verdict.rewritten)).toBe(bytesToHex(vector.bytes));
    },
  );

  test.each(vectors.filter(([, vector]) => vector.expect.verdict === "reject"))("%s is refused", (_name, vector) => {
    expect(judgeCoseVector(vector, crypto)).toEqual(demandedRefusal(vector));
  });
});

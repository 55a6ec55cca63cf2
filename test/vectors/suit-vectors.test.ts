import { bytesToHex } from "@sumac/crypto";
import { nobleCrypto } from "@sumac/crypto/noble";
import { nodeCrypto } from "@sumac/crypto/node";
import { explain, verifyEnvelope } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import { judgeSuit } from "./judge-suit.ts";
import { recipientContext } from "./recipient-context.ts";
import { readVectors } from "./vector-folder.ts";
import { demandedRefusal } from "./verdict.ts";

const vectors = readVectors("suit");
const named = (verdict: "accept" | "reject") =>
  vectors.filter((vector) => vector.expect.verdict === verdict).map((vector) => [vector.name, vector] as const);

/** What an accept vector says of itself. */
const meaningHeaders = ["sequence", "components", "digest", "standing", "update", "invocation"] as const;

describe.each([
  ["node", nodeCrypto],
  ["noble", nobleCrypto],
])("with the cryptography of %s", (_port, crypto) => {
  test.each(named("accept"))("%s is accepted with its meaning, and written again byte for byte", (_name, vector) => {
    const verdict = judgeSuit(vector.bytes, { ...recipientContext(vector.headers.context), crypto });
    const meaning = Object.fromEntries(meaningHeaders.map((header) => [header, vector.headers[header]]));
    expect(verdict).toMatchObject({ verdict: "accept", meaning });
    if (verdict.verdict === "accept") expect(bytesToHex(verdict.rewritten)).toBe(bytesToHex(vector.bytes));
  });

  test.each(named("reject"))("%s is refused", (_name, vector) => {
    const before = vector.bytes.slice();
    const verdict = judgeSuit(vector.bytes, { ...recipientContext(vector.headers.context), crypto });
    expect(verdict).toEqual(demandedRefusal(vector));
    expect(vector.bytes).toEqual(before);
  });
});

test("every refusal can be told to a person", () => {
  for (const [name, { bytes, headers }] of named("reject")) {
    const answer = verifyEnvelope(bytes, recipientContext(headers.context));
    if (answer.ok) throw new Error(name);
    const { problem, remedy } = explain(answer.error);
    expect(problem, name).toMatch(/^\S.*[^.]$/);
    expect(remedy, name).toMatch(/^\S.*[^.]$/);
    expect(`${problem} ${remedy}`, name).not.toMatch(/undefined(?!\))|\[object|NaN/);
  }
});

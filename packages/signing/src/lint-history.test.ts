import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { findingsIn } from "./lint.test.support.ts";
import { type PastRelease, readPastRelease } from "./lint-history.ts";
import { build, buildContext, makeSigner, testDescription } from "./release.test.support.ts";
import { signEnvelope } from "./sign-envelope.ts";

const past = (...given: Parameters<typeof build>): PastRelease => {
  const read = readPastRelease(build(...given).envelope, buildContext);
  if (!read.ok) throw new Error(read.error.code);
  return read.value;
};
const codes = (earlier: readonly PastRelease[]): readonly string[] =>
  findingsIn(build().envelope, { earlier }).map(({ code }) => code);

describe("sequence numbers against earlier releases", () => {
  test("reads what matters from an envelope", () => {
    const { envelope, classId, manifestDigest } = build();
    expect(readPastRelease(envelope, buildContext)).toEqual({
      ok: true,
      value: {
        sequence: 7n,
        manifestDigest: bytesToHex(manifestDigest.bytes),
        classIds: [bytesToHex(classId)],
        components: ["6669726d77617265"],
      },
    });
  });

  test.each<[string, readonly PastRelease[], readonly string[]]>([
    ["nothing before", [], []],
    ["a lower number", [past({ sequence: 6n })], []],
    ["the same number", [past({ sequence: 7n, version: "1.0.9" })], ["sequence-reused"]],
    ["a higher number", [past({ sequence: 8n })], ["sequence-not-higher"]],
    ["both", [past({ sequence: 8n }), past({ version: "1.0.9" })], ["sequence-reused"]],
    ["this release itself", [past()], []],
    ["another product", [past({ sequence: 9n, description: { ...testDescription, product: "other" } })], []],
    ["another vendor", [past({ sequence: 9n, description: { ...testDescription, vendor: "other.example" } })], []],
    [
      "another component of the same product",
      [
        past({
          sequence: 9n,
          description: { ...testDescription, components: [{ id: ["a"], name: "a", maxSize: 99n }] },
        }),
      ],
      [],
    ],
    ["one that names no class", [{ ...past({ sequence: 9n }), classIds: [] }], ["sequence-not-higher"]],
  ])("%s", (_, earlier, expected) => {
    expect(codes(earlier)).toEqual(expected);
  });

  test("a release that was signed in the meantime is the same release", async () => {
    const signed = await signEnvelope(build().envelope, makeSigner(), { crypto: nodeCrypto });
    const read = signed.ok ? readPastRelease(signed.value.envelope, buildContext) : signed;
    if (!read.ok) throw new Error(read.error.code);
    expect(codes([read.value])).toEqual([]);
  });

  test.each([
    ["no envelope", new Uint8Array(9), "malformed"],
    ["a changed manifest", build().envelope.map((byte, at) => (at === 60 ? byte ^ 1 : byte)), undefined],
  ])("%s is refused", (_, bytes, code) => {
    const read = readPastRelease(bytes, buildContext);
    expect(read.ok).toBe(false);
    if (code !== undefined) expect(read).toMatchObject({ error: { code } });
  });
});

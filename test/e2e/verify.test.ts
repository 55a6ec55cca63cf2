import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { bytesToHex } from "@sumac/crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { offered, releases, signers } from "../support/attack-scene.ts";
import { find, flip, takeApart } from "../support/crafted-envelope.ts";
import { classId, fixture, makeRelease, vendorId } from "../support/example-product.ts";
import { sharedVectors } from "../support/shared-vectors.ts";
import { type Ended, sumac } from "../support/sumac-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const publicKey = fixture("keys", "vendor.test-only.public.pem");
const verify = (...words: readonly string[]): Promise<Ended> => sumac(["verify", ...words, "--json"], { folder });

/** What is printed of every envelope; others script it, so members are only ever added. */
interface Verdict {
  readonly verdict: "accepted" | "refused";
  readonly code?: string;
  readonly field?: string;
  readonly offset?: number;
  readonly sequence: number | null;
  readonly manifestDigest: string | null;
  readonly signers: readonly { readonly keyId: string; readonly algorithm: string }[];
}

const vendorKeyId = bytesToHex(signers.vendor.keyId);
const known = {
  sequence: 3,
  manifestDigest: bytesToHex(takeApart(offered.envelope).digestElement).slice(-64),
  signers: [{ keyId: vendorKeyId, algorithm: "Ed25519", algorithmId: -19 }],
};
const unknown = { sequence: null, manifestDigest: null, signers: [] };
const hex = (id: Uint8Array): string => bytesToHex(id);

describe.concurrent("sumac verify on releases of the example product", { timeout: 60_000 }, () => {
  const files = {
    "good.suit": offered.envelope,
    "good.bin": offered.image,
    "bad.bin": flip(offered.image, 99),
    "bit.suit": flip(offered.envelope, find(offered.envelope, vendorId)),
    "page.suit": new TextEncoder().encode("<!doctype html>"),
    "large.suit": new Uint8Array(70_000),
    "older.suit": releases["1.0.0"].envelope,
  };
  beforeAll(async () => {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(path.join(folder, name), bytes);
    const made = { version: "3.0.0", sequence: 4n, image: offered.image };
    writeFileSync(path.join(folder, "unsigned.suit"), (await makeRelease(made, [])).envelope);
  });

  test("accepts with exit code 0, and checks everything it is given", async () => {
    const ids = ["--vendor-id", hex(vendorId), "--class-id", hex(classId), "--floor", "3"];
    const payload = ["--payload", `${offered.uri}=good.bin`];
    const { code, stderr, json } = await verify("good.suit", "--key", publicKey, ...ids, ...payload);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(json()).toEqual({
      verdict: "accepted",
      ...known,
      product: expect.any(String),
      version: expect.any(String),
      vendorIds: [expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)],
      classIds: [expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)],
      profile: "classic",
      payloads: [{ uri: offered.uri, state: "verified" }],
    });
  });

  const refused: readonly (readonly [words: string, code: string, rest: Partial<Verdict>])[] = [
    ["unsigned.suit", "threshold-not-met", { sequence: null, signers: [] }],
    ["bit.suit", "manifest-digest-mismatch", { sequence: null, signers: [] }],
    ["older.suit --floor 2", "rollback", { sequence: 1 }],
    [`good.suit --vendor-id ${hex(classId)}`, "wrong-vendor", { ...known, offset: expect.any(Number) as number }],
    [`good.suit --payload ${offered.uri}=bad.bin`, "image-digest-mismatch", known],
    ["large.suit", "too-large", unknown],
  ];
  test.each(refused)("%s: refused with exit code 3, %s", async (line, reason, rest) => {
    const { code, stderr, json } = await verify(...line.split(" "), "--key", publicKey);
    expect(json<Verdict>()).toMatchObject({ verdict: "refused", code: reason, ...rest });
    expect(stderr).toMatch(new RegExp(`^error\\[${reason}\\]: .+\\nhint: .+\\n$`));
    expect(code).toBe(3);
  });

  test("a page instead of an envelope: malformed, exit code 4, with field and offset", async () => {
    const { code, stderr, json } = await verify("page.suit", "--key", publicKey);
    expect(json<Verdict>()).toEqual({
      verdict: "refused",
      code: "malformed",
      field: expect.stringMatching(/^envelope/),
      offset: expect.any(Number),
      ...unknown,
    });
    expect(stderr).toMatch(/^error\[malformed\]: .+\nhint: .+\n$/);
    expect(code).toBe(4);
  });

  test.each([
    ["nothing.suit", 5],
    ["good.suit --colour", 2],
  ])("%s: exit code %i, and no verdict", async (line, code) => {
    const ended = await verify(...line.split(" "), "--key", publicKey);
    expect(ended.code).toBe(code);
    expect(ended.stderr).toMatch(/^error\[[a-z-]+\]: .+\nhint: .+\n$/);
    expect(ended.stdout).not.toContain("verdict");
  });
});

interface Vector {
  readonly file: string;
  readonly signed: boolean;
  readonly alg: number | null;
  readonly sequenceNumber: number;
  readonly manifestDigest: { readonly hex: string };
}

const { folder: vectors, absent } = sharedVectors("suit");
const published = absent
  ? []
  : (JSON.parse(readFileSync(path.join(vectors, "INDEX.json"), "utf8")) as { envelopes: Vector[] }).envelopes;

describe.skipIf(absent)("sumac verify on the published envelopes of draft-37", { timeout: 60_000 }, () => {
  const examples = published.filter(({ file }) => file.startsWith("draft-37/"));
  const key = path.join(vectors, "draft-37", "key.public.pem");
  const check = ({ file }: Vector, ...words: readonly string[]): Promise<Ended> =>
    verify(path.join(vectors, file), "--key", key, ...words);

  test("accepts the 7 that are signed, by an algorithm that has to be allowed", async () => {
    const signed = examples.filter((example) => example.signed);
    expect(signed).toHaveLength(7);
    for (let at = 0; at < signed.length; at += 2) {
      await Promise.all(
        signed.slice(at, at + 2).map(async (example) => {
          const { code, json } = await check(example, "--allow-alg", "-7");
          expect(code, example.file).toBe(0);
          expect(json<Verdict>()).toMatchObject({
            verdict: "accepted",
            sequence: example.sequenceNumber,
            manifestDigest: example.manifestDigest.hex,
            signers: [{ algorithm: "ES256", algorithmId: -7 }],
          });
        }),
      );
    }
  });

  test("refuses them where their algorithm is not allowed, and one that is not signed", async () => {
    for (const [example, code] of [
      [examples.find(({ signed }) => signed), "algorithm-not-allowed"],
      [examples.find(({ signed }) => !signed), "threshold-not-met"],
    ] as const) {
      if (example === undefined) throw new Error("there is no such example");
      const ended = await check(example);
      expect(ended.code).toBe(3);
      const { hex: manifestDigest } = example.manifestDigest;
      expect(ended.json<Verdict>()).toMatchObject({ ...unknown, verdict: "refused", code, manifestDigest });
    }
  });
});

import { copyFileSync, readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type GeneratedKey, generateKey } from "../generated-key.test.support.ts";
import { type BuiltRelease, buildRelease, emptyFolder, sumac, twoLines } from "../sumac.test.support.ts";

let folder: string;
let release: BuiltRelease;
let ed25519: GeneratedKey;
let small: GeneratedKey;
let large: GeneratedKey;

beforeAll(async () => {
  folder = emptyFolder();
  release = await buildRelease(folder, { signers: [] });
  ed25519 = generateKey(folder, "ed25519", "ed25519");
  small = generateKey(folder, "ml-dsa-65", "ml-dsa-65");
  large = generateKey(folder, "ml-dsa-87", "ml-dsa-87");
});

/** A copy of the release with the signatures of these keys. */
async function signedBy(...keys: readonly GeneratedKey[]): Promise<string> {
  const copy = path.join(emptyFolder(), "release.suit");
  copyFileSync(release.envelope, copy);
  if (keys.length === 0) return copy;
  const options = keys.flatMap((key) => ["--test-only-key", key.private]);
  const said = await sumac(["release", "sign", copy, ...options]);
  if (said.code !== 0) throw new Error(said.stderr);
  return copy;
}

const trusting = (...keys: readonly GeneratedKey[]): string[] => keys.flatMap((key) => ["--key", key.public]);

describe("a hybrid release", () => {
  test("carries both signatures over one manifest, and verify says under which profile it holds", async () => {
    const file = await signedBy(ed25519, small);
    const said = await sumac(["verify", file, ...trusting(ed25519, small), "--profile", "hybrid", "--json"]);
    expect(said.json()).toMatchObject({
      verdict: "accepted",
      profile: "hybrid",
      manifestDigest: release.manifestDigest,
      signers: [{ algorithm: "Ed25519" }, { algorithm: "ML-DSA-65" }],
    });
    expect(said.code).toBe(0);
  });
  test.each([
    ["the classical half is missing", () => [small], "threshold-not-met"],
    ["the ML-DSA half is missing", () => [ed25519], "threshold-not-met"],
    ["both are missing", () => [], "threshold-not-met"],
    ["the ML-DSA half is by another key", () => [ed25519, large], "threshold-not-met"],
  ])("is refused when %s", async (_, signers, code) => {
    const file = await signedBy(...signers());
    const said = await sumac(["verify", file, ...trusting(ed25519, small), "--profile", "hybrid"]);
    expect(said.code).toBe(3);
    expect(said.stderr).toMatch(twoLines(code));
    const shown = await sumac(["release", "inspect", file, ...trusting(ed25519, small), "--profile", "hybrid"]);
    expect(shown.code).toBe(3);
    expect(shown.stderr).toMatch(twoLines(code));
    expect(shown.stdout).toContain("role release    0 of 1 needed of each kind: NOT enough");
  });
  test("is accepted by a classic record too, which counts its classical signature alone", async () => {
    expect((await sumac(["verify", await signedBy(ed25519, small), ...trusting(ed25519)])).code).toBe(0);
  });
  test("a bit of the ML-DSA signature is enough to refuse it", async () => {
    const bytes = readFileSync(await signedBy(ed25519, small));
    bytes.writeUInt8(bytes.readUInt8(2000) ^ 1, 2000);
    const words = ["verify", "-", ...trusting(ed25519, small), "--profile", "hybrid"];
    expect((await sumac(words, { stdin: bytes })).stderr).toMatch(twoLines("signature-invalid"));
  });
});

describe("the profile and the keys have to fit", () => {
  test.each([
    ["an ML-DSA key in the default profile", () => trusting(ed25519, small), "key-not-in-profile", 2],
    ["hybrid without a classical key", () => [...trusting(small), "--profile", "hybrid"], "profile-key-missing", 2],
    ["hybrid without an ML-DSA key", () => [...trusting(ed25519), "--profile", "hybrid"], "profile-key-missing", 2],
    [
      "hybrid with a threshold that one half cannot meet",
      () => [...trusting(ed25519, small, large), "--profile", "hybrid", "--threshold", "2"],
      "profile-key-missing",
      2,
    ],
    ["cnsa2 with ML-DSA-65", () => [...trusting(small), "--profile", "cnsa2"], "key-not-in-profile", 2],
    ["cnsa2 with a SHA-256 manifest", () => [...trusting(large), "--profile", "cnsa2"], "digest-not-allowed", 3],
    ["an unknown profile", () => [...trusting(ed25519), "--profile", "strong"], "bad-value", 2],
  ])("%s", async (_, words, code, exit) => {
    const said = await sumac(["verify", await signedBy(ed25519, small, large), ...words()]);
    expect(said.stderr).toMatch(twoLines(code));
    expect(said.code).toBe(exit);
  });
  test("a server is told by the same rules, before it makes a folder", async () => {
    const trust = ["--trust", small.public];
    const said = await sumac(["serve", "--data", "data", ...trust], { folder: emptyFolder() });
    expect(said.stderr).toMatch(twoLines("key-not-in-profile"));
    expect(said.code).toBe(2);
  });
});

describe("keys new", () => {
  test.each([
    ["esp384", "ESP384"],
    ["ml-dsa-65", "ML-DSA-65"],
    ["ml-dsa-87", "ML-DSA-87"],
  ])("%s can be shown, listed and signed with", { timeout: 60_000 }, async (algorithm, name) => {
    const here = emptyFolder();
    const environment = { SUMAC_PASSPHRASE: "correct horse battery staple" };
    const made = await sumac(["keys", "new", "k", "--algorithm", algorithm, "--json"], { folder: here, environment });
    const { keyId } = made.json() as { keyId: string };
    const shown = await sumac(["keys", "show", "keys/k.pem.age", "--json"], { folder: here });
    expect(shown.json()).toMatchObject({ keyId, algorithm: name });
    const listed = await sumac(["keys", "list", "--json"], { folder: here });
    expect(listed.json()).toMatchObject({ keys: [{ name: "k", algorithm: name, keyId }] });
    const file = await signedBy();
    const signed = await sumac(["release", "sign", file, "--key", "keys/k.pem.age"], { folder: here, environment });
    expect(signed.code).toBe(0);
    const inspected = await sumac(["release", "inspect", file, "--json"], { folder: here });
    expect(inspected.json()).toMatchObject({ signatures: [{ keyId, algorithm: name, verdict: "not-checked" }] });
  });
  test("an algorithm that nobody has is refused by name", async () => {
    const said = await sumac(["keys", "new", "k", "--algorithm", "rsa"], { folder: emptyFolder() });
    expect(said.stderr).toMatch(twoLines("bad-value"));
    expect(said.stderr).toContain("ml-dsa-87");
  });
});

import { readFileSync } from "node:fs";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { parseTrustRecord } from "@sumac/verifier";
import { expect, test } from "vitest";
import { generateKey } from "../generated-key.test.support.ts";
import { buildRelease, emptyFolder, filesIn, sumac, testPublicKey, twoLines } from "../sumac.test.support.ts";

const vendor = ["--key", testPublicKey("vendor")];
const owner = ["--owner-key", testPublicKey("owner")];

test("makes the record by which inspect tells the roles", async () => {
  const folder = emptyFolder();
  const said = await sumac(["trust", "new", "trust.cbor", ...vendor, ...owner, "--json"], { folder });
  expect(said.json()).toMatchObject({
    profile: "classic",
    roles: [
      { role: "release", purpose: "release", threshold: 1, keys: [{ algorithm: "Ed25519" }] },
      { role: "owner", purpose: "approval", threshold: 1, keys: [{ algorithm: "Ed25519" }] },
    ],
  });
  const file = path.join(folder, "trust.cbor");
  expect(parseTrustRecord(readFileSync(file), nodeCrypto)).toMatchObject({ ok: true, value: { profile: "classic" } });
  const release = await buildRelease(emptyFolder());
  const shown = await sumac(["release", "inspect", release.envelope, "--trust", file]);
  expect(shown.stdout).toContain("role owner      0 of 1 needed: still to be approved");
  expect(shown.code).toBe(0);
});

test("in the hybrid profile only the release role needs both kinds of keys", async () => {
  const folder = emptyFolder();
  const { public: quantum } = generateKey(folder, "quantum", "ml-dsa-65");
  const line = ["trust", "new", "trust.cbor", ...vendor, "--key", quantum, ...owner, "--profile", "hybrid"];
  expect((await sumac(line, { folder })).code).toBe(0);
});

test.each([
  ["nobody to trust", [...owner], "missing-option"],
  ["more releases than keys", [...vendor, "--threshold", "2"], "bad-value"],
  ["more approvals than keys", [...vendor, ...owner, "--owner-threshold", "2"], "bad-value"],
  ["a key twice", [...vendor, ...vendor], "option-repeated"],
  ["an owner's key twice", [...vendor, ...owner, ...owner], "option-repeated"],
  ["half a hybrid", [...vendor, "--profile", "hybrid"], "profile-key-missing"],
  ["a threshold of nobody", [...vendor, ...owner, "--owner-threshold", "0"], "bad-value"],
])("%s", async (_, words, code) => {
  const folder = emptyFolder();
  const said = await sumac(["trust", "new", "trust.cbor", ...words], { folder });
  expect(said.stderr).toMatch(twoLines(code));
  expect(said.code).toBe(2);
  expect(filesIn(folder)).toEqual([]);
});

test("overwrites nothing unless told to", async () => {
  const folder = emptyFolder();
  await sumac(["trust", "new", "trust.cbor", ...vendor], { folder });
  const before = readFileSync(path.join(folder, "trust.cbor"));
  const line = ["trust", "new", "trust.cbor", ...vendor, ...owner];
  const refused = await sumac(line, { folder });
  expect(refused.stderr).toMatch(twoLines("output-exists"));
  expect(refused.stderr).not.toContain("--out");
  const nowhere = await sumac(["trust", "new", "no/such/trust.cbor", ...vendor], { folder });
  expect(nowhere.stderr).toMatch(twoLines("folder-not-found"));
  expect(nowhere.stderr).toContain("there is no folder no/such for trust.cbor\n");
  expect(readFileSync(path.join(folder, "trust.cbor"))).toEqual(before);
  expect((await sumac([...line, "--replace"], { folder })).code).toBe(0);
  expect(readFileSync(path.join(folder, "trust.cbor"))).not.toEqual(before);
});

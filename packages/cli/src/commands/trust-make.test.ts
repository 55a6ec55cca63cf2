import { readFileSync } from "node:fs";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { parseTrustRecord } from "@sumac/verifier";
import { expect, test } from "vitest";
import { generateKey } from "../generated-key.test.support.ts";
import { buildRelease, emptyFolder, sumac, testPublicKey, twoLines } from "../sumac.test.support.ts";

const vendor = ["--part", "vendor", "--release", testPublicKey("vendor")];
const owner = ["--approval", testPublicKey("owner")];

test("makes the record by which inspect tells the roles", async () => {
  const folder = emptyFolder();
  const said = await sumac(["trust", "make", "trust.cbor", ...vendor, ...owner, "--json"], { folder });
  expect(said.json()).toMatchObject({
    profile: "classic",
    roles: [
      { name: "release", purpose: "release", threshold: 1, keys: [{ scheme: "ed25519" }] },
      { name: "approval", purpose: "approval", threshold: 1, keys: [{ scheme: "ed25519" }] },
    ],
  });
  const file = path.join(folder, "trust.cbor");
  expect(parseTrustRecord(readFileSync(file), nodeCrypto)).toMatchObject({ ok: true, value: { profile: "classic" } });
  const release = await buildRelease(emptyFolder());
  const shown = await sumac(["release", "inspect", release.envelope, "--trust", file]);
  expect(shown.stdout).toContain("role approval   0 of 1 needed: still to be approved");
  expect(shown.code).toBe(0);
});

test("in the hybrid profile only the release role needs both kinds of keys", async () => {
  const folder = emptyFolder();
  const { public: quantum } = generateKey(folder, "quantum", "ml-dsa-65");
  const line = ["trust", "make", "trust.cbor", ...vendor, "--release", quantum, ...owner, "--profile", "hybrid"];
  expect((await sumac(line, { folder })).code).toBe(0);
});

test("overwrites nothing unless told to", async () => {
  const folder = emptyFolder();
  await sumac(["trust", "make", "trust.cbor", ...vendor], { folder });
  const before = readFileSync(path.join(folder, "trust.cbor"));
  const line = ["trust", "make", "trust.cbor", ...vendor, ...owner];
  expect((await sumac(line, { folder })).stderr).toMatch(twoLines("output-exists"));
  expect(readFileSync(path.join(folder, "trust.cbor"))).toEqual(before);
  expect((await sumac([...line, "--replace"], { folder })).code).toBe(0);
  expect(readFileSync(path.join(folder, "trust.cbor"))).not.toEqual(before);
});

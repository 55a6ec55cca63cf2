import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import {
  buildRelease,
  emptyFolder,
  filesIn,
  fixture,
  type Said,
  sumac,
  testKey,
  testPublicKey,
  twoLines,
} from "../sumac.test.support.ts";

const config = ["--config", fixture("sumac.yaml")];
const numbers = ["--version", "1.1.0", "--sequence", "2"];
const firmware = fixture("images", "rtu-demo-1.1.0.bin");

describe("release build", () => {
  test("gives the same payload and manifest from every format", async () => {
    const digests = new Set<string>();
    for (const format of ["bin", "hex", "elf"]) {
      const folder = emptyFolder();
      const words = [
        "release",
        "build",
        fixture("images", `rtu-demo-1.1.0.${format}`),
        ...config,
        ...numbers,
        "--json",
      ];
      const said = await sumac(words, { folder });
      expect(said.code).toBe(0);
      const { manifestDigest, payload } = said.json() as { manifestDigest: string; payload: { file: string } };
      expect(filesIn(folder)).toEqual(["rtu-demo-1.1.0.suit", payload.file]);
      digests.add(manifestDigest);
    }
    expect(digests.size).toBe(1);
  });
  test("writes to the file that --out names, and to no other", async () => {
    const folder = emptyFolder();
    const said = await sumac(["release", "build", firmware, ...config, ...numbers, "--out", "sub/new.suit"], {
      folder,
    });
    expect(said.code).toBe(0);
    expect(filesIn(folder)).toEqual(["sub/new.suit", expect.stringMatching(/^sub\/sha256-[0-9a-f]{64}\.bin$/)]);
  });
  test("says which sequence number is the highest", async () => {
    const words = ["release", "build", firmware, ...config, "--version", "1", "--sequence"];
    for (const number of ["99999999999999999999", `${2n ** 63n}`]) {
      expect((await sumac([...words, number])).stderr).toContain(
        "hint: give a whole number up to 9223372036854775807\n",
      );
    }
  });
  test("never overwrites what the release is made from", async () => {
    const folder = emptyFolder();
    const image = readFileSync(firmware);
    writeFileSync(path.join(folder, "fw.suit"), image);
    symlinkSync("fw.suit", path.join(folder, "link.bin"));
    for (const name of ["fw.suit", "./fw.suit", "link.bin"]) {
      const words = ["release", "build", name, ...config, ...numbers, "--out", "fw.suit", "--replace"];
      expect((await sumac(words, { folder })).stderr).toMatch(twoLines("output-is-input"));
    }
    expect(readFileSync(path.join(folder, "fw.suit"))).toEqual(image);
    expect(filesIn(folder)).toEqual(["fw.suit", "link.bin"]);
  });
  test("overwrites an envelope only when told to, and then whole", async () => {
    const folder = emptyFolder();
    const words = ["release", "build", firmware, ...config, ...numbers, "--out", "a.suit"];
    await sumac(words, { folder });
    const before = readFileSync(path.join(folder, "a.suit"));
    const refused = await sumac([...words, "--test-only-key", testKey("vendor")], { folder });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(twoLines("output-exists"));
    expect(readFileSync(path.join(folder, "a.suit"))).toEqual(before);
    const replaced = await sumac([...words, "--test-only-key", testKey("vendor"), "--replace"], { folder });
    expect(replaced.code).toBe(0);
    expect(readFileSync(path.join(folder, "a.suit")).length).toBeGreaterThan(before.length);
    expect(filesIn(folder)).toHaveLength(2);
  });
  test("a model with a slash in it does not lead out of the folder", async () => {
    const folder = emptyFolder();
    const description = readFileSync(fixture("sumac.yaml"), "utf8").replace(
      "product: rtu-demo",
      'product: "../../x/rtu"',
    );
    writeFileSync(path.join(folder, "sumac.yaml"), description);
    const said = await sumac(["release", "build", firmware, ...numbers], { folder });
    expect(said.code).toBe(0);
    expect(filesIn(folder)).toEqual([expect.stringMatching(/^sha256/), "sumac.yaml", "x-rtu-1.1.0.suit"].toSorted());
  });
  test.each([
    ["sequence zero", ["--version", "1", "--sequence", "0"], "sequence-out-of-range", 2],
    ["a sequence that is no number", ["--version", "1", "--sequence", "one"], "bad-value", 2],
    ["a negative sequence", ["--version", "1", "--sequence", "-1"], "bad-value", 2],
    ["a sequence beyond 64 bits", ["--version", "1", "--sequence", "99999999999999999999"], "bad-value", 2],
    ["a sequence that devices could not count past", ["--version", "1", "--sequence", `${2n ** 63n}`], "bad-value", 2],
    ["a version with a slash", ["--version", "../1", "--sequence", "1"], "version-invalid", 2],
    ["no version", ["--sequence", "1"], "missing-option", 2],
    ["a format it is not", [...numbers, "--format", "elf"], "not-firmware", 4],
    ["an unknown format", [...numbers, "--format", "tar"], "bad-value", 2],
    ["a URI that means an integrated payload", [...numbers, "--uri", "#x"], "payload-uri-invalid", 2],
    ["an output folder that is a file", [...numbers, "--out", firmware], "not-a-folder", 5],
    ["a public key to sign with", [...numbers, "--test-only-key", testPublicKey("vendor")], "key-content-invalid", 4],
    [
      "more passphrase files than keys",
      [...numbers, "--passphrase-file", "a", "--passphrase-file", "b", "--key", "k"],
      "bad-value",
      2,
    ],
  ])("%s", async (_, words, code, exit) => {
    const folder = emptyFolder();
    const said = await sumac(["release", "build", firmware, ...config, ...words], { folder });
    expect(said.stderr.replace(/^warning\[test-key\].*\nhint: .*\n/, "")).toMatch(twoLines(code));
    expect(said).toMatchObject({ code: exit, stdout: "" });
    expect(filesIn(folder)).toEqual([]);
  });
});

describe("release sign", () => {
  test("adds a signature in place, and the same one only once", async () => {
    const release = await buildRelease(emptyFolder(), { signers: [] });
    const sign = (holder: string, ...words: readonly string[]) =>
      sumac(["release", "sign", release.envelope, "--test-only-key", testKey(holder), "--json", ...words]);
    expect((await sign("vendor")).json()).toMatchObject({
      manifestDigest: release.manifestDigest,
      signers: [{ outcome: "signed" }],
    });
    const once = readFileSync(release.envelope);
    expect((await sign("vendor")).json()).toMatchObject({ signers: [{ outcome: "already-signed" }] });
    expect(readFileSync(release.envelope)).toEqual(once);
    const copy = path.join(path.dirname(release.envelope), "approved.suit");
    expect((await sign("owner", "--out", copy)).json()).toMatchObject({ signers: [{ outcome: "signed" }] });
    expect(readFileSync(release.envelope)).toEqual(once);
    const both = ["--key", testPublicKey("vendor"), "--key", testPublicKey("owner"), "--threshold", "2"];
    expect((await sumac(["verify", copy, ...both])).code).toBe(0);
    expect((await sign("owner", "--out", copy)).stderr).toMatch(twoLines("output-exists"));
  });
  test("warns of a test key", async () => {
    const release = await buildRelease(emptyFolder(), { signers: [] });
    const said = await sumac(["release", "sign", release.envelope, "--test-only-key", testKey("vendor")]);
    expect(said.stderr).toMatch(/^warning\[test-key\]: .+\nhint: .+\n$/);
  });
  test.each([
    ["no key", [], "missing-option", 2],
    [
      "the same key twice",
      ["--test-only-key", testKey("vendor"), "--test-only-key", testKey("vendor")],
      "option-repeated",
      2,
    ],
    ["an encrypted key that is not there", ["--key", "k.pem.age"], "key-not-found", 5],
    ["an unencrypted key", ["--key", testKey("vendor")], "key-not-encrypted", 4],
  ])("%s leaves the envelope as it is", async (_, words, code, exit) => {
    const release = await buildRelease(emptyFolder(), { signers: [] });
    const before = readFileSync(release.envelope);
    const said = await sumac(["release", "sign", release.envelope, ...words], {
      environment: { SUMAC_PASSPHRASE: "whatever it is" },
    });
    expect(said.stderr).toMatch(twoLines(code));
    expect(said.code).toBe(exit);
    expect(readFileSync(release.envelope)).toEqual(before);
    expect(filesIn(path.dirname(release.envelope))).toHaveLength(2);
  });
});

describe("release lint", () => {
  test("finds nothing wrong with what build makes", async () => {
    const release = await buildRelease(emptyFolder());
    const said = await sumac(["release", "lint", release.envelope, "--json"]);
    expect(said.code).toBe(0);
    const { findings } = said.json() as { findings: { severity: string }[] };
    expect(findings.filter(({ severity }) => severity !== "notice")).toEqual([]);
  });
  test("refuses what contradicts itself", async () => {
    const release = await buildRelease(emptyFolder());
    const bytes = readFileSync(release.envelope);
    bytes.writeUInt8(bytes.readUInt8(200) ^ 1, 200);
    const said = await sumac(["release", "lint", "-"], { stdin: bytes });
    expect(said.code).toBe(3);
    expect(said.stderr).toMatch(twoLines("manifest-digest-mismatch"));
  });
  test("a sequence number that came before is an error, whoever signed it", async () => {
    const [old, fresh] = [await buildRelease(emptyFolder(), { version: "1.0.0" }), await buildRelease(emptyFolder())];
    const said = await sumac(["release", "lint", fresh.envelope, "--history", old.envelope, "--json"]);
    expect(said.json()).toMatchObject({
      findings: expect.arrayContaining([expect.objectContaining({ severity: "error", code: "sequence-reused" })]),
    });
    expect(said.code).toBe(3);
    const later = await buildRelease(emptyFolder(), { sequence: "3" });
    const behind = await sumac(["release", "lint", fresh.envelope, "--history", later.envelope]);
    expect(behind.stdout).toContain("error[sequence-not-higher]");
    expect((await sumac(["release", "lint", later.envelope, "--history", fresh.envelope])).code).toBe(0);
    const twice = ["--history", fresh.envelope, "--history", old.envelope];
    expect((await sumac(["release", "lint", later.envelope, ...twice])).code).toBe(0);
  });
  test("the limits of a constrained recipient are held against it", async () => {
    const release = await buildRelease(emptyFolder());
    const file = path.join(emptyFolder(), "recipient.yaml");
    const limits = (text: string): Promise<Said> => {
      writeFileSync(file, `recipient: small\n${text}`);
      return sumac(["release", "lint", release.envelope, "--recipient", file, "--json"]);
    };
    const small = await limits("limits:\n  envelopeBytes: 100\n");
    expect(small.code).toBe(3);
    expect(small.json()).toMatchObject({
      recipient: "small",
      findings: expect.arrayContaining([
        expect.objectContaining({ code: "recipient-limit-exceeded", limit: "envelopeBytes", allowed: 100 }),
      ]),
    });
    const unsigned = await limits("supports:\n  signatures: [ESP256]\n");
    expect(unsigned.json()).toMatchObject({
      findings: expect.arrayContaining([expect.objectContaining({ code: "recipient-unsupported", what: "signature" })]),
    });
    expect((await limits("limits:\n  envelopeBytes: 65536\n")).code).toBe(0);
    const mistyped = await limits("limits:\n  envelopBytes: 100\n");
    expect(mistyped.stderr).toMatch(twoLines("description-unknown-key"));
    expect(mistyped.code).toBe(4);
  });
  test("an earlier release that is no envelope is named", async () => {
    const release = await buildRelease(emptyFolder());
    const said = await sumac(["release", "lint", release.envelope, "--history", fixture("sumac.yaml")]);
    expect(said.stderr).toMatch(twoLines("malformed"));
    expect(said.stderr).toContain("sumac.yaml: ");
  });
});

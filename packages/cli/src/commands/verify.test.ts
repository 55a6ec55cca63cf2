import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { runQuickly } from "../quick-start.ts";
import {
  type BuiltRelease,
  buildRelease,
  emptyFolder,
  type Said,
  sumac,
  testIo,
  testPublicKey,
  twoLines,
} from "../sumac.test.support.ts";

const vendor = ["--key", testPublicKey("vendor")];
const otherUuid = "00000000-0000-5000-8000-000000000000";
let folder: string;
let release: BuiltRelease;
let unsigned: BuiltRelease;
let twice: BuiltRelease;

beforeAll(async () => {
  folder = emptyFolder();
  release = await buildRelease(folder);
  unsigned = await buildRelease(emptyFolder(), { signers: [] });
  twice = await buildRelease(emptyFolder(), { signers: ["vendor", "owner-p256"] });
});

/** A copy of the envelope with one byte changed. */
function altered(file: string, offset: number): string {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset);
  const copy = path.join(emptyFolder(), "altered.suit");
  writeFileSync(copy, bytes);
  return copy;
}

const verify = (file: string, ...words: readonly string[]): Promise<Said> =>
  sumac(["verify", file, ...words, "--json"]);

describe("accepted", () => {
  test("prints exactly the agreed object, and nothing on stderr", async () => {
    const said = await verify(release.envelope, ...vendor);
    expect(said.json()).toEqual({
      verdict: "accepted",
      product: "rtu-demo",
      version: "1.1.0",
      sequence: 2,
      vendorIds: [release.vendorId],
      classIds: [release.classId],
      manifestDigest: release.manifestDigest,
      profile: "classic",
      signers: [{ keyId: expect.stringMatching(/^[0-9a-f]{64}$/), algorithm: "Ed25519", algorithmId: -19 }],
      payloads: [{ uri: release.uri, state: "not-given" }],
    });
    expect(said).toMatchObject({ code: 0, stderr: "" });
  });
  test.each([
    ["identifiers with dashes", () => ["--vendor-id", release.vendorId, "--class-id", release.classId]],
    [
      "identifiers without dashes, in capitals",
      () => ["--vendor-id", release.vendorId.replaceAll("-", "").toUpperCase(), "--class-id", release.classId],
    ],
    ["a floor that is the number itself", () => ["--floor", "2"]],
    ["a payload by its URI", () => ["--payload", `${release.uri}=${release.payload}`]],
    ["a payload alone", () => ["--payload", release.payload]],
    ["a deprecated algorithm allowed on top", () => ["--allow-alg", "-7", "--allow-alg=-8"]],
    ["a second key that has not signed", () => ["--key", testPublicKey("owner")]],
  ])("%s", async (_, words) => {
    expect((await verify(release.envelope, ...vendor, ...words())).code).toBe(0);
  });
  test("two signatures meet a threshold of two, and both signers are told", async () => {
    const said = await verify(twice.envelope, ...vendor, "--key", testPublicKey("owner-p256"), "--threshold", "2");
    expect(said.code).toBe(0);
    expect((said.json() as { signers: { algorithm: string }[] }).signers.map(({ algorithm }) => algorithm)).toEqual([
      "Ed25519",
      "ESP256",
    ]);
  });
  test("from standard input", async () => {
    const said = await sumac(["verify", "-", ...vendor, "--json"], { stdin: readFileSync(release.envelope) });
    expect(said.code).toBe(0);
  });
  test("a checked payload is told as such, and one that was not given too", async () => {
    const checked = await sumac(["verify", release.envelope, ...vendor, "--payload", release.payload]);
    expect(checked.stdout).toMatch(
      /^accepted: rtu-demo 1.1.0, sequence 2\n {2}vendor id [0-9a-f-]{36}, class id [0-9a-f-]{36}\n.*payload sha256-[0-9a-f]+\.bin, 16\.1 KiB: verified\n$/s,
    );
    const left = await sumac(["verify", release.envelope, ...vendor]);
    expect(left.stdout).toContain("not checked, give it with --payload");
  });
});

describe("refused", () => {
  const truncated = (): string => {
    const file = path.join(emptyFolder(), "short.bin");
    writeFileSync(file, readFileSync(release.payload).subarray(0, 100));
    return file;
  };
  const longer = (): string => {
    const file = path.join(emptyFolder(), "long.bin");
    writeFileSync(file, Buffer.concat([readFileSync(release.payload), Buffer.of(0)]));
    return file;
  };
  const huge = (): string => {
    const file = path.join(emptyFolder(), "huge.suit");
    writeFileSync(file, "");
    truncateSync(file, 2 ** 33);
    return file;
  };
  test.each([
    ["unsigned", "threshold-not-met", 3, () => [unsigned.envelope, ...vendor]],
    ["a stranger's signature", "signer-unknown", 3, () => [release.envelope, "--key", testPublicKey("foreign")]],
    [
      "one signature of two",
      "threshold-not-met",
      3,
      () => [release.envelope, ...vendor, "--key", testPublicKey("owner"), "--threshold", "2"],
    ],
    ["another vendor", "wrong-vendor", 3, () => [release.envelope, ...vendor, "--vendor-id", otherUuid]],
    ["another class", "wrong-class", 3, () => [release.envelope, ...vendor, "--class-id", otherUuid]],
    ["below the floor", "rollback", 3, () => [release.envelope, ...vendor, "--floor", "3"]],
    ["a payload cut short", "image-too-short", 3, () => [release.envelope, ...vendor, "--payload", truncated()]],
    ["a payload with a byte more", "image-too-long", 3, () => [release.envelope, ...vendor, "--payload", longer()]],
    [
      "a payload with a bit flipped",
      "image-digest-mismatch",
      3,
      () => [release.envelope, ...vendor, "--payload", altered(release.payload, 9)],
    ],
    ["a bit flipped in the manifest", "manifest-digest-mismatch", 3, () => [altered(release.envelope, 200), ...vendor]],
    ["a file of 8 GiB", "too-large", 3, () => [huge(), ...vendor]],
    ["no CBOR", "malformed", 4, () => [release.payload, ...vendor]],
    ["a deprecated algorithm", "algorithm-not-allowed", 3, () => [legacy(), "--key", testPublicKey("owner-p256")]],
  ])("%s", async (_, code, exit, line) => {
    const [file = "", ...words] = line();
    const said = await verify(file, ...words);
    expect(said.json()).toMatchObject({ verdict: "refused", code });
    expect(said.code).toBe(exit);
    expect(said.stderr).toMatch(twoLines(code));
    expect(Object.keys(said.json() as object)).toEqual(
      expect.arrayContaining(["sequence", "manifestDigest", "signers"]),
    );
  });

  test("tells what somebody trusted has signed, and nothing that nobody vouched for", async () => {
    const rollback = (await verify(release.envelope, ...vendor, "--floor", "3")).json();
    expect(rollback).toMatchObject({
      sequence: 2,
      manifestDigest: release.manifestDigest,
      signers: [{ algorithm: "Ed25519" }],
    });
    const stranger = (await verify(release.envelope, "--key", testPublicKey("foreign"))).json();
    expect(stranger).toMatchObject({ sequence: null, manifestDigest: release.manifestDigest, signers: [] });
    const broken = (await verify(release.payload, ...vendor)).json();
    expect(broken).toMatchObject({
      sequence: null,
      manifestDigest: null,
      signers: [],
      field: expect.any(String),
      offset: expect.any(Number),
    });
  });

  /** The envelope with the algorithm of its protected header renamed: the signature is not even looked at. */
  function legacy(): string {
    const bytes = readFileSync(twice.envelope);
    const esp256 = Buffer.from("a20128", "hex");
    const at = bytes.indexOf(esp256);
    expect(at).toBeGreaterThan(0);
    bytes.writeUInt8(0x26, at + 2);
    const file = path.join(emptyFolder(), "legacy.suit");
    writeFileSync(file, bytes);
    return file;
  }
});

describe("the quick start", () => {
  test.each([
    ["accepted", () => [release.envelope, ...vendor, "--json"]],
    ["accepted, for people", () => [release.envelope, ...vendor, "--payload", release.payload]],
    ["refused", () => [release.envelope, ...vendor, "--floor", "9", "--json"]],
    ["refused, for people", () => [unsigned.envelope, ...vendor]],
    ["a file that is not there", () => ["nowhere.suit", ...vendor, "--json"]],
    ["a bad value", () => [release.envelope, ...vendor, "--floor", "many"]],
    ["no key", () => [release.envelope]],
    ["an option twice", () => [release.envelope, ...vendor, "--floor", "1", "--floor", "2"]],
    ["a forgotten value", () => [release.envelope, "--key", "--json"]],
  ])("says the same as the whole command: %s", async (_, line) => {
    const words = ["verify", ...line()];
    const { io, said } = testIo({ folder });
    const code = await runQuickly(words, io);
    const full = await sumac(words, { folder });
    expect({ code, ...said() }).toEqual({ code: full.code, stdout: full.stdout, stderr: full.stderr });
  });
  test("leaves every other line to it", async () => {
    expect(await runQuickly(["verify", "--help"], testIo().io)).toBeUndefined();
    expect(await runQuickly(["keys", "list"], testIo().io)).toBeUndefined();
  });
});

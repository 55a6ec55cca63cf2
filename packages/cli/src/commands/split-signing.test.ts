import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import {
  buildRelease,
  emptyFolder,
  filesIn,
  type Said,
  sumac,
  testKey,
  testPublicKey,
  twoLines,
} from "../sumac.test.support.ts";

const holders = ["vendor", "owner", "foreign"] as const;
let folder: string;
let envelope: string;

/** An unsigned release, alone in its folder; the first of three holders is the one that combines. */
beforeEach(async () => {
  folder = emptyFolder();
  const built = await buildRelease(folder, { signers: [] });
  envelope = path.basename(built.envelope);
});

const run = (...words: readonly string[]): Promise<Said> => sumac(words, { folder });
const files = () => filesIn(folder).filter((name) => !name.startsWith("sha256-"));
const read = (name: string) => readFileSync(path.join(folder, name));

async function done(...words: readonly string[]): Promise<Said> {
  const said = await run(...words);
  if (said.code !== 0) throw new Error(said.stderr);
  return said;
}

const publicKeys = holders.flatMap((holder) => ["--key", testPublicKey(holder)]);
const prepare = (...more: readonly string[]) =>
  done("release", "prepare", envelope, ...publicKeys, "--threshold", "2", "--out", "r.request.json", ...more);

async function signatureBy(holder: string, request = "r.request.json"): Promise<string> {
  const said = await done("release", "sign", request, "--test-only-key", testKey(holder), "--json");
  return (said.json() as { signatures: { file: string }[] }).signatures[0]?.file ?? "";
}

test("three holders, two sign on their own machines, and the envelope is that of signing directly", async () => {
  const prepared = await prepare();
  expect(prepared.stdout).toContain("wrote r.request.json, which asks for signatures of");
  expect(prepared.stdout).toMatch(/ {2}version {4}"1\.1\.0"\n {2}sequence {3}2\n/);
  expect(prepared.stdout).toContain("role release: 0 of 2 signatures, 2 more of those that have not signed");
  expect(prepared.stdout.match(/not signed/g)).toHaveLength(4);

  const shown = await done("release", "sign", "r.request.json", "--test-only-key", testKey("vendor"));
  expect(shown.stdout).toMatch(/image {6}sha-256 [0-9a-f]{64}, /);
  expect(shown.stdout).toContain("role release: 1 of 2 signatures, 1 more of those that have not signed");
  const a = files().find((name) => name.endsWith(".signature.json")) ?? "";
  expect(a).toMatch(/^r\.[0-9a-f]{8}\.signature\.json$/);
  const c = await signatureBy("foreign");

  const status = await done("release", "status", "r.request.json", "--signature", a, "--json");
  expect(status.json()).toMatchObject({ complete: false, roles: [{ name: "release", have: 1, need: 2 }] });
  const combined = await done("release", "combine", "r.request.json", "--signature", c, "--signature", a);
  expect(combined.stdout).toContain("wrote r.signed.suit, signed\nrole release: 2 of 2 signatures, complete");

  const keys = ["vendor", "foreign"].flatMap((holder) => ["--test-only-key", testKey(holder)]);
  await done("release", "sign", envelope, ...keys, "--out", "direct.suit");
  expect(read("r.signed.suit")).toEqual(read("direct.suit"));
  const trusted = ["vendor", "foreign"].flatMap((holder) => ["--key", testPublicKey(holder)]);
  await done("verify", "r.signed.suit", ...trusted, "--threshold", "2");
});

test("all of a request can be looked at, and is the page of its envelope", async () => {
  await prepare();
  const inspected = await done("release", "inspect", "r.request.json");
  const page = (said: Said) => said.stdout.slice(said.stdout.indexOf(":"));
  expect(page(inspected)).toBe(page(await done("release", "inspect", envelope)));
  const altered = read("r.request.json").toString().replace('"threshold": 2', '"threshold": 1');
  writeFileSync(path.join(folder, "altered.json"), altered);
  expect((await run("release", "inspect", "altered.json")).stderr).toMatch(twoLines("request-altered"));
});

test("a trust record says who has to sign, for releases and for trust updates", async () => {
  const roles = [
    "--release",
    testPublicKey("vendor"),
    "--root",
    testPublicKey("owner"),
    "--root",
    testPublicKey("foreign"),
  ];
  await done("trust", "make", "t.trust", "--part", "vendor", ...roles, "--root-threshold", "2");
  const release = await done("release", "prepare", envelope, "--trust", "t.trust", "--out", "a.json", "--json");
  expect(release.json()).toMatchObject({ roles: [{ name: "release", need: 1 }] });

  writeFileSync(
    path.join(folder, "sumac.yaml"),
    "vendor: vendor.example\nproduct: rtu-demo\ncomponents:\n  - id: [firmware]\n    name: application\n    maxSize: 65536\n",
  );
  await done("trust", "update", "t.trust", "--sequence", "3", "--out", "u.suit");
  const update = await done("release", "prepare", "u.suit", "--trust", "t.trust", "--json");
  expect(update.json()).toMatchObject({ request: "u.request.json", roles: [{ name: "root", need: 2 }] });
  const signatures = [await signatureBy("owner", "u.request.json"), await signatureBy("foreign", "u.request.json")];
  await done("release", "combine", "u.request.json", ...signatures.flatMap((name) => ["--signature", name]));
  const keys = ["owner", "foreign"].flatMap((holder) => ["--test-only-key", testKey(holder)]);
  await done("trust", "update", "t.trust", "--sequence", "3", ...keys, "--out", "direct.suit");
  expect(read("u.signed.suit")).toEqual(read("direct.suit"));

  const named = await run("release", "prepare", envelope, "--trust", "t.trust", "--role", "boss");
  expect(named.stderr).toContain("error[bad-value]: the trust record has no role boss\nhint: it has release, root\n");
});

test("a hybrid record asks for both kinds of keys", async () => {
  await done("keys", "new", "pq", "--algorithm", "ml-dsa-65", "--passphrase-file", passphraseFile());
  const keys = ["--release", testPublicKey("vendor"), "--release", "keys/pq.pub.pem"];
  await done("trust", "make", "h.trust", "--part", "vendor", "--profile", "hybrid", ...keys);
  const prepared = await done("release", "prepare", envelope, "--trust", "h.trust", "--json");
  expect(prepared.json()).toMatchObject({
    roles: [
      { name: "release (classical)", need: 1, keys: [{ algorithm: "Ed25519" }] },
      { name: "release (ML-DSA)", need: 1, keys: [{ algorithm: "ML-DSA-65" }] },
    ],
  });
});

function passphraseFile(): string {
  writeFileSync(path.join(folder, "pass"), "correct horse\n", { mode: 0o600 });
  return "pass";
}

describe("what is refused, and leaves nothing behind", () => {
  let signatures: Readonly<Record<string, string>>;
  beforeEach(async () => {
    await prepare();
    signatures = { vendor: await signatureBy("vendor"), owner: await signatureBy("owner") };
  });

  const combine = (...names: readonly string[]) =>
    run("release", "combine", "r.request.json", ...names.flatMap((name) => ["--signature", name]));

  async function refused(said: Promise<Said>, code: string, exit: number): Promise<void> {
    const before = files();
    const { stderr, code: answered } = await said;
    // A test key is warned of before.
    expect(stderr.replace(/^warning\[test-key\]: .*\nhint: .*\n/gm, "")).toMatch(twoLines(code));
    expect(answered).toBe(exit);
    expect(files()).toEqual(before);
  }

  test("too few, none, twice", async () => {
    const { vendor = "" } = signatures;
    await refused(combine(vendor), "signatures-missing", 3);
    await refused(combine(), "signatures-missing", 3);
    await refused(combine(vendor, vendor), "signature-twice", 3);
    const again = run("release", "sign", "r.request.json", "--test-only-key", testKey("vendor"), "--signature", vendor);
    await refused(again, "signature-twice", 3);
  });

  test("the wrong file at a step", async () => {
    const { vendor = "", owner = "" } = signatures;
    await refused(run("release", "combine", vendor, "--signature", owner), "split-file-wrong", 4);
    await refused(run("release", "status", envelope), "split-file-wrong", 4);
    await refused(combine("r.request.json"), "split-file-wrong", 4);
    await refused(combine(envelope), "split-file-wrong", 4);
    await refused(run("release", "sign", vendor, "--test-only-key", testKey("owner")), "split-file-wrong", 4);
    await refused(run("release", "prepare", "r.request.json", ...publicKeys, "--out", "x.json"), "malformed", 4);
    await refused(combine("not-there.json"), "file-not-found", 5);
    await refused(run("release", "combine", "not-there.json"), "file-not-found", 5);
  });

  test("an altered request, before any key is opened", async () => {
    const altered = read("r.request.json").toString().replace('\\"1.1.0\\"', '\\"1.0.9\\"');
    writeFileSync(path.join(folder, "altered.json"), altered);
    await refused(run("release", "sign", "altered.json", "--key", "no-such-key.pem.age"), "request-altered", 3);
    await refused(run("release", "status", "altered.json"), "request-altered", 3);
  });

  test("a key that is not asked", async () => {
    await refused(
      run("release", "sign", "r.request.json", "--test-only-key", testKey("vendor-p256")),
      "signer-not-asked",
      3,
    );
  });

  test("signatures for another request", async () => {
    await done("release", "prepare", envelope, ...publicKeys, "--threshold", "1", "--out", "other.request.json");
    const other = await signatureBy("vendor", "other.request.json");
    await refused(combine(other, signatures["owner"] ?? ""), "signature-other-request", 3);
  });

  test("overwriting without being told to", async () => {
    const { vendor = "", owner = "" } = signatures;
    await refused(run("release", "sign", "r.request.json", "--test-only-key", testKey("vendor")), "output-exists", 2);
    await done("release", "combine", "r.request.json", "--signature", vendor, "--signature", owner);
    await refused(combine(vendor, owner), "output-exists", 2);
    const onto = run("release", "combine", "r.request.json", "--signature", vendor, "--out", vendor, "--replace");
    await refused(onto, "output-is-input", 2);
    await refused(run("release", "prepare", envelope, ...publicKeys, "--out", "r.request.json"), "output-exists", 2);
  });

  test("lines that ask nobody or contradict themselves", async () => {
    await refused(run("release", "prepare", envelope), "missing-option", 2);
    await refused(run("release", "prepare", envelope, "--role", "release"), "missing-option", 2);
    const both = run("release", "prepare", envelope, "--key", testPublicKey("vendor"), "--trust", "t");
    await refused(both, "options-conflict", 2);
    await refused(
      run("release", "prepare", envelope, ...publicKeys, "--threshold", "4", "--out", "x"),
      "request-roles-invalid",
      2,
    );
    await refused(
      run("release", "prepare", envelope, "--key", testKey("vendor"), "--out", "x"),
      "private-key-given",
      4,
    );
    await refused(run("release", "sign", "r.request.json"), "missing-option", 2);
    const two = holders.slice(0, 2).flatMap((holder) => ["--test-only-key", testKey(holder)]);
    await refused(run("release", "sign", "r.request.json", ...two, "--out", "x"), "options-conflict", 2);
    await refused(run("release", "sign", envelope, ...two, "--signature", "x"), "options-conflict", 2);
  });
});

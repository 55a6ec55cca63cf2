import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type GeneratedKey, generateKey } from "../generated-key.test.support.ts";
import {
  emptyFolder,
  filesIn,
  fixture,
  type Said,
  sumac,
  testKey,
  testPublicKey,
  twoLines,
} from "../sumac.test.support.ts";

let folder: string;
let device: GeneratedKey;
let second: GeneratedKey;
let stranger: GeneratedKey;
let envelope: string;
let payload: string;

const firmware = fixture("images", "rtu-demo-1.1.0.bin");
const build = [
  "release",
  "build",
  firmware,
  "--config",
  fixture("sumac.yaml"),
  "--version",
  "1.1.0",
  "--sequence",
  "2",
];
const vendor = ["--key", testPublicKey("vendor")];

beforeAll(async () => {
  folder = emptyFolder();
  device = generateKey(folder, "device", "p256");
  second = generateKey(folder, "second", "p256");
  stranger = generateKey(folder, "stranger", "p256");
  const readers = ["--encrypt-for", device.public, "--encrypt-for", second.public];
  const said = await sumac([...build, ...readers, "--test-only-key", testKey("vendor"), "--out", "r", "--json"], {
    folder,
  });
  if (said.code !== 0) throw new Error(said.stderr);
  const built = said.json() as { envelope: string; payload: { file: string }; encryptedFor: string[] };
  expect(built.encryptedFor).toHaveLength(2);
  envelope = path.join(folder, built.envelope);
  payload = path.join(folder, built.payload.file);
});

const verify = (...words: readonly string[]): Promise<Said> =>
  sumac(["verify", envelope, ...vendor, ...words, "--json"]);

function changed(at: number): string {
  const bytes = readFileSync(payload);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  const file = path.join(emptyFolder(), "changed.bin");
  writeFileSync(file, bytes);
  return file;
}

test("the payload hides the image, and is named by its own digest", () => {
  const [image, ciphertext] = [readFileSync(firmware), readFileSync(payload)];
  expect(ciphertext.length).toBe(image.length + 16);
  expect(ciphertext.includes(image.subarray(0, 16))).toBe(false);
  expect(filesIn(path.dirname(envelope))).toEqual([
    "rtu-demo-1.1.0.suit",
    expect.stringMatching(/^sha256-[0-9a-f]{64}\.bin$/),
  ]);
});

describe("verified", () => {
  test.each([
    ["the device's key", () => device],
    ["the key of another recipient", () => second],
  ])("with %s it decrypts to the signed image", async (_, key) => {
    const said = await verify("--decryption-key", key().private, "--payload", payload);
    expect(said.json()).toMatchObject({ verdict: "accepted", payloads: [{ state: "decrypted" }] });
    expect(said.code).toBe(0);
  });
  test("without the payload it is said that it was not checked", async () => {
    const said = await verify("--decryption-key", device.private);
    expect(said.json()).toMatchObject({ payloads: [{ state: "not-given" }] });
  });
  test("nothing is written anywhere", async () => {
    const here = emptyFolder();
    const words = ["verify", envelope, ...vendor, "--decryption-key", device.private, "--payload", payload];
    await sumac(words, { folder: here });
    expect(filesIn(here)).toEqual([]);
  });
});

describe("refused", () => {
  test.each([
    ["by who was not told of encryption", "unsupported", 3, () => []],
    [
      "with a key it is not for",
      "no-decryption-key",
      3,
      () => ["--decryption-key", stranger.private, "--payload", payload],
    ],
    [
      "with a bit flipped",
      "image-digest-mismatch",
      3,
      () => ["--decryption-key", device.private, "--payload", changed(9)],
    ],
    [
      "with the plaintext in its place",
      "image-too-short",
      3,
      () => ["--decryption-key", device.private, "--payload", firmware],
    ],
    ["with a public key", "decryption-key-invalid", 4, () => ["--decryption-key", device.public]],
    ["with a signing key of another kind", "decryption-key-invalid", 4, () => ["--decryption-key", testKey("vendor")]],
    ["with a key that is not there", "file-not-found", 5, () => ["--decryption-key", "nowhere.pem"]],
  ])("%s", async (_, code, exit, words) => {
    const said = await verify(...words());
    expect(said.code).toBe(exit);
    expect(said.stderr).toMatch(twoLines(code));
    expect(said.stdout + said.stderr).not.toContain("PRIVATE KEY");
  });
  test.each([
    ["an Ed25519 key", () => ["--encrypt-for", testPublicKey("vendor")], "recipient-key-unusable", 4],
    [
      "the same key twice",
      () => ["--encrypt-for", device.public, "--encrypt-for", device.public],
      "recipient-duplicate",
      2,
    ],
    ["a private key", () => ["--encrypt-for", device.private], "private-key-given", 4],
  ])("nobody encrypts for %s", async (_, words, code, exit) => {
    const here = emptyFolder();
    const said = await sumac([...build, ...words(), "--out", "r"], { folder: here });
    expect(said.stderr).toMatch(twoLines(code));
    expect(said.code).toBe(exit);
    expect(filesIn(here)).toEqual([]);
  });
});

test("who was not told of encryption is told which option to give", async () => {
  expect((await verify()).stderr).toMatch(/\nhint: .*--decryption-key\n$/);
});

describe("other commands", () => {
  test("sign needs to be told", async () => {
    const key = ["--test-only-key", testKey("owner")];
    const copy = path.join(emptyFolder(), "signed.suit");
    const refused = await sumac(["release", "sign", envelope, ...key, "--out", copy]);
    expect(refused.stderr).toContain("error[unsupported]");
    expect(refused.code).toBe(3);
    expect((await sumac(["release", "sign", envelope, ...key, "--out", copy, "--encrypted"])).code).toBe(0);
  });
  test("inspect says who can read it, and lint has no error to report", async () => {
    const shown = await sumac(["release", "inspect", envelope, ...vendor]);
    expect(shown.stdout).toContain("with draft-ietf-suit-firmware-encryption-24");
    expect(shown.stdout).toMatch(/encryption: A128GCM, readable with key [0-9a-f]{64} or key [0-9a-f]{64}\n/);
    expect((await sumac(["release", "lint", envelope])).code).toBe(0);
  });
});

import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keyId, publicKeyPem } from "@sumac/cose";
import { nodeCrypto } from "@sumac/crypto/node";
import { armor, Decrypter } from "age-encryption";
import { beforeAll, describe, expect, test } from "vitest";
import type { KeyRefusal } from "./key-refusal.ts";
import { encryptAgeFile } from "./node-age-file.ts";
import { createKey, openKey, openUnencryptedTestKey } from "./node-key-file.ts";
import { listKeys } from "./node-list-keys.ts";
import { generatePrivateKey, type KeyAlgorithm } from "./node-private-key.ts";
import { readPublicKey } from "./node-public-key.ts";
import { passphraseOf, testPassphraseText } from "./passphrase.test.support.ts";
import { signerContract } from "./signer.contract.ts";
import { snapshot, temporaryDirectory } from "./test-directory.test.support.ts";

const passphrase = () => passphraseOf(testPassphraseText);
const algorithms: readonly KeyAlgorithm[] = ["ed25519", "esp256", "esp384", "ml-dsa-65", "ml-dsa-87"];

async function makeKey(directory: string, name = "release", algorithm: KeyAlgorithm = "ed25519") {
  const created = await createKey({
    directory,
    name,
    algorithm,
    passphrase: passphrase(),
    testOnlyWorkFactor: 4,
  });
  if (!created.ok) throw new Error(created.error.code);
  return created.value;
}

for (const algorithm of algorithms) {
  signerContract(`${algorithm} key file`, async () => {
    const opened = await openKey((await makeKey(temporaryDirectory(), "k", algorithm)).privateKeyPath, passphrase());
    if (!opened.ok) throw new Error(opened.error.code);
    return opened.value.signer;
  });
}

describe("createKey", () => {
  test.each(algorithms)("writes %s files that other tools open", async (algorithm) => {
    const directory = temporaryDirectory();
    const { privateKeyPath, publicKeyPath, publicKey } = await makeKey(directory, "release", algorithm);
    expect(Object.keys(snapshot(directory))).toEqual(["release.pem.age", "release.pub.pem"]);

    const decrypter = new Decrypter();
    decrypter.addPassphrase(testPassphraseText);
    const pem = await decrypter.decrypt(armor.decode(readFileSync(privateKeyPath, "utf8")), "text");
    const derived = createPublicKey(createPrivateKey(pem)).export({ type: "spki", format: "pem" });
    expect(derived).toBe(readFileSync(publicKeyPath, "utf8"));
    expect(readFileSync(publicKeyPath, "utf8")).toBe(publicKeyPem(publicKey));
  });

  test("protects the private file and shows the public one", async () => {
    const directory = join(temporaryDirectory(), "made", "here");
    const { privateKeyPath, publicKeyPath } = await makeKey(directory);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(privateKeyPath).mode & 0o777).toBe(0o600);
    expect(statSync(publicKeyPath).mode & 0o777).toBe(0o644);
  });

  test("uses scrypt with 2^18 unless a test says otherwise", { timeout: 30_000 }, async () => {
    const options = { directory: temporaryDirectory(), name: "strong", algorithm: "ed25519" } as const;
    const created = await createKey({ ...options, passphrase: passphrase() });
    if (!created.ok) throw new Error(created.error.code);
    const header = Buffer.from(armor.decode(readFileSync(created.value.privateKeyPath, "utf8"))).toString("latin1");
    expect(header).toMatch(/^age-encryption\.org\/v1\n-> scrypt \S+ 18\n/);
    const opened = await openKey(created.value.privateKeyPath, passphrase());
    expect(opened.ok && opened.value.warnings).toEqual([]);
  });

  test.each([".pem.age", ".pub.pem"])("never overwrites a NAME%s, nor leaves the other half", async (suffix) => {
    const directory = temporaryDirectory();
    const path = join(directory, `release${suffix}`);
    writeFileSync(path, "precious");
    const created = await createKey({
      directory,
      name: "release",
      algorithm: "ed25519",
      passphrase: passphrase(),
      testOnlyWorkFactor: 4,
    });
    expect(created).toEqual({ ok: false, error: { code: "key-exists", path } });
    expect(snapshot(directory)).toEqual({ [`release${suffix}`]: "precious" });
  });

  test("of two runs at once, one makes the key and the other is refused", async () => {
    const directory = temporaryDirectory();
    const options = { directory, name: "k", algorithm: "ed25519", testOnlyWorkFactor: 4 } as const;
    const runs = [1, 2, 3].map(() => createKey({ ...options, passphrase: passphrase() }));
    const results = await Promise.all(runs);
    expect(results.map((result) => (result.ok ? "made" : result.error.code)).sort()).toEqual([
      "key-exists",
      "key-exists",
      "made",
    ]);
    expect((await openKey(join(directory, "k.pem.age"), passphrase())).ok).toBe(true);
  });

  test.each(["", ".", "..", "../x", "a/b", ".hidden", "-f", "a b", "a\n", "ä", "a".repeat(65)])(
    "refuses the name %j",
    async (name) => {
      const directory = temporaryDirectory();
      const created = await createKey({
        directory,
        name,
        algorithm: "ed25519",
        passphrase: passphrase(),
        testOnlyWorkFactor: 4,
      });
      expect(created).toEqual({ ok: false, error: { code: "key-name-invalid", name } });
      expect(snapshot(directory)).toEqual({});
    },
  );

  test("refuses a short passphrase", async () => {
    const directory = join(temporaryDirectory(), "keys");
    const short = passphraseOf("seven77");
    const created = await createKey({ directory, name: "k", algorithm: "ed25519", passphrase: short });
    expect(created).toEqual({ ok: false, error: { code: "passphrase-unusable", reason: "too-short" } });
    expect(existsSync(directory)).toBe(false);
  });

  test("a directory that is a file is a fault of the disk", async () => {
    const directory = join(temporaryDirectory(), "file");
    writeFileSync(directory, "");
    await expect(makeKey(directory)).rejects.toMatchObject({
      name: "KeyStorageUnavailable",
      code: "not-a-directory",
    });
  });
});

interface BadFile {
  readonly name: string;
  readonly content: string | Uint8Array;
  readonly error: Omit<KeyRefusal, "path"> & Record<string, unknown>;
}

const unsupported = {
  x25519: () => generateKeyPairSync("x25519"),
  ed448: () => generateKeyPairSync("ed448"),
  p521: () => generateKeyPairSync("ec", { namedCurve: "P-521" }),
  "ml-dsa-44": () => generateKeyPairSync("ml-dsa-44"),
} as const;

const pemOf = (type: keyof typeof unsupported): string =>
  String(unsupported[type]().privateKey.export({ type: "pkcs8", format: "pem" }));

/** A P-256 key whose PKCS#8 carries the public point of another. */
function mixedUpPem(): string {
  const pairs = [
    generateKeyPairSync("ec", { namedCurve: "P-256" }),
    generateKeyPairSync("ec", { namedCurve: "P-256" }),
  ];
  const [mine, other] = pairs.map(({ privateKey }) => privateKey.export({ type: "pkcs8", format: "der" }));
  if (mine === undefined || other === undefined) throw new Error("two keys were made");
  const mixed = Buffer.concat([mine.subarray(0, -64), other.subarray(-64)]);
  return `-----BEGIN PRIVATE KEY-----\n${mixed.toString("base64")}\n-----END PRIVATE KEY-----\n`;
}

/** An ML-DSA key whose PKCS#8 carries the seed of one key and the expanded form of another (RFC 9881 6). */
function mixedUpMlDsaPem(): string {
  const der = generatePrivateKey("ml-dsa-65").export({ type: "pkcs8", format: "der" });
  const seedAt = 30;
  const mixed = Uint8Array.from(der).with(seedAt, (der[seedAt] ?? 0) ^ 1);
  return `-----BEGIN PRIVATE KEY-----\n${Buffer.from(mixed).toString("base64")}\n-----END PRIVATE KEY-----\n`;
}

describe("openKey", () => {
  let good: Uint8Array;
  let encrypt: (content: string) => Promise<Uint8Array>;
  const cases: BadFile[] = [];

  beforeAll(async () => {
    encrypt = (content) => encryptAgeFile(new TextEncoder().encode(content), passphrase(), 4);
    const { privateKey } = generateKeyPairSync("ed25519");
    const pem = String(privateKey.export({ type: "pkcs8", format: "pem" }));
    const locked = privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "TEST ONLY" });
    good = await encrypt(pem);
    const invalid = (reason: string) => ({ code: "key-content-invalid" as const, reason });
    cases.push(
      { name: "nothing", content: "", error: { code: "key-not-age", looksLike: "empty" } },
      { name: "text", content: "hello there\n", error: { code: "key-not-age", looksLike: "text" } },
      { name: "a public key", content: publicPem(), error: { code: "key-not-age", looksLike: "public-key" } },
      {
        name: "an encrypted PKCS#8",
        content: String(locked),
        error: { code: "key-not-age", looksLike: "encrypted-private-key" },
      },
      { name: "a plain private key", content: pem, error: { code: "key-not-encrypted" } },
      { name: "half a file", content: good.subarray(0, 200), error: { code: "key-truncated" } },
      { name: "64 KiB and one byte", content: new Uint8Array(65537), error: { code: "key-too-large", limit: 65536 } },
      { name: "no key inside", content: await encrypt("just text"), error: invalid("not-pkcs8") },
      { name: "a damaged PEM inside", content: await encrypt(pem.replace("MC4", "MC5")), error: invalid("not-pkcs8") },
      { name: "a locked PEM inside", content: await encrypt(String(locked)), error: invalid("not-pkcs8") },
      { name: "an X25519 key", content: await encrypt(pemOf("x25519")), error: invalid("unsupported-algorithm") },
      { name: "an Ed448 key", content: await encrypt(pemOf("ed448")), error: invalid("unsupported-algorithm") },
      { name: "a P-521 key", content: await encrypt(pemOf("p521")), error: invalid("unsupported-algorithm") },
      { name: "an ML-DSA-44 key", content: await encrypt(pemOf("ml-dsa-44")), error: invalid("unsupported-algorithm") },
      { name: "half an ML-DSA key", content: await encrypt(mixedUpMlDsaPem()), error: invalid("not-pkcs8") },
      { name: "another key's public point", content: await encrypt(mixedUpPem()), error: invalid("parts-disagree") },
    );
  });

  const publicPem = (): string =>
    String(generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }));

  test("refuses each bad file by its own code, with nothing secret in it", async () => {
    const directory = temporaryDirectory();
    const path = join(directory, "k.pem.age");
    expect(cases).toHaveLength(16);
    for (const { name, content, error } of cases) {
      writeFileSync(path, content, { mode: 0o600 });
      const opened = await openKey(path, passphrase());
      expect({ name, opened }).toEqual({ name, opened: { ok: false, error: { ...error, path } } });
      expect(JSON.stringify(opened)).not.toMatch(/PRIVATE|TEST ONLY/);
    }
  });

  test("a missing file, and a directory", async () => {
    const directory = temporaryDirectory();
    const path = join(directory, "k.pem.age");
    expect(await openKey(path, passphrase())).toEqual({ ok: false, error: { code: "key-not-found", path } });
    mkdirSync(path);
    await expect(openKey(path, passphrase())).rejects.toMatchObject({ code: "is-a-directory" });
  });

  test("a wrong passphrase", async () => {
    const { privateKeyPath: path } = await makeKey(temporaryDirectory());
    const opened = await openKey(path, passphraseOf("not the passphrase"));
    expect(opened).toEqual({ ok: false, error: { code: "wrong-passphrase", path } });
  });

  test("warns of a file that others may read and of a low work factor, and opens it", async () => {
    const { privateKeyPath: path } = await makeKey(temporaryDirectory());
    chmodSync(path, 0o644);
    const opened = await openKey(path, passphrase());
    expect(opened.ok && opened.value.warnings).toEqual([
      { code: "private-key-readable-by-others", path, mode: 0o644 },
      { code: "work-factor-low", path, workFactor: 4, minimum: 16 },
    ]);
  });

  test("warns of a missing public key", async () => {
    const { privateKeyPath, publicKeyPath: path } = await makeKey(temporaryDirectory());
    rmSync(path);
    const opened = await openKey(privateKeyPath, passphrase());
    expect(opened.ok && opened.value.warnings[0]).toEqual({ code: "public-key-missing", path });
  });

  test("refuses when the public key beside it is another one, or none", async () => {
    const directory = temporaryDirectory();
    const { privateKeyPath: path, publicKeyPath } = await makeKey(directory);
    const other = await makeKey(directory, "other");
    renameSync(other.publicKeyPath, publicKeyPath);
    expect(await openKey(path, passphrase())).toEqual({
      ok: false,
      error: { code: "public-key-mismatch", path, publicKeyPath },
    });
    writeFileSync(publicKeyPath, "not a key");
    expect(await openKey(path, passphrase())).toEqual({
      ok: false,
      error: { code: "public-key-invalid", path: publicKeyPath, looksLike: "text" },
    });
  });
});

describe("openUnencryptedTestKey", () => {
  test.each(algorithms)("opens a plain %s key, and says that it is for tests", async (algorithm) => {
    const path = join(temporaryDirectory(), "test.pem");
    writeFileSync(path, `TEST ONLY\n${generatePrivateKey(algorithm).export({ type: "pkcs8", format: "pem" })}`);
    const opened = await openUnencryptedTestKey(path);
    expect(opened.ok && opened.value.warnings).toEqual([{ code: "test-key", path }]);
  });

  // RFC 9881 C.1: the same key as seed alone; other tools write that.
  test.each([
    { oid: "12", sha256: "d666806e11cee19a7c989f7445f90dd419cf4d2d51db8c0fdb4c0f0a542238c9" },
    { oid: "13", sha256: "91dc389cfaa01470b7f66eee45a4ae9026d154817c754dfe22298b3fa241ffcd" },
  ])("opens an ML-DSA key that is only a seed (OID ...3.$oid)", async ({ oid, sha256 }) => {
    const path = join(temporaryDirectory(), "seed.pem");
    const seed = Array.from({ length: 32 }, (_, i) => i.toString(16).padStart(2, "0")).join("");
    const der = Buffer.from(`3034020100300b06096086480165030403${oid}04228020${seed}`, "hex");
    writeFileSync(path, `-----BEGIN PRIVATE KEY-----\n${der.toString("base64")}\n-----END PRIVATE KEY-----\n`);
    const opened = await openUnencryptedTestKey(path);
    if (!opened.ok) throw new Error(opened.error.code);
    const { bytes } = opened.value.signer.publicKey;
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256);
  });

  test("does not take an encrypted one", async () => {
    const { privateKeyPath: path } = await makeKey(temporaryDirectory());
    expect(await openUnencryptedTestKey(path)).toEqual({ ok: false, error: { code: "key-encrypted", path } });
  });

  test("refuses what is no key", async () => {
    const path = join(temporaryDirectory(), "test.pem");
    writeFileSync(path, "nothing");
    expect(await openUnencryptedTestKey(path)).toEqual({
      ok: false,
      error: { code: "key-content-invalid", path, reason: "not-pkcs8" },
    });
  });
});

describe("readPublicKey and listKeys", () => {
  test("reads what createKey wrote", async () => {
    const { publicKeyPath: path, publicKey } = await makeKey(temporaryDirectory(), "k", "esp256");
    expect(await readPublicKey(path)).toEqual({
      ok: true,
      value: { path, publicKey, keyId: keyId(publicKey, nodeCrypto) },
    });
  });

  test("a private key is refused by its own code", async () => {
    const directory = temporaryDirectory();
    const { privateKeyPath } = await makeKey(directory);
    const plain = join(directory, "plain.pem");
    writeFileSync(plain, generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }));
    for (const path of [privateKeyPath, plain]) {
      expect(await readPublicKey(path)).toEqual({ ok: false, error: { code: "private-key-given", path } });
    }
  });

  test("lists keys by name, with what is wrong with each", async () => {
    const directory = temporaryDirectory();
    const b = await makeKey(directory, "b", "esp256");
    const a = await makeKey(directory, "a");
    rmSync(a.privateKeyPath);
    await makeKey(directory, "c");
    writeFileSync(join(directory, "c.pub.pem"), "garbage");
    chmodSync(join(directory, "c.pem.age"), 0o640);
    writeFileSync(join(directory, "notes.txt"), "x");
    writeFileSync(join(directory, ".k.pem.age.1234.tmp"), "x");
    const listed = await listKeys(directory);
    if (!listed.ok) throw new Error(listed.error.code);
    expect(listed.value.map(({ name, privateKeyPath, key }) => [name, privateKeyPath, key.ok])).toEqual([
      ["a", undefined, true],
      ["b", b.privateKeyPath, true],
      ["c", join(directory, "c.pem.age"), false],
    ]);
    expect(listed.value[2]?.warnings).toEqual([
      { code: "private-key-readable-by-others", path: join(directory, "c.pem.age"), mode: 0o640 },
    ]);
  });

  test("a directory that is not there", async () => {
    const path = join(temporaryDirectory(), "absent");
    expect(await listKeys(path)).toEqual({ ok: false, error: { code: "key-directory-not-found", path } });
  });
});

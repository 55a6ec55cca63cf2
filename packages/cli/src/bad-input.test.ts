import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type BuiltRelease,
  buildRelease,
  emptyFolder,
  filesIn,
  fixture,
  sumac,
  testKey,
  testPublicKey,
  twoLines,
} from "./sumac.test.support.ts";

let release: BuiltRelease;
let bad: string;

/** One file of each kind that somebody names by mistake. */
beforeAll(async () => {
  release = await buildRelease(emptyFolder());
  bad = emptyFolder();
  const put = (name: string, content: string | Uint8Array): void => writeFileSync(path.join(bad, name), content);
  mkdirSync(path.join(bad, "folder"));
  execFileSync("sh", ["-c", "mkfifo pipe"], { cwd: bad });
  put("empty", "");
  put("text", "just some text\n");
  put(
    "binary",
    Uint8Array.from({ length: 300 }, (_, at) => (at * 7) & 0xff),
  );
  put("half.suit", readFileSync(release.envelope).subarray(0, 200));
  put("half.pem", readFileSync(testPublicKey("vendor")).subarray(0, 60));
  put("private.pem", readFileSync(testKey("vendor")));
  put("pkcs8.pem", readFileSync(testKey("vendor"), "utf8").replace(/^TEST ONLY.*\n/, ""));
  put("vendor.pem.age", "age-encryption.org/v1\n-> scrypt x 18\n\u0000");
  put("binary.pem.age", Uint8Array.from([...new TextEncoder().encode("age-encryption.org/v1\n"), 0xff, 0xfe]));
  put("armoured.pem.age", "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n");
  put("large.pem", "-".repeat(100_000));
  put("long-token", "x".repeat(5000));
});

const key = testPublicKey("vendor");
const config = fixture("sumac.yaml");
const firmware = fixture("images", "rtu-demo-1.1.0.bin");
const build = ["--version", "1", "--sequence", "1"];
const server = ["--server", "http://127.0.0.1:9"];

/** `FILE` stands for the bad one. */
type Row = readonly [kind: string, code: string, exit: number];

const tables: readonly (readonly [what: string, line: () => readonly string[], rows: readonly Row[]])[] = [
  [
    "the envelope of verify",
    () => ["verify", "FILE", "--key", key],
    [
      ["nowhere", "file-not-found", 5],
      ["empty/x", "not-a-folder", 5],
      ["folder", "is-a-folder", 5],
      ["pipe", "not-a-regular-file", 5],
      ["empty", "malformed", 4],
      ["text", "malformed", 4],
      ["half.suit", "malformed", 4],
      ["private.pem", "malformed", 4],
    ],
  ],
  [
    "the key of verify",
    () => ["verify", release.envelope, "--key", "FILE"],
    [
      ["nowhere", "file-not-found", 5],
      ["folder", "is-a-folder", 5],
      ["pipe", "not-a-regular-file", 5],
      ["empty", "public-key-invalid", 4],
      ["text", "public-key-invalid", 4],
      ["binary", "not-text", 4],
      ["half.pem", "public-key-invalid", 4],
      ["private.pem", "private-key-given", 4],
      ["pkcs8.pem", "private-key-given", 4],
      ["vendor.pem.age", "private-key-given", 4],
      ["binary.pem.age", "private-key-given", 4],
      ["armoured.pem.age", "private-key-given", 4],
      ["large.pem", "file-too-large", 4],
    ],
  ],
  [
    "the payload of verify",
    () => ["verify", release.envelope, "--key", key, "--payload", "FILE"],
    [
      ["nowhere", "file-not-found", 5],
      ["folder", "is-a-folder", 5],
      ["pipe", "not-a-regular-file", 5],
      ["empty", "image-too-short", 3],
      ["binary", "image-too-short", 3],
    ],
  ],
  [
    "the envelope of release sign",
    () => ["release", "sign", "FILE", "--test-only-key", testKey("vendor")],
    [
      ["nowhere", "file-not-found", 5],
      ["folder", "is-a-folder", 5],
      ["empty", "malformed", 4],
      ["half.suit", "malformed", 4],
    ],
  ],
  [
    "the envelope of release inspect",
    () => ["release", "inspect", "FILE"],
    [
      ["nowhere", "file-not-found", 5],
      ["folder", "is-a-folder", 5],
      ["half.suit", "malformed", 4],
    ],
  ],
  [
    "the envelope of release lint",
    () => ["release", "lint", "FILE"],
    [
      ["nowhere", "file-not-found", 5],
      ["empty", "malformed", 4],
    ],
  ],
  [
    "the firmware of release build",
    () => ["release", "build", "FILE", "--config", config, ...build, "--out", "out"],
    [
      ["nowhere", "file-not-found", 5],
      ["folder", "is-a-folder", 5],
      ["pipe", "not-a-regular-file", 5],
      ["empty", "not-firmware", 4],
      ["text", "not-firmware", 4],
      ["private.pem", "not-firmware", 4],
    ],
  ],
  [
    "the description of release build",
    () => ["release", "build", firmware, "--config", "FILE", ...build, "--out", "out"],
    [
      ["nowhere", "file-not-found", 5],
      ["folder", "is-a-folder", 5],
      ["empty", "description-empty", 4],
      ["text", "description-wrong-type", 4],
      ["binary", "description-not-utf-8", 4],
      ["large.pem", "file-too-large", 4],
    ],
  ],
  [
    "the key of release build",
    () => ["release", "build", firmware, "--config", config, ...build, "--out", "out", "--key", "FILE"],
    [
      ["nowhere", "key-not-found", 5],
      ["folder", "is-a-folder", 5],
      ["pipe", "not-a-regular-file", 5],
      ["empty", "key-not-age", 4],
      ["private.pem", "key-not-encrypted", 4],
      ["half.pem", "key-not-age", 4],
    ],
  ],
  [
    "the test key of release sign",
    () => ["release", "sign", release.envelope, "--test-only-key", "FILE"],
    [
      ["nowhere", "key-not-found", 5],
      ["folder", "is-a-folder", 5],
      ["pipe", "not-a-regular-file", 5],
    ],
  ],
  [
    "the passphrase file of keys new",
    () => ["keys", "new", "k", "--passphrase-file", "FILE"],
    [
      ["nowhere", "passphrase-file-not-found", 5],
      ["folder", "is-a-folder", 5],
      ["pipe", "not-a-regular-file", 5],
      ["empty", "passphrase-unusable", 2],
    ],
  ],
  [
    "the decryption key of verify",
    () => ["verify", release.envelope, "--key", key, "--decryption-key", "FILE"],
    [
      ["nowhere", "file-not-found", 5],
      ["folder", "is-a-folder", 5],
      ["pipe", "not-a-regular-file", 5],
      ["empty", "decryption-key-invalid", 4],
    ],
  ],
  [
    "the trust record of release inspect",
    () => ["release", "inspect", release.envelope, "--trust", "FILE"],
    [
      ["nowhere", "file-not-found", 5],
      ["folder", "is-a-folder", 5],
      ["pipe", "not-a-regular-file", 5],
      ["empty", "malformed", 4],
      ["binary", "malformed", 4],
    ],
  ],
  [
    "the earlier release of release lint",
    () => ["release", "lint", release.envelope, "--history", "FILE"],
    [
      ["nowhere", "file-not-found", 5],
      ["half.suit", "malformed", 4],
    ],
  ],
  [
    "the recipient of release lint",
    () => ["release", "lint", release.envelope, "--recipient", "FILE"],
    [
      ["nowhere", "file-not-found", 5],
      ["empty", "description-empty", 4],
      ["text", "description-wrong-type", 4],
      ["large.pem", "file-too-large", 4],
    ],
  ],
  [
    "the key of keys show",
    () => ["keys", "show", "FILE"],
    [
      ["nowhere", "key-not-found", 5],
      ["folder", "is-a-folder", 5],
      ["pipe", "not-a-regular-file", 5],
      ["empty", "public-key-invalid", 4],
      ["private.pem", "private-key-given", 4],
    ],
  ],
  [
    "the folder of keys list",
    () => ["keys", "list", "--dir", "FILE"],
    [
      ["nowhere", "key-directory-not-found", 5],
      ["text", "not-a-folder", 5],
    ],
  ],
  [
    "the envelope of publish",
    () => ["publish", "FILE", ...server, "--token-file", "good-token"],
    [
      ["nowhere", "file-not-found", 5],
      ["half.suit", "malformed", 4],
    ],
  ],
  [
    "the token of publish",
    () => ["publish", release.envelope, ...server, "--token-file", "FILE"],
    [
      ["nowhere", "file-not-found", 5],
      ["folder", "is-a-folder", 5],
      ["empty", "token-invalid", 4],
      ["text", "token-invalid", 4],
      ["long-token", "file-too-large", 4],
      ["pipe", "not-a-regular-file", 5],
    ],
  ],
  [
    "the trusted key of serve",
    () => ["serve", "--data", "data", "--port", "0", "--trust", "FILE"],
    [
      ["nowhere", "file-not-found", 5],
      ["private.pem", "private-key-given", 4],
    ],
  ],
  [
    "the trusted key of device run",
    () => [
      "device",
      "run",
      "dev",
      ...server,
      "--token-file",
      "good-token",
      "--id",
      "d",
      "--config",
      config,
      "--trust",
      "FILE",
    ],
    [
      ["nowhere", "file-not-found", 5],
      ["private.pem", "private-key-given", 4],
    ],
  ],
  [
    "the first release of device run",
    () => [
      "device",
      "run",
      "dev",
      ...server,
      "--token-file",
      "good-token",
      "--id",
      "d",
      "--config",
      config,
      "--trust",
      key,
      "--factory",
      "FILE",
    ],
    [
      ["nowhere", "file-not-found", 5],
      ["half.suit", "malformed", 4],
    ],
  ],
  [
    "the folder of device status",
    () => ["device", "status", "FILE"],
    [
      ["nowhere", "device-not-found", 5],
      ["folder", "device-not-found", 5],
    ],
  ],
];

describe.each(tables)("%s", (_, line, rows) => {
  test.each(rows)("%s: %s, exit code %i", async (kind, code, exit) => {
    const folder = emptyFolder();
    writeFileSync(path.join(folder, "good-token"), "a-token-of-thirty-two-characters\n");
    const words = line().map((word) => (word === "FILE" ? path.join(bad, kind) : word));
    const said = await sumac(words, { folder, environment: { SUMAC_PASSPHRASE: "a rather long passphrase" } });
    expect(withoutTestKeyWarning(said.stderr)).toMatch(twoLines(code));
    expect(said.code).toBe(exit);
    expect(said.stdout).toMatch(/^(refused\n)?$/);
    expect(filesIn(folder)).toEqual(["good-token"]);
  });
});

const withoutTestKeyWarning = (text: string): string => text.replace(/^warning\[test-key\].*\nhint: .*\n/, "");

describe("a wrong line", () => {
  test.each([
    ["an unknown command", ["vrify"], "unknown-command", /did you mean verify\?/],
    ["an unknown command of a group", ["keys", "nwe"], "unknown-command", /did you mean new\? see `sumac keys --help`/],
    ["an unknown option", ["verify", "f", "--kye", "k"], "unknown-option", /did you mean --key\?/],
    [
      "a required option mistyped",
      ["publish", "f", "--sever", "http://h", "--token-file", "t"],
      "unknown-option",
      /did you mean --server\?/,
    ],
    ["an empty option", ["serve", "--data", "", "--trust", key], "missing-value", /see `sumac serve --help`/],
    ["an empty option, attached", ["serve", "--data=", "--trust", key], "missing-value", /see `sumac serve --help`/],
    ["an empty file name", ["verify", "", "--key", key], "missing-argument", /see `sumac verify --help`/],
    ["an empty folder name", ["device", "status", ""], "missing-argument", /see `sumac device status --help`/],
    ["no file", ["verify", "--key", "k"], "missing-argument", /see `sumac verify --help`/],
    ["a file too many", ["verify", "a", "b", "--key", "k"], "excess-argument", /see `sumac verify --help`/],
    ["an option without its value", ["verify", "f", "--key"], "missing-value", /see `sumac verify --help`/],
    [
      "an option instead of the value",
      ["verify", "f", "--key", "--floor"],
      "missing-value",
      /see `sumac verify --help`/,
    ],
    ["no required option", ["publish", "f", "--server", "http://h"], "missing-option", /see `sumac publish --help`/],
    ["an option twice", ["verify", "f", "--key", "k", "--floor", "1", "--floor", "2"], "option-repeated", /once/],
    ["a floor that is no number", ["verify", "f", "--key", key, "--floor", "x"], "bad-value", /whole number/],
    [
      "a floor beyond 64 bits",
      ["verify", "f", "--key", key, "--floor", "18446744073709551616"],
      "bad-value",
      /up to 18446744073709551615/,
    ],
    [
      "a floor of 30 digits",
      ["verify", "f", "--key", key, "--floor", "9".repeat(30)],
      "bad-value",
      /up to 18446744073709551615/,
    ],
    ["a threshold of none", ["verify", "f", "--key", key, "--threshold", "0"], "bad-value", /from 1/],
    ["a threshold above the keys", ["verify", "f", "--key", key, "--threshold", "2"], "bad-value", /more keys/],
    ["the same key twice", ["verify", "f", "--key", key, "--key", key], "option-repeated", /once/],
    ["no key", ["verify", "f"], "missing-option", /--key/],
    ["an unknown algorithm", ["verify", "f", "--key", key, "--allow-alg", "-999"], "bad-value", /-7/],
    ["an identifier cut short", ["verify", "f", "--key", key, "--vendor-id", "bcc16965"], "bad-value", /UUID/],
    [
      "a server that is no address",
      ["publish", "f", "--server", "localhost:80", "--token-file", "t"],
      "bad-value",
      /http/,
    ],
    [
      "a password in the address",
      ["publish", "f", "--server", "http://u:p@h", "--token-file", "t"],
      "secret-in-url",
      /token-file/,
    ],
    ["a port beyond the last", ["serve", "--data", "d", "--trust", key, "--port", "65536"], "bad-value", /port/],
    ["a server that trusts nobody", ["serve", "--data", "d"], "missing-option", /--trust/],
    ["a device without a name", ["device", "run", "d", ...server, "--token-file", "t"], "missing-option", /--id/],
  ])("%s", async (_, words, code, hint) => {
    const folder = emptyFolder();
    const said = await sumac(words, { folder });
    expect(said.stderr).toMatch(twoLines(code));
    expect(said.stderr.split("\n")[1]).toMatch(hint);
    expect(said).toMatchObject({ code: 2, stdout: "" });
    expect(filesIn(folder)).toEqual([]);
  });
  test("with --json the failure is an object on stdout, beside the two lines", async () => {
    const said = await sumac(["keys", "list", "--json"], { folder: emptyFolder() });
    expect(said.json()).toEqual({
      error: { code: "key-directory-not-found", problem: expect.any(String), remedy: expect.any(String) },
    });
    expect(said.stderr).toMatch(twoLines("key-directory-not-found"));
  });
});

describe("a secret on the line is not repeated", () => {
  const secret = "hunter2-hunter2-hunter2";
  const verifying = ["verify", "f", "--key", key];
  const device = ["device", "run", "d", "--id", "d"];
  const serving = ["serve", "--data", "d", "--trust", key, "--port", "0"];
  test.each([
    [
      "in the address of publish",
      ["publish", "f", "--server", `ftp://u:${secret}@h/`, "--token-file", "t"],
      "bad-value",
      2,
    ],
    ["before a host alone", ["publish", "f", "--server", `u:${secret}@h`, "--token-file", "t"], "bad-value", 2],
    ["in a query", ["publish", "f", "--server", `ftp://h/?token=${secret}`, "--token-file", "t"], "bad-value", 2],
    ["in the address of a device", [...device, "--server", `ftp://u:${secret}@h/`, "--token-file", "t"], undefined, 2],
    ["in the public address", [...serving, "--public-url", `https://u:${secret}@h`], "secret-in-url", 2],
    ["as a password alone", [...serving, "--public-url", `https://:${secret}@h`], "secret-in-url", 2],
    ["in a public address that is none", [...serving, "--public-url", `ftp//u:${secret}@h`], "bad-value", 2],
    ["in the query of a public address", [...serving, "--public-url", `https://h/?t=${secret}`], "bad-value", 2],
    ["as a token file", ["publish", "f", ...server, "--token-file", secret], "file-not-found", 5],
    ["as a long token file", ["publish", "f", ...server, "--token-file", secret.repeat(20)], "name-too-long", 5],
    ["as a token file of serve", [...serving, "--publish-token-file", secret.repeat(20)], "file-not-found", 5],
    ["as a folder of a token file", [...serving, "--device-token-file", `${secret}/t`], "folder-not-found", 5],
    ["as a passphrase file", ["keys", "new", "k", "--passphrase-file", secret], "passphrase-file-not-found", 5],
    ["as a long passphrase", ["keys", "new", "k", "--passphrase-file", secret.repeat(20)], "name-too-long", 5],
    ["to an option that is not there", [...verifying, `--token=${secret}`], "unknown-option", 2],
    ["with dashes", ["publish", "f", ...server, "--token-file", `--${secret}`], "missing-value", 2],
  ])("%s", async (_, words, code, exit) => {
    const folder = emptyFolder();
    for (const line of [words, [...words, "--json"]]) {
      const said = await sumac(line, { folder });
      expect(said.stdout + said.stderr).not.toContain("hunter2");
      expect(said.stderr).toMatch(twoLines(code ?? "[a-z-]+"));
      expect(said.code).toBe(exit);
    }
    expect(filesIn(folder)).toEqual([]);
  });
});

describe("a bug", () => {
  const broken = { onOutput: (text: string): void => void (text.startsWith("sumac ") && explode()) };
  const explode = (): never => {
    throw new TypeError("cannot read properties of undefined");
  };
  test("is exit code 1 and two lines, without a stack", async () => {
    const said = await sumac(["--version"], broken);
    expect(said.code).toBe(1);
    expect(said.stderr).toMatch(twoLines("bug"));
  });
  test("shows where it happened with SUMAC_DEBUG=1", async () => {
    const said = await sumac(["--version"], { ...broken, environment: { SUMAC_DEBUG: "1" } });
    expect(said.stderr).toMatch(/^TypeError: .*\n\s+at /);
  });
});

test("an interrupted command is exit code 130", async () => {
  const controller = new AbortController();
  controller.abort();
  const said = await sumac(["release", "inspect", release.envelope], { interrupted: controller.signal });
  expect(said.code).toBe(130);
  expect(said.stderr).toMatch(twoLines("interrupted"));
});

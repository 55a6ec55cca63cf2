import { readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { emptyFolder, filesIn, sumac, testPublicKey, twoLines } from "../sumac.test.support.ts";

const passphrase = "a rather long passphrase";

describe("keys new", () => {
  test("makes a key whose passphrase shows up nowhere, and never overwrites it", async () => {
    const folder = emptyFolder();
    const typed = [passphrase, passphrase];
    const made = await sumac(["keys", "new", "vendor", "--json"], { folder, typed });
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.json()).toEqual({
      name: "vendor",
      algorithm: "ed25519",
      keyId: expect.stringMatching(/^[0-9a-f]{64}$/),
      privateKey: "keys/vendor.pem.age",
      publicKey: "keys/vendor.pub.pem",
    });
    expect(filesIn(folder)).toEqual(["keys/vendor.pem.age", "keys/vendor.pub.pem"]);
    const file = path.join(folder, "keys/vendor.pem.age");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = readFileSync(file);
    for (const text of [made.stdout, before.toString("latin1")]) {
      expect(text).not.toContain(passphrase);
      expect(text).not.toContain("PRIVATE KEY");
    }
    const again = await sumac(["keys", "new", "vendor"], { folder, typed });
    expect(again).toMatchObject({ code: 2, stdout: "" });
    expect(again.stderr).toMatch(twoLines("key-exists"));
    expect(readFileSync(file)).toEqual(before);

    const listed = await sumac(["keys", "list", "--json"], { folder });
    const { keyId } = made.json() as { keyId: string };
    expect(listed.json()).toEqual({
      folder: "keys",
      keys: [{ name: "vendor", private: true, warnings: [], algorithm: "Ed25519", keyId }],
    });
    const shown = await sumac(["keys", "show", "keys/vendor.pem.age", "--json"], { folder });
    expect(shown.json()).toMatchObject({ file: "keys/vendor.pub.pem", keyId, algorithm: "Ed25519" });
  });

  test.each([
    ["nobody to ask", {}, "no-terminal"],
    ["two different passphrases", { typed: [passphrase, "another one"] }, "passphrase-mismatch"],
    ["too short", { typed: ["short", "short"] }, "passphrase-unusable"],
    ["empty in the environment", { environment: { SUMAC_PASSPHRASE: "" } }, "passphrase-unusable"],
  ])("%s leaves no file behind", async (_, options, code) => {
    const folder = emptyFolder();
    const said = await sumac(["keys", "new", "vendor"], { folder, ...options });
    expect(said.code).toBe(2);
    expect(said.stderr).toMatch(twoLines(code));
    expect(filesIn(folder)).toEqual([]);
  });
  test.each([
    ["a path as a name", ["keys", "new", "../vendor"], "key-name-invalid", 2],
    ["an unknown algorithm", ["keys", "new", "v", "--algorithm", "rsa"], "bad-value", 2],
    ["no passphrase file", ["keys", "new", "v", "--passphrase-file", "nowhere"], "passphrase-file-not-found", 5],
  ])("%s", async (_, words, code, exit) => {
    const folder = emptyFolder();
    const said = await sumac(words, { folder, typed: [passphrase, passphrase] });
    expect(said.code).toBe(exit);
    expect(said.stderr).toMatch(twoLines(code));
    expect(filesIn(folder)).toEqual([]);
  });
});

describe("keys show", () => {
  test("tells id and algorithm of any public key", async () => {
    const said = await sumac(["keys", "show", testPublicKey("owner-p256")]);
    expect(said.stdout).toMatch(/^key id {5}[0-9a-f]{64}\nalgorithm {2}ESP256\n-----BEGIN PUBLIC KEY-----\n/);
  });
});

test("keys list says which key cannot be used, and lists the others", async () => {
  const folder = emptyFolder();
  writeFileSync(path.join(folder, "bad.pub.pem"), "nothing\n");
  writeFileSync(path.join(folder, "good.pub.pem"), readFileSync(testPublicKey("vendor")));
  const said = await sumac(["keys", "list", "--dir", "."], { folder });
  expect(said.code).toBe(0);
  expect(said.stdout).toMatch(/^bad {2}unusable: .+\ngood {2}Ed25519 {2}[0-9a-f]{64} {2}public only\n$/);
});

import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { SoftHsm, softHsmMissing, testPin } from "@sumac/pkcs11/softhsm";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import {
  buildRelease,
  emptyFolder,
  filesIn,
  fixture,
  type Said,
  type SumacOptions,
  sumac,
  twoLines,
} from "../sumac.test.support.ts";

let folder: string;
let envelope: string;
beforeEach(async () => {
  folder = emptyFolder();
  envelope = path.basename((await buildRelease(folder, { signers: [] })).envelope);
});

const environment = { PATH: process.env["PATH"] ?? "" };
const run = (words: readonly string[], options: SumacOptions = {}): Promise<Said> =>
  sumac(words, { folder, environment, ...options });

async function done(words: readonly string[], options: SumacOptions = {}): Promise<Said> {
  const said = await run(words, options);
  if (said.code !== 0) throw new Error(said.stderr);
  return said;
}

/** A signing command that wants a PIN for the signature, and says so on standard error; its key is TEST ONLY. */
function command(): string {
  const { privateKey } = generateKeyPairSync("ed25519");
  writeFileSync(path.join(folder, "card.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
  const program = `#!${process.execPath}
const { createPrivateKey, createPublicKey, sign } = require("node:crypto");
const key = createPrivateKey(require("node:fs").readFileSync("card.pem"));
const request = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const answer = (reply) => { console.log(JSON.stringify(reply)); process.exit("error" in reply ? 1 : 0); };
if (JSON.stringify(process.env).includes("5311") || process.argv.join().includes("5311")) process.exit(9);
if (request.do === "public-key") answer({ publicKey: createPublicKey(key).export({ type: "spki", format: "pem" }) });
if (request.pin === undefined) answer({ error: "pin-needed" });
if (request.pin !== "5311") answer({ error: process.argv[2] ?? "pin-wrong", triesLeft: 1 });
console.error("touch the card \\u001b[2J now");
answer({ signature: sign(null, Buffer.from(request.message, "base64"), key).toString("base64") });
`;
  writeFileSync(path.join(folder, "card-sign"), program, { mode: 0o755 });
  return "command:./card-sign";
}

/** Signs an MCUboot image with it, and has a boot loader's rules judge it with the public key alone. */
async function signImage(
  key: string,
  publicKey: string,
  kind: "digest" | "pure",
  options: SumacOptions,
): Promise<Said> {
  const image = ["mcuboot", "sign", fixture("images", "rtu-demo-1.1.0.bin"), "--version", "1.1.0", "--kind", kind];
  const geometry = ["--header-size", "512", "--slot-size", "524288"];
  await done([...image, ...geometry, "--key", key, "--out", `${kind}.bin`], options);
  return done(["mcuboot", "verify", `${kind}.bin`, "--key", publicKey, "--json"]);
}

describe("command:PROGRAM", () => {
  test.each(["digest", "pure"] as const)("signs an MCUboot image: %s", async (kind) => {
    const key = command();
    await done(["keys", "show", key, "--out", "card.pub.pem"]);
    const said = await signImage(key, "card.pub.pem", kind, { typed: ["5311"] });
    expect(said.json()).toMatchObject({ verdict: "accepted", signature: kind });
  });

  test("signs an envelope, a request and a trust update, and shows its public key", async () => {
    const key = command();
    const shown = await done(["keys", "show", key, "--out", "card.pub.pem"]);
    const { publicKey } = (await done(["keys", "show", key, "--json"])).json() as { publicKey: string };
    expect(readFileSync(path.join(folder, "card.pub.pem"), "utf8")).toBe(publicKey);
    expect(shown.stdout).toContain("algorithm  Ed25519");

    const signed = await done(["release", "sign", envelope, "--key", key, "--out", "s.suit"], { typed: ["5311"] });
    expect(signed.stderr).toBe("./card-sign: touch the card \\u{1b}[2J now\n");
    await done(["verify", "s.suit", "--key", "card.pub.pem"]);

    const pin = { environment: { ...environment, SUMAC_PIN: "5311" } };
    await done(["release", "prepare", envelope, "--key", "card.pub.pem", "--out", "r.request.json"]);
    await done(["release", "sign", "r.request.json", "--key", key, "--out", "sig.json"], pin);
    await done(["release", "combine", "r.request.json", "--signature", "sig.json", "--out", "c.suit"]);
    expect(readFileSync(path.join(folder, "c.suit"))).toEqual(readFileSync(path.join(folder, "s.suit")));

    await done(["trust", "make", "t.trust", "--part", "vendor", "--release", "card.pub.pem", "--root", "card.pub.pem"]);
    const update = ["trust", "update", "t.trust", "--sequence", "2", "--config", fixture("sumac.yaml"), "--key", key];
    writeFileSync(path.join(folder, "pin"), "5311\n", { mode: 0o600 });
    const updated = await done([...update, "--pin-file", "pin", "--json"]);
    expect(updated.json()).toMatchObject({ signedByNewRoot: true });
  });

  const sign = (key: string) => ["release", "sign", envelope, "--key", key];
  test.each<[string, string, string, number]>([
    ["a wrong PIN", "command:./card-sign", "pin-wrong", 3],
    ["a blocked PIN", "command:./card-sign pin-blocked", "pin-blocked", 3],
    ["a card that was pulled out", "command:./card-sign token-absent", "token-absent", 5],
    ["a person that says no", "command:./card-sign user-refused", "user-refused", 3],
    ["a program that is not there", "command:./no-such", "signer-command-not-found", 5],
    ["a program that is no signer", "command:true", "signer-reply-invalid", 4],
    ["a program that fails", "command:false", "signer-command-failed", 5],
    ["no program", "command:", "bad-value", 2],
    ["two spaces", "command:./card-sign  x", "signer-command-invalid", 2],
  ])("%s", async (_, key, code, exit) => {
    command();
    const before = [filesIn(folder), readFileSync(path.join(folder, envelope))];
    const said = await run(sign(key), { typed: ["0000"] });
    expect(said.stderr).toMatch(twoLines(code));
    expect(said.code).toBe(exit);
    expect(said.stderr).not.toContain("0000");
    expect([filesIn(folder), readFileSync(path.join(folder, envelope))]).toEqual(before);
  });

  test("without anybody to ask for the PIN", async () => {
    const said = await run(sign(command()));
    expect(said.stderr).toMatch(twoLines("no-terminal"));
  });

  test("a file of such a name is a file with ./ before it", async () => {
    const said = await run(sign("./command:x"), { typed: ["0000"] });
    expect(said.stderr).toMatch(twoLines("key-not-found"));
  });

  test("the same command twice, and PIN files that do not add up", async () => {
    const key = command();
    expect((await run([...sign(key), "--key", key])).stderr).toMatch(twoLines("option-repeated"));
    const uneven = await run([...sign(key), "--pin-file", "a", "--pin-file", "b"]);
    expect(uneven.stderr).toMatch(twoLines("bad-value"));
    // A passphrase file belongs to keys in files alone.
    expect((await run([...sign(key), "--passphrase-file", "a", "--passphrase-file", "b"])).stderr).toMatch(
      twoLines("bad-value"),
    );
  });
});

describe("pkcs11:URI without a token", () => {
  test.each<[string, string, number]>([
    ["pkcs11:tokn=a", "pkcs11-uri-invalid", 2],
    ["pkcs11:token=a?pin-value=4711", "pkcs11-pin-in-uri", 2],
    ["pkcs11:token=a;object=b", "pkcs11-module-unnamed", 2],
  ])("%s", async (uri, code, exit) => {
    for (const words of [
      ["release", "sign", envelope, "--key", uri],
      ["keys", "show", uri],
    ]) {
      const said = await run(words);
      expect(said.stderr).toMatch(twoLines(code));
      expect(said.stderr).not.toContain("4711");
      expect(said.code).toBe(exit);
    }
  });
});

const missing = await softHsmMissing();
if (missing !== undefined) console.warn(`skipped: signing releases with a PKCS#11 token; ${missing}`);

describe.skipIf(missing !== undefined)("pkcs11:URI with SoftHSM", async () => {
  if (missing !== undefined) return;
  const hsm = await SoftHsm.make();
  afterAll(() => hsm.remove());
  hsm.makeToken("release keys", [
    { label: "line-a", id: Uint8Array.of(1), algorithm: "ed25519" },
    { label: "line-b", id: Uint8Array.of(2), algorithm: "p-256" },
    { label: "loose", id: Uint8Array.of(3), algorithm: "ed25519", extractable: "yes" },
  ]);
  const uri = (words: string) => hsm.uri(`token=release%20keys;${words}`);
  const withPin: SumacOptions = { environment: { ...environment, SUMAC_PIN: testPin } };

  test("two keys of a token sign a release that verifies; split signing gives the same bytes for Ed25519", async () => {
    const keys = ["--key", uri("object=line-a"), "--key", uri("object=line-b")];
    for (const [object, file] of [
      ["line-a", "a.pub.pem"],
      ["line-b", "b.pub.pem"],
    ] as const) {
      await done(["keys", "show", uri(`object=${object}`), "--out", file], { typed: [testPin] });
    }
    await done(["release", "sign", envelope, ...keys, "--out", "s.suit"], withPin);
    await done(["verify", "s.suit", "--key", "a.pub.pem", "--key", "b.pub.pem", "--threshold", "2"]);

    const one = ["--key", uri("object=line-a")];
    await done(["release", "sign", envelope, ...one, "--out", "direct.suit"], withPin);
    await done(["release", "prepare", envelope, "--key", "a.pub.pem", "--out", "r.request.json"]);
    await done(["release", "sign", "r.request.json", ...one, "--out", "sig.json"], withPin);
    await done(["release", "combine", "r.request.json", "--signature", "sig.json", "--out", "c.suit"]);
    expect(readFileSync(path.join(folder, "c.suit"))).toEqual(readFileSync(path.join(folder, "direct.suit")));
  });

  test.each(["line-a", "line-b"])("a key of a token signs an MCUboot image: %s", async (label) => {
    await done(["keys", "show", uri(`object=${label}`), "--out", "token.pub.pem"], { typed: [testPin] });
    const said = await signImage(uri(`object=${label}`), "token.pub.pem", "digest", withPin);
    expect(said.json()).toMatchObject({ verdict: "accepted", signature: "digest" });
  });

  test("the PIN comes from --pin-file, pin-source, SUMAC_PIN or a person, and the driver from SUMAC_PKCS11_MODULE", async () => {
    mkdirSync(path.join(folder, "secret"));
    const file = path.join(folder, "secret", "pin");
    writeFileSync(file, `${testPin}\n`, { mode: 0o600 });
    const key = uri("object=line-a");
    const sign = (name: string) => ["release", "sign", envelope, "--key", name, "--out", "x.suit", "--replace"];
    await done([...sign(key), "--pin-file", file]);
    await done(sign(`${key}&pin-source=file:${file}`));
    await done(sign(key), withPin);
    await done(sign(key), { typed: [testPin] });
    await done(sign("pkcs11:object=line-a;token=release%20keys"), {
      environment: { ...environment, SUMAC_PIN: testPin, SUMAC_PKCS11_MODULE: hsm.module },
    });
  });

  test.each<[string, string, string, string, number]>([
    ["a wrong PIN", "object=line-a", "000000", "pin-wrong", 3],
    ["a key that is not there", "object=line-x", testPin, "signing-key-not-found", 5],
    ["an extractable key", "object=loose", testPin, "token-key-extractable", 3],
    ["no key named", "type=private", testPin, "token-key-ambiguous", 2],
  ])("%s", async (_, words, pin, code, exit) => {
    const before = readFileSync(path.join(folder, envelope));
    const said = await run(["release", "sign", envelope, "--key", uri(words)], { typed: [pin] });
    expect(said.stderr).toMatch(twoLines(code));
    expect(said.stderr).not.toContain(pin);
    expect(said.code).toBe(exit);
    expect(readFileSync(path.join(folder, envelope))).toEqual(before);
  });

  test("a token that is not there is told before anybody types a PIN", async () => {
    const said = await run(["release", "sign", envelope, "--key", hsm.uri("token=other;object=line-a")]);
    expect(said.stderr).toMatch(twoLines("token-absent"));
    expect(said.code).toBe(5);
  });
});

test("keys of files and commands sign together", async () => {
  const key = command();
  await done(["keys", "new", "desk", "--passphrase-file", passphrase()]);
  const keys = ["--key", key, "--key", "keys/desk.pem.age", "--passphrase-file", "pass", "--pin-file", "pin"];
  writeFileSync(path.join(folder, "pin"), "5311", { mode: 0o600 });
  const signed = await done(["release", "sign", envelope, ...keys, "--json"]);
  expect((signed.json() as { signers: unknown[] }).signers).toHaveLength(2);
  expect(createPrivateKey(readFileSync(path.join(folder, "card.pem"))).asymmetricKeyType).toBe("ed25519");
});

function passphrase(): string {
  writeFileSync(path.join(folder, "pass"), "correct horse\n", { mode: 0o600 });
  return "pass";
}

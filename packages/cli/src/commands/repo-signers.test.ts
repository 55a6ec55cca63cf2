/** The signed repository with keys that are not in files: a token in software, and an external command. */
import { generateKeyPairSync } from "node:crypto";
import { readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { SoftHsm, softHsmMissing, testPin } from "@sumac/pkcs11/softhsm";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { type Said, type SumacOptions, sumac } from "../sumac.test.support.ts";
import { digestOf, metadata, newFolder, requestOf, tree } from "./repo.test.support.ts";

let folder: string;
beforeEach(() => {
  folder = newFolder();
});

const environment = { PATH: process.env["PATH"] ?? "" };
const withPin: SumacOptions = { environment: { ...environment, SUMAC_PIN: testPin } };
const run = (words: readonly string[], options: SumacOptions = {}): Promise<Said> =>
  sumac(words, { folder, environment, ...options });

async function done(words: readonly string[], options: SumacOptions = {}): Promise<Said> {
  const said = await run(words, options);
  if (said.code !== 0) throw new Error(`${words.join(" ")}\n${said.stderr}`);
  return said;
}

/** Root, targets and the online roles are all held by these keys, each alone. */
async function initFor(files: Readonly<Record<"root" | "targets" | "online", string>>): Promise<void> {
  const { root, targets, online } = files;
  const roles = ["--root", root, "--root-threshold", "1", "--targets", targets, "--snapshot", online];
  await done(["repo", "init", "repo", ...roles, "--timestamp", online]);
}

const signWords = (name: string, key: string): string[] => [
  ...["repo", "sign", requestOf(name), "--key", key],
  ...["--yes", "--expect", digestOf(folder, name)],
];

/** A signing command; its argument says how it behaves. Its key is TEST ONLY. */
function command(how = "honest"): string {
  if (!readdirSync(folder).includes("card.pem")) {
    const { privateKey } = generateKeyPairSync("ed25519");
    writeFileSync(path.join(folder, "card.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
  }
  const program = `#!${process.execPath}
const { createPrivateKey, createPublicKey, generateKeyPairSync, sign } = require("node:crypto");
const key = createPrivateKey(require("node:fs").readFileSync("card.pem"));
const request = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const answer = (reply) => { console.log(JSON.stringify(reply)); };
const how = process.argv[2];
if (request.do === "public-key") answer({ publicKey: createPublicKey(key).export({ type: "spki", format: "pem" }) });
else if (how === "liar") answer({ signature: sign(null, Buffer.from("other"), key).toString("base64") });
else if (how === "other") answer({ signature: sign(null, Buffer.from(request.message, "base64"), generateKeyPairSync("ed25519").privateKey).toString("base64") });
else if (how === "flood") { const block = "x".repeat(65536); const go = () => { while (process.stdout.write(block)); process.stdout.once("drain", go); }; go(); }
else if (how === "silent") process.exit(0);
else if (how === "crash") process.kill(process.pid, "SIGKILL");
else if (how === "blocked") { answer({ error: "pin-blocked" }); process.exitCode = 1; }
else if (how === "gone") { answer({ error: "token-absent" }); process.exitCode = 1; }
else answer({ signature: sign(null, Buffer.from(request.message, "base64"), key).toString("base64") });
`;
  writeFileSync(path.join(folder, "card-sign"), program, { mode: 0o755 });
  return `command:./card-sign ${how}`;
}

describe("command:PROGRAM", () => {
  beforeEach(async () => {
    await done(["keys", "show", command(), "--out", "card.pub.pem"]);
    await initFor({ root: "card.pub.pem", targets: "tom.pub.pem", online: "card.pub.pem" });
  });

  const rows = [
    ["liar", "signature-not-by-key", 3],
    ["other", "signature-not-by-key", 3],
    ["flood", "signer-reply-invalid", 4],
    ["silent", "signer-reply-invalid", 4],
    ["crash", "signer-command-failed", 5],
    ["blocked", "pin-blocked", 3],
    ["gone", "token-absent", 5],
  ] as const;

  test.each(rows)("one that is %s signs no request", async (how, code, exit) => {
    const before = tree(folder);
    const said = await run(signWords("1-root", command(how)));
    expect(said.stderr).toMatch(new RegExp(`^error\\[${code}\\]: .+\nhint: .+\n$`, "m"));
    expect(said.code).toBe(exit);
    expect(tree(folder)).toEqual(before);
  });

  test("it signs requests, snapshot and timestamp; one that fails publishes nothing", async () => {
    await done(signWords("1-root", command()));
    await done(["repo", "combine", "repo", "root"]);
    await done([
      "repo",
      "sign",
      requestOf("1-targets"),
      "--test-only-key",
      "tom.pem",
      "--yes",
      "--expect",
      digestOf(folder, "1-targets"),
    ]);
    await done(["repo", "combine", "repo", "targets"]);
    for (const [how, code, exit] of rows) {
      const before = tree(folder);
      const said = await run(["repo", "publish", "repo", "--key", command(how)]);
      expect(said.stderr).toMatch(new RegExp(`^error\\[${code}\\]: .+\nhint: .+\n$`, "m"));
      expect(said.code).toBe(exit);
      expect(tree(folder)).toEqual(before);
    }
    await done(["repo", "publish", "repo", "--key", command()]);
    expect(metadata(folder)).toEqual(["1.root.json", "1.snapshot.json", "1.targets.json", "timestamp.json"]);
  });
});

const missing = await softHsmMissing();
if (missing !== undefined) console.warn(`skipped: ceremonies with a PKCS#11 token; ${missing}`);

describe.skipIf(missing !== undefined)("pkcs11:URI with SoftHSM", async () => {
  if (missing !== undefined) return;
  const hsm = await SoftHsm.make();
  afterAll(() => hsm.remove());
  hsm.makeToken("root keys", [
    { label: "root", id: Uint8Array.of(1), algorithm: "ed25519" },
    { label: "targets", id: Uint8Array.of(2), algorithm: "p-256" },
  ]);
  hsm.makeToken("server keys", [{ label: "online", id: Uint8Array.of(1), algorithm: "p-256" }]);
  const uri = {
    root: hsm.uri("token=root%20keys;object=root"),
    targets: hsm.uri("token=root%20keys;object=targets"),
    online: hsm.uri("token=server%20keys;object=online"),
  };

  test("keys of tokens hold a ceremony and publish, and a device takes it", async () => {
    for (const [name, key] of Object.entries(uri))
      await done(["keys", "show", key, "--out", `${name}-hsm.pub.pem`], withPin);
    await initFor({ root: "root-hsm.pub.pem", targets: "targets-hsm.pub.pem", online: "online-hsm.pub.pem" });
    const before = tree(folder);
    for (const [key, pin, code] of [
      [uri.root, "000000", "pin-wrong"],
      [uri.targets, testPin, "signer-not-asked"],
      [hsm.uri("token=nowhere;object=root"), testPin, "token-absent"],
    ] as const) {
      const said = await run(signWords("1-root", key), { environment: { ...environment, SUMAC_PIN: pin } });
      expect(said.stderr).toMatch(new RegExp(`^error\\[${code}\\]: .+\nhint: .+\n$`, "m"));
      expect(said.stderr).not.toContain(pin);
      expect(tree(folder)).toEqual(before);
    }
    await done(signWords("1-root", uri.root), withPin);
    await done(["repo", "combine", "repo", "root"]);
    await done(["repo", "line", "add", "repo", "drives", "--key", "rel.pub.pem"]);
    await done(signWords("1-targets", uri.targets), withPin);
    await done(["repo", "combine", "repo", "targets"]);
    await done("release build fw.bin --config sumac.yaml --version 1.1.0 --sequence 2 --out r.suit".split(" "));
    await done("release sign r.suit --test-only-key rel.pem".split(" "));
    await done("repo release add repo r.suit --line drives".split(" "));
    await done([
      "repo",
      "sign",
      requestOf("1-line-drives"),
      "--test-only-key",
      "rel.pem",
      "--yes",
      "--expect",
      digestOf(folder, "1-line-drives"),
    ]);
    await done(["repo", "combine", "repo", "line-drives"]);
    const refused = await run(["repo", "publish", "repo", "--key", uri.root], withPin);
    expect(refused.stderr).toMatch(/^error\[key-not-of-role\]/);
    await done(["repo", "publish", "repo", "--key", uri.online], withPin);
    await done(["repo", "check", "repo", "drives/rtu-demo/1.1.0.suit", "--state", "device"]);
  });
});

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { openUnencryptedTestKey } from "@sumac/signing/node";
import {
  type CommandRecord,
  commandAt,
  digestOf,
  parseEnvelope,
  parseManifest,
  type Report,
  resolveSeverable,
  signReport,
} from "@sumac/suit";
import { beforeAll, describe, expect, test } from "vitest";
import {
  buildRelease,
  emptyFolder,
  fixture,
  type Said,
  sumac,
  testKey,
  testPublicKey,
  twoLines,
} from "../sumac.test.support.ts";

let folder: string;
let envelope: string;
let other: string;
let success: Report;
let imageDigest: string;

beforeAll(async () => {
  folder = emptyFolder();
  const config = path.join(folder, "sumac.yaml");
  const description = readFileSync(fixture("sumac.yaml"), "utf8");
  writeFileSync(config, `${description}referenceUri: https://vendor.example/rtu-demo/2\n`);
  const line = ["release", "build", fixture("images", "rtu-demo-1.1.0.bin"), "--config", config];
  const built = await sumac([...line, "--version", "1.1.0", "--sequence", "2", "--out", folder, "--json"]);
  envelope = (built.json() as { envelope: string }).envelope;
  other = (await buildRelease(emptyFolder())).envelope;
  success = reportOf(envelope);
});

/** The device installed it: the image-match of install held. */
function reportOf(file: string): Report {
  const parsed = parseEnvelope(readFileSync(file));
  const manifest = parsed.ok ? parseManifest(parsed.value.manifest) : parsed;
  if (!parsed.ok || !manifest.ok) throw new Error("must parse");
  const members = resolveSeverable(parsed.value, manifest.value, nodeCrypto);
  const install = members.ok ? members.value.install : undefined;
  const match = install?.commands.find((command) => command.kind === "condition");
  if (install === undefined || match === undefined) throw new Error("must install");
  const offset = match.offset - install.offset;
  expect(commandAt(install, offset)).toBe(match);
  const image = readFileSync(fixture("images", "rtu-demo-1.1.0.bin"));
  const measured = { imageDigest: digestOf(nodeCrypto, "sha-256", image) };
  imageDigest = bytesToHex(measured.imageDigest.bytes);
  const record: CommandRecord = { kind: "command", manifest: [], section: "install", offset, component: 0, measured };
  return {
    reference: { uri: manifest.value.referenceUri ?? "", digest: parsed.value.digest },
    nonce: Uint8Array.of(1, 2, 3, 4),
    entries: [record],
    result: "success",
  };
}

/** Reports are signed by the device; here by a test key. */
async function show(report: Report, options: readonly string[] = [], about = envelope): Promise<Said> {
  const opened = await openUnencryptedTestKey(testKey("owner"));
  if (!opened.ok) throw new Error(opened.error.code);
  const file = path.join(emptyFolder(), "report.cbor");
  writeFileSync(file, await signReport(report, opened.value.signer));
  return sumac(["report", "show", file, "--device-key", testPublicKey("owner"), "--envelope", about, ...options]);
}

test("a report that the device signed is told in words", async () => {
  const said = await show(success, ["--nonce", "01020304"]);
  expect(said).toMatchObject({ code: 0, stderr: "" });
  expect(said.stdout).toMatch(/^success, signed by the device\n/);
  expect(said.stdout).toContain("freshness     repeats the nonce\n");
  expect(said.stdout).toContain(": stop unless the component has the image digest  (reported)\n");
  expect(said.stdout).toContain(`      found image digest: sha-256 ${imageDigest}\n`);
  const json = (await show(success, ["--nonce", "01020304", "--json"])).json();
  expect(json).toMatchObject({ verdict: "believed", fresh: true, result: "success" });
});

test("a failure names its reason and its command", async () => {
  const [record] = success.entries;
  if (record?.kind !== "command") throw new Error("must be a command");
  const said = await show({ ...success, entries: [], result: { code: 7, record, reason: "condition-failed" } });
  expect(said.stdout).toMatch(/^failed: condition failed, signed by the device\n/);
  expect(said.stdout).toContain("freshness     not checked: give --nonce\n");
});

const foreignImage = { imageDigest: { algorithm: "sha-256", bytes: new Uint8Array(32).fill(0xab) } } as const;

describe("refused", () => {
  test.each([
    ["another nonce", () => show(success, ["--nonce", "05"]), "report-nonce-mismatch", 3],
    ["another device's key", () => show(success, []).then(() => strangerReport()), "report-signer-unknown", 3],
    ["about another update", () => show(success, [], other), "report-digest-mismatch", 3],
    [
      "a record where no command stands",
      () => show({ ...success, entries: success.entries.map((entry) => ({ ...entry, offset: 1 }) as typeof entry) }),
      "report-record-pointless",
      3,
    ],
    [
      "success with another image than the manifest lets through",
      () => show({ ...success, entries: success.entries.map((entry) => ({ ...entry, measured: foreignImage })) }),
      "report-measurement-contradicts",
      3,
    ],
    ["no report", () => sumac([...shown(fixture("sumac.yaml"))]), "malformed", 4],
    ["a nonce that is no hex", () => show(success, ["--nonce", "xy"]), "bad-value", 2],
    ["no device key", () => sumac(["report", "show", "r", "--envelope", envelope]), "missing-option", 2],
  ])("%s", async (_, work, code, exit) => {
    const said = await work();
    expect(said.stderr).toMatch(twoLines(code));
    expect(said).toMatchObject({ code: exit, stdout: "" });
  });

  const shown = (file: string): string[] => [
    "report",
    "show",
    file,
    "--device-key",
    testPublicKey("owner"),
    "--envelope",
    envelope,
  ];

  async function strangerReport(): Promise<Said> {
    const opened = await openUnencryptedTestKey(testKey("foreign"));
    if (!opened.ok) throw new Error(opened.error.code);
    const file = path.join(emptyFolder(), "report.cbor");
    writeFileSync(file, await signReport(success, opened.value.signer));
    return sumac(shown(file));
  }
});

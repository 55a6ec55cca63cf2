import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import { copyFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { openEnvelope } from "@sumac/sdl";
import { manifestFacts, parseEnvelope, parseManifest } from "@sumac/suit";
import { matchCustom } from "@sumac/tuf";
import { holdTargets } from "@sumac/tuf/writer";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { emptyFolder, fixture } from "../sumac.test.support.ts";
import { ceremony, done, init, newFolder, publish, refused } from "./repo.test.support.ts";

const example = path.resolve(import.meta.dirname, "../../../../firmware-fixtures/product-rtu");
const manager = path.join(example, "keys/rtu-p-rel.test-only.private.pem");
const beside = "r.suit.gate.dsse.json";
const target = "drives/rtu-demo/1.2.0.suit";
const add = "repo release add repo r.suit --line drives";

// The records of the example turn stale by themselves.
beforeAll(() => void vi.useFakeTimers({ now: Date.parse("2026-11-23T12:00:00Z"), toFake: ["Date"] }));
afterAll(() => void vi.useRealTimers());

/** A line of the release manager of the example, and an envelope that was signed with its gate. */
let signed = "";
beforeAll(async () => {
  const folder = newFolder();
  cpSync(example, path.join(folder, "p"), { recursive: true });
  copyFileSync(manager, path.join(folder, "manager.pem"));
  const key = createPublicKey(createPrivateKey(readFileSync(manager)));
  writeFileSync(path.join(folder, "manager.pub.pem"), key.export({ type: "spki", format: "pem" }));
  await done(folder, init);
  await ceremony(folder, "1-root", "alice", "bob");
  await done(folder, "repo line add repo drives --key manager.pub.pem");
  await ceremony(folder, "1-targets", "tom", "tina");
  for (const [minor, sequence, out] of [
    [2, 3, "r.suit"],
    [1, 2, "other.suit"],
  ] as const) {
    copyFileSync(fixture("images", `rtu-demo-1.${minor}.0.bin`), path.join(folder, `fw${minor}.bin`));
    const words = `--config sumac.yaml --version 1.${minor}.0 --sequence ${sequence} --out ${out}`;
    await done(folder, `release build fw${minor}.bin ${words}`);
  }
  await done(folder, "release sign r.suit --product p --test-only-key manager.pem");
  await done(folder, "release sign other.suit --test-only-key manager.pem");
  signed = folder;
}, 60_000);

function copy(): string {
  const folder = emptyFolder();
  cpSync(signed, folder, { recursive: true });
  return folder;
}

const digestOf = (folder: string, name: string): string =>
  createHash("sha256")
    .update(readFileSync(path.join(folder, name)))
    .digest("hex");

/** Writes the report with another payload, or under another key id, with the signature that it had. */
function alter(folder: string, payload: (text: string) => string, keyOf: (id: string) => string = (id) => id): void {
  const file = path.join(folder, beside);
  const opened = openEnvelope(new Uint8Array(readFileSync(file)));
  if (!opened.ok) throw new Error(opened.error.flaw);
  const text = payload(new TextDecoder().decode(opened.value.payload));
  const signatures = opened.value.signatures.map(({ keyid, sig }) => ({
    keyid: keyOf(keyid),
    sig: Buffer.from(sig).toString("base64"),
  }));
  const { payloadType } = opened.value;
  writeFileSync(file, JSON.stringify({ payload: Buffer.from(text).toString("base64"), payloadType, signatures }));
}

test("the digest of the gate report is signed with the list, said to its signers, and shown by check", async () => {
  const folder = copy();
  const digest = digestOf(folder, beside);
  expect((await done(folder, add)).stdout).toContain(`gate report sha256 ${digest}`);
  expect((await done(folder, add)).stdout).toContain("is in the draft already");
  await ceremony(folder, "1-line-drives", "manager");
  await done(folder, publish);
  const line = JSON.parse(readFileSync(path.join(folder, "repo/metadata/1.line-drives.json"), "utf8"));
  expect(line.signed.targets[target].custom.gate_report).toEqual({ sha256: digest });
  const held = holdTargets(new TextEncoder().encode(JSON.stringify(line)), "line-drives", nodeCrypto);
  const envelope = parseEnvelope(new Uint8Array(readFileSync(path.join(folder, "r.suit"))));
  const manifest = envelope.ok ? parseManifest(envelope.value.manifest) : undefined;
  const facts = manifest?.ok === true ? manifestFacts(manifest.value) : undefined;
  if (!held.ok || facts?.ok !== true) throw new Error("unreadable");
  const custom = held.value.metadata.targets.get(target)?.custom;
  // What is more than the envelope says is no contradiction to it.
  expect(matchCustom({ path: target, role: "line-drives", custom }, { ...facts.value, line: "drives" })).toEqual({
    ok: true,
    value: "match",
  });
  const check = `repo check repo ${target} --state seen`;
  expect((await done(folder, check)).stdout).toContain(`gate report sha256 ${digest}`);
  expect((await done(folder, `${check} --json`)).json()).toMatchObject({ gateReport: digest });
});

test("without a report nothing is listed, and a draft that lists none is never taken for one that does", async () => {
  const folder = copy();
  copyFileSync(path.join(folder, "r.suit"), path.join(folder, "plain.suit"));
  const plain = "repo release add repo plain.suit --line drives";
  expect((await done(folder, plain)).stdout).not.toContain("gate report");
  expect((await done(folder, plain)).stdout).toContain("is in the draft already");
  await refused(folder, `${plain} --gate-report ${beside}`, "target-present", 2);
});

const same = (text: string): string => text;
const attacks: readonly (readonly [string, string, number, string, (folder: string) => void])[] = [
  ["no report", "gate-report-malformed", 4, add, (folder) => writeFileSync(path.join(folder, beside), "{}")],
  ["another paper", "gate-report-malformed", 4, add, (f) => alter(f, (t) => t.replace("sdl-gate-report", "sdl-gate"))],
  [
    "one of other images",
    "gate-of-other-images",
    3,
    `${add.replace("r.suit", "other.suit")} --gate-report ${beside}`,
    () => undefined,
  ],
  ["one of a red gate", "gate-red", 3, add, (f) => alter(f, (t) => t.replace('"PASSED"', '"FAILED"'))],
  [
    "an altered one",
    "gate-report-altered",
    3,
    add,
    (f) => alter(f, (t) => t.replace("SDL_GATE_PASS", "SDL_GATE_FINE")),
  ],
  ["one by no key of the line", "gate-report-of-others", 3, add, (f) => alter(f, same, () => "00".repeat(32))],
];
test.each(attacks)("%s is refused: %s", async (_what, code, exit, line, spoil) => {
  const folder = copy();
  spoil(folder);
  await refused(folder, line, code, exit);
});

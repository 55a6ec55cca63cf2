import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { explainDevice } from "../explain.ts";
import { nodeFileSystem } from "../files/node-file-system.ts";
import { agentLogEntries } from "../log/log-event.ts";
import type { DeviceKey } from "../statement/device-key.ts";
import { signStatement } from "../statement/device-statement.ts";
import { fileDeviceKeyStore } from "../statement/node-device-key.ts";
import { Unavailable } from "../unavailable.ts";
import type { BackupEnd } from "./backup-command.ts";
import { readBackupRecord, signBackupRecord } from "./backup-record.ts";
import { backupRecordFile, checkBackup, signBackup } from "./signed-backup.ts";

let folder = "";
let key: DeviceKey;
const inside = (name: string): string => path.join(folder, name);
const file = (): string => inside("settings.bak");
const record = (): string => inside(backupRecordFile);
const place = () => ({ files: nodeFileSystem, folder, file: file(), crypto: nodeCrypto });
const saved: BackupEnd = { result: "saved", how: "exit code 0", output: "" };
const running = new Uint8Array(32).fill(7);
const sign = (over: { readonly key?: DeviceKey | undefined } = {}): Promise<BackupEnd> =>
  signBackup(saved, { ...place(), key, running, time: 1_900_000_000n, ...over });
const newKey = (name: string): Promise<DeviceKey> => fileDeviceKeyStore(inside(name)).generate();

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "sumac-backup-"));
  key = await newKey("device-key.pem");
  writeFileSync(file(), "x".repeat(200_000));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("CR 7.3 RE 1: what was saved is signed, and found as it was signed, with what ran and when", async () => {
  const end = await sign();
  const expected = { file: "settings.bak", size: 200_000, running, time: 1_900_000_000n };
  expect(end).toMatchObject({ result: "saved", record: expected });
  expect(await checkBackup(place(), key.publicKey)).toMatchObject({ ok: true, value: expected });
  const [entry] = agentLogEntries({ event: "backed-up", action: "7", manifestDigest: running, ...end });
  expect(entry?.facts).toMatchObject({
    file: "settings.bak",
    size: "200000",
    sha256: expect.stringMatching(/^\w{64}$/),
  });
});

test("CR 7.3 RE 1: an empty file, and one that was saved without a trusted time, are backups as well", async () => {
  writeFileSync(file(), "");
  expect(await signBackup(saved, { ...place(), key, running, time: undefined })).toMatchObject({ result: "saved" });
  expect(await checkBackup(place(), key.publicKey)).toMatchObject({ ok: true, value: { size: 0, time: undefined } });
});

const other = async (): Promise<void> => {
  const foreign = await newKey("other.pem");
  await signBackup(saved, { ...place(), key: foreign, running, time: undefined });
};
const pipe = (at: string): void => void execFileSync("mkfifo", [at]);
const instead = (change: (at: string) => void, at: () => string): (() => void) => {
  return () => {
    rmSync(at());
    change(at());
  };
};

describe("CR 7.3 RE 1: what is not the backup that this device has signed is refused by name, and changes nothing", () => {
  test.each<[string, () => void | Promise<void>, object]>([
    ["one byte altered", () => writeFileSync(file(), `y${"x".repeat(199_999)}`), { because: "digest-differs" }],
    ["cut short", () => writeFileSync(file(), "x"), { because: "size-differs", expected: 200_000, received: 1 }],
    ["nothing", () => rmSync(file()), { because: "file-missing" }],
    ["a folder", instead((at) => mkdirSync(at), file), { because: "file-foreign", kind: "folder" }],
    ["a pipe", instead(pipe, file), { because: "file-foreign", kind: "other" }],
    ["a link", instead((at) => symlinkSync("device-key.pem", at), file), { because: "file-foreign", kind: "link" }],
    ["no record", () => rmSync(record()), { because: "record-missing" }],
    ["a folder as record", instead((at) => mkdirSync(at), record), { because: "record-unreadable" }],
    ["a pipe as record", instead(pipe, record), { because: "record-unreadable" }],
    ["a record others may write", () => chmodSync(record(), 0o666), { because: "record-unreadable" }],
    ["garbage as record", () => writeFileSync(record(), "garbage"), { because: "record-unreadable" }],
    ["a huge record", () => writeFileSync(record(), new Uint8Array(1 << 20)), { because: "record-unreadable" }],
    ["another device's record", other, { because: "record-of-another-key" }],
    [
      "a statement of another kind",
      async () => writeFileSync(record(), await signStatement("sumac integrity seal 1", ["x"], key, nodeCrypto)),
      { because: "record-unreadable" },
    ],
    [
      "an altered record",
      () => {
        const bytes = readFileSync(record());
        const at = bytes.indexOf("settings.bak");
        bytes.write("Settings.bak", at);
        writeFileSync(record(), bytes);
      },
      { because: "record-signature-invalid" },
    ],
    [
      "the record of another file",
      async () => {
        const known = readBackupRecord(readFileSync(record()), key.publicKey, nodeCrypto);
        if (!known.ok) throw new Error("it is the device's");
        writeFileSync(record(), await signBackupRecord({ ...known.value, file: "recipes.bak" }, key, nodeCrypto));
      },
      { because: "record-of-another-file", name: "recipes.bak" },
    ],
  ])("CR 7.3 RE 1: %s", async (_what, change, expected) => {
    await sign();
    await change();
    const before = readdirSync(folder);
    const checked = await checkBackup(place(), key.publicKey);
    expect(checked).toMatchObject({ ok: false, error: { code: "backup-invalid", file: file(), ...expected } });
    expect(readdirSync(folder)).toEqual(before);
    if (!checked.ok)
      expect(explainDevice(checked.error).problem).toMatch(/^the backup .*settings\.bak is not restored: /);
  });
});

describe("CR 7.3 RE 1: a backup that cannot be signed is none, and the update waits for one", () => {
  test.each<[string, () => Promise<BackupEnd>, string]>([
    ["no key", () => sign({ key: undefined }), "the device has no key to sign a record with"],
    [
      "a file that the command has not written",
      () => {
        rmSync(file());
        return sign();
      },
      "file-missing",
    ],
    [
      "a full disk",
      () =>
        signBackup(saved, {
          ...{ ...place(), key, running, time: undefined },
          files: {
            ...nodeFileSystem,
            open: async (at, mode) => {
              if (mode === "create") throw new Unavailable("storage-full", { retryable: true });
              return nodeFileSystem.open(at, mode);
            },
          },
        }),
      "storage-full",
    ],
  ])("CR 7.3 RE 1: %s", async (_what, made, how) => {
    expect(await made()).toEqual({ ...saved, result: "failed", how });
    expect(await checkBackup(place(), key.publicKey)).toMatchObject({ error: { because: "record-missing" } });
  });

  test("CR 7.3 RE 1: a command that failed leaves the record of the backup before", async () => {
    await sign();
    const failed: BackupEnd = { result: "failed", how: "exit code 1", output: "" };
    expect(await signBackup(failed, { ...place(), key, running, time: undefined })).toEqual(failed);
    expect(await checkBackup(place(), key.publicKey)).toMatchObject({ ok: true });
  });
});

import { readFileSync } from "node:fs";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  type DeviceKey,
  deviceLogEntries,
  EventLog,
  exampleEnterprise,
  exportLines,
  FileLogStore,
  FlashLogStore,
  gatewayLog,
  type LogStore,
  logRegionSize,
  MemoryFlash,
  planFlashLog,
  readLogFile,
  readOnlyFiles,
  signLogHead,
  syslogLine,
  takeInventory,
  verifyExport,
} from "@sumac/device";
import { nodeFileSystem, openFileEventLog } from "@sumac/device/node";
import { describe, expect, test } from "vitest";
import { foreign, newer, offer, owner, ownerPart, provisioned, release } from "../support/sample-device.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const region = planFlashLog({ eraseBlock: 256 }, 0, 8);
const options = { crypto: nodeCrypto, now: () => 1_900_000_000n, whenFailing: "go-on" } as const;
const key: DeviceKey = { publicKey: owner.publicKey, sign: (message) => owner.sign(message) };
const signing = (ends: Parameters<typeof signLogHead>[0]["ends"]) =>
  signLogHead({ device: "rtu-1", time: 1n, ends }, key, nodeCrypto);

async function written(): Promise<{ flash: MemoryFlash; log: EventLog }> {
  const flash = new MemoryFlash({ eraseBlock: 256, writeSize: 16, size: logRegionSize(region) });
  const log = await EventLog.open(new FlashLogStore(flash, region, nodeCrypto), options);
  const sample = await provisioned();
  await offer(sample.device, await release(6n, [foreign]));
  await offer(sample.device, newer);
  for (const event of sample.events) for (const entry of deviceLogEntries(event)) log.note(entry);
  await log.flush();
  return { flash, log };
}

/** What a reader has: everything that could change the log fails. */
async function readOnly(flash: MemoryFlash): Promise<LogStore> {
  const store = new FlashLogStore(flash, region, nodeCrypto);
  await store.open();
  const forbidden = async (): Promise<never> => {
    throw new Error("a reader has written");
  };
  return {
    open: async () => undefined,
    capacity: (ring) => store.capacity(ring),
    cost: (length) => store.cost(length),
    pieces: (ring) => store.pieces(ring),
    append: forbidden,
    restart: forbidden,
  };
}

describe("CR 6.1: the log is read by whoever may, and by reading nothing changes", () => {
  test("CR 6.1: an export needs no write, is JSON line for line, and verifies", async () => {
    const { flash } = await written();
    const before = flash.snapshot();
    const log = await EventLog.open(await readOnly(flash), options);
    const lines: string[] = [];
    for await (const line of exportLines(log, signing)) lines.push(line);
    expect(lines.length).toBeGreaterThan(4);
    for (const line of lines) expect(JSON.stringify(JSON.parse(line))).toBe(line);
    const again = async function* () {
      yield* lines;
    };
    expect(await verifyExport(again, { deviceKey: owner.publicKey }, nodeCrypto)).toMatchObject({ verdict: "sound" });
    expect(flash.snapshot()).toEqual(before);
  });

  test("CR 6.1: a write through a reader's access fails, and the record that was there stays", async () => {
    const file = path.join(temporaryFolder(), "events.log");
    const { log, close } = await openFileEventLog(file, { now: options.now, whenFailing: "go-on" });
    await log.append({ type: "booted", source: "boot", result: "success" });
    await close();
    const before = readFileSync(file);
    const store = new FileLogStore(readOnlyFiles(nodeFileSystem), file, gatewayLog, nodeCrypto);
    await expect(store.open()).rejects.toMatchObject({ code: "storage-failed" });
    const tail = { counter: 1, index: 1, previous: new Uint8Array(32) };
    await expect(store.append("general", new Uint8Array(9), tail)).rejects.toMatchObject({ code: "storage-failed" });
    await expect(store.restart("reserved", tail)).rejects.toMatchObject({ code: "storage-failed" });
    // What people are shown is a copy: whoever writes to it has written nothing.
    const copy = readLogFile(new Uint8Array(before), nodeCrypto);
    await copy?.open();
    await copy?.restart("general", tail);
    expect(readFileSync(file)).toEqual(before);
    expect(copy).toBeDefined();
  });
});

test("CR 6.1 RE 1: each record can be sent to a central place: one line of RFC 5424, with the whole record in it", async () => {
  const { log } = await written();
  let count = 0;
  for await (const logged of log.records()) {
    const line = syslogLine(logged, { device: "rtu-1", enterprise: exampleEnterprise });
    expect(line).toMatch(/^<\d{1,3}>1 2030-03-17T17:46:40Z rtu-1 sumac \S+ \S+ \[/);
    expect(line).not.toMatch(/[\n\r]/);
    expect(line).toContain(`counter="${logged.record.counter}"`);
    count++;
  }
  expect(count).toBeGreaterThan(4);
});

test("CR 7.6 RE 1: the settings are a machine's to read: plain JSON, and one setting changed shows there alone", async () => {
  const { device } = await provisioned();
  const take = (policy: Readonly<Record<string, string>>) =>
    takeInventory({ device: "rtu-1", status: device.status(), policy, crypto: nodeCrypto });
  const before = take({ approval: "required", window: "02:00" });
  expect(JSON.parse(JSON.stringify(before))).toEqual(before);
  expect({ ...take({ approval: "required", window: "03:00" }), policy: before.policy }).toEqual(before);
  expect(before).toMatchObject({ floors: { release: { sequence: "5" } }, trust: { owner: null } });
  const owned = await provisioned({ owner: ownerPart() });
  const after = takeInventory({
    device: "rtu-1",
    status: owned.device.status(),
    policy: before.policy,
    crypto: nodeCrypto,
  });
  expect({ ...after, trust: { ...after.trust, owner: null } }).toEqual(before);
  expect(after.trust.owner).toMatchObject({ roles: [{ name: "plant" }, { name: "plant-root" }] });
});

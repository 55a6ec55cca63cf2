import { nodeCrypto } from "@sumac/crypto/node";
import {
  type DeviceKey,
  deviceLogEntries,
  EventLog,
  exportLines,
  FlashLogStore,
  type LogExportVerdict,
  logRegionSize,
  MemoryFlash,
  planFlashLog,
  signLogHead,
  verifyExport,
} from "@sumac/device";
import { beforeAll, describe, expect, test } from "vitest";
import { foreign, newer, offer, owner, provisioned, release } from "../support/sample-device.ts";

const region = planFlashLog({ eraseBlock: 256 }, 0, 8);
const key: DeviceKey = { publicKey: owner.publicKey, sign: (message) => owner.sign(message) };

const open = (flash: MemoryFlash): Promise<EventLog> =>
  EventLog.open(new FlashLogStore(flash, region, nodeCrypto), {
    crypto: nodeCrypto,
    now: () => 1_900_000_000n,
    whenFailing: "go-on",
  });

async function exported(log: EventLog, signer: DeviceKey = key): Promise<string[]> {
  const lines: string[] = [];
  const sign = (ends: Parameters<typeof signLogHead>[0]["ends"]) =>
    signLogHead({ device: "rtu-1", time: 1n, ends }, signer, nodeCrypto);
  for await (const line of exportLines(log, sign)) lines.push(line);
  return lines;
}

const judge = (lines: readonly string[]) =>
  verifyExport(
    async function* () {
      yield* lines;
    },
    { deviceKey: owner.publicKey },
    nodeCrypto,
  );

/** `sound`, or the code of what is wrong. */
const codeOf = (verdict: LogExportVerdict): string =>
  verdict.verdict === "sound" ? "sound" : (verdict.verdict === "altered" ? verdict.problem : verdict.refusal).code;

/** A device that refused a stranger's release, and then took a good one. */
async function told(): Promise<{ flash: MemoryFlash; log: EventLog }> {
  const flash = new MemoryFlash({ eraseBlock: 256, writeSize: 16, size: logRegionSize(region) });
  const log = await open(flash);
  const sample = await provisioned();
  await offer(sample.device, await release(6n, [foreign]));
  await offer(sample.device, newer);
  for (const event of sample.events) for (const entry of deviceLogEntries(event)) log.note(entry);
  await log.flush();
  return { flash, log };
}

describe("T-DEV-EVENT-LOG: what a device has written down cannot be taken back unseen", () => {
  let lines: readonly string[] = [];
  beforeAll(async () => {
    lines = await exported((await told()).log);
  });
  const refusal = (): number => lines.findIndex((line) => line.includes("signer-unknown"));

  const changes: readonly (readonly [string, () => readonly string[], string])[] = [
    ["the record of a refusal left out", () => lines.toSpliced(refusal(), 1), "log-record-missing"],
    [
      "its code altered",
      () => lines.with(refusal(), (lines[refusal()] ?? "").replace("signer-unknown", "already-done")),
      "log-record-altered",
    ],
    ["two records exchanged", () => lines.with(0, lines[1] ?? "").with(1, lines[0] ?? ""), "log-record-out-of-order"],
    ["a record twice", () => lines.toSpliced(1, 0, lines[1] ?? ""), "log-record-out-of-order"],
    ["the last records cut off", () => lines.toSpliced(-3, 2), "log-record-missing"],
    ["the head cut off", () => lines.slice(0, -1), "log-head-missing"],
    ["everything cut off but the head", () => lines.slice(-1), "log-record-missing"],
  ];
  test("T-DEV-EVENT-LOG: as it was written it verifies", async () => {
    expect(refusal()).toBeGreaterThanOrEqual(0);
    expect(await judge(lines)).toMatchObject({ verdict: "sound" });
  });
  test.each(changes)("T-DEV-EVENT-LOG: %s: found", async (_, change, code) => {
    expect(codeOf(await judge(change()))).toBe(code);
  });

  test("T-DEV-EVENT-LOG: written anew as a whole, by somebody without the device's key: found", async () => {
    const flash = new MemoryFlash({ eraseBlock: 256, writeSize: 16, size: logRegionSize(region) });
    const log = await open(flash);
    const sample = await provisioned();
    // As long as the true one, with another refusal in it.
    await offer(sample.device, await release(4n));
    await offer(sample.device, newer);
    for (const event of sample.events) for (const entry of deviceLogEntries(event)) log.note(entry);
    await log.flush();
    const stranger: DeviceKey = { publicKey: foreign.publicKey, sign: (message) => foreign.sign(message) };
    expect(codeOf(await judge(await exported(log, stranger)))).toBe("statement-signer-unknown");
    const [genuine = ""] = lines.slice(-1);
    expect(codeOf(await judge([...(await exported(log)).slice(0, -1), genuine]))).toBe("log-rewritten");
  });

  test("T-DEV-EVENT-LOG: a flood from outside drops nothing of what is reserved for security", async () => {
    const { log } = await told();
    const reserved = async (): Promise<string[]> => {
      const kept: string[] = [];
      for await (const { record } of log.records()) if (record.ring === "reserved") kept.push(`${record.index}`);
      return kept;
    };
    const before = await reserved();
    const sample = await provisioned();
    for (let i = 0; i < 400; i++) {
      sample.events.length = 0;
      sample.device.receive(new Uint8Array([i & 0xff, i >> 8]), {});
      for (const event of sample.events) for (const entry of deviceLogEntries(event)) log.note(entry);
      await log.flush();
    }
    expect((await reserved()).slice(0, before.length)).toEqual(before);
    expect(await judge(await exported(log))).toMatchObject({ verdict: "sound" });
  });
});

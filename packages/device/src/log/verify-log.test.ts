import { toValue } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { beforeAll, describe, expect, test } from "vitest";
import { MemoryFlash } from "../flash/memory-flash.ts";
import { signStatement, verifyStatement } from "../statement/device-statement.ts";
import { refusedEntry, trustEntry } from "./event-log.contract.ts";
import type { LogEnds } from "./event-log.ts";
import { memoryLog, testDeviceKey, testLogGeometry, testLogStore } from "./log.test.support.ts";
import { signLogHead } from "./log-head.ts";
import { exportLines, type LogExportVerdict, verifyExport } from "./log-json.ts";
import { recordDigest, serializeRecord } from "./log-record.ts";
import { verifyStoredLog } from "./verify-stored-log.ts";

const key = testDeviceKey();
const other = testDeviceKey();

/** Counters 0 to 11; those that 4 divides are in the reserved ring, so general index 4 is counter 6. */
async function makeLog(offset = 0): Promise<{ lines: string[]; flash: MemoryFlash; ends: LogEnds }> {
  const { log, flash } = await memoryLog();
  for (let i = 0; i < 12; i++) await log.append(i % 4 === 0 ? trustEntry(i + offset) : refusedEntry(i + offset));
  const lines: string[] = [];
  const sign = (ends: LogEnds): Promise<Uint8Array> =>
    signLogHead({ device: "pump-7", time: 1_800_000_000n, ends }, key, nodeCrypto);
  for await (const line of exportLines(log, sign)) lines.push(line);
  return { lines, flash, ends: await log.ends() };
}

async function* each(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

const verify = (lines: readonly string[], deviceKey = key.publicKey): Promise<LogExportVerdict> =>
  verifyExport(() => each(lines), { deviceKey }, nodeCrypto);

let log: Awaited<ReturnType<typeof makeLog>>;
let foreign: Awaited<ReturnType<typeof makeLog>>;
beforeAll(async () => {
  log = await makeLog();
  foreign = await makeLog(100);
});

/** Changes a line and, as a careful forger would, the digest that stands in it. */
function forge(line: string, change: (record: Record<string, unknown>) => void): string {
  const object = JSON.parse(line) as Record<string, unknown>;
  change(object);
  const { digest: _, type: __, previous, time, ...rest } = object;
  const bytes = serializeRecord({
    ...(rest as never as Parameters<typeof serializeRecord>[0]),
    time: time === null ? undefined : BigInt(time as number),
    previous: Uint8Array.from((previous as string).match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)),
  });
  return JSON.stringify({ ...object, digest: bytesToHex(recordDigest(bytes, nodeCrypto)) });
}

const altered = (code: string, ring: string, index: number): unknown => ({
  verdict: "altered",
  problem: { code, ring, index },
});

test("CR 3.9: an export as the device wrote it is sound", async () => {
  expect(await verify(log.lines)).toEqual({
    verdict: "sound",
    records: 12,
    gaps: [],
    from: { general: 0, reserved: 0 },
    end: "as-signed",
    torn: [],
  });
});

describe("CR 3.9: every field of a record, altered, is found at that record", () => {
  const changes: readonly (readonly [string, (record: Record<string, unknown>) => void])[] = [
    ["counter", (r) => (r["counter"] = 7)],
    ["index", (r) => (r["index"] = 5)],
    ["time", (r) => (r["time"] = 1_800_000_001)],
    ["time to none", (r) => (r["time"] = null)],
    ["source", (r) => (r["source"] = "agent")],
    ["category", (r) => (r["category"] = "boot")],
    ["id and type", (r) => Object.assign(r, { id: 102, type: "update-verified" })],
    ["result", (r) => (r["result"] = "success")],
    ["a fact", (r) => (r["facts"] = { code: "rollback", offered: "5" })],
    ["a fact taken away", (r) => (r["facts"] = { code: "rollback" })],
    ["a fact added", (r) => (r["facts"] = { code: "rollback", offered: "6", by: "x" })],
    ["previous", (r) => (r["previous"] = "00".repeat(32))],
  ];
  test.each(changes)("%s", async (_, change) => {
    const object = JSON.parse(log.lines[6] ?? "") as Record<string, unknown>;
    change(object);
    expect(await verify(log.lines.with(6, JSON.stringify(object)))).toEqual(
      altered("log-record-altered", "general", object["index"] as number),
    );
  });

  test("ring", async () => {
    const object = JSON.parse(log.lines[6] ?? "") as Record<string, unknown>;
    const line = JSON.stringify({ ...object, ring: "reserved" });
    expect(await verify(log.lines.with(6, line))).toMatchObject({
      verdict: "altered",
      problem: { code: "log-record-altered" },
    });
  });

  test("digest", async () => {
    const object = JSON.parse(log.lines[6] ?? "") as Record<string, unknown>;
    const line = JSON.stringify({ ...object, digest: "00".repeat(32) });
    expect(await verify(log.lines.with(6, line))).toEqual(altered("log-record-altered", "general", 4));
  });

  test.each([
    ["type alone", "type", "update-verified"],
    ["type unknown", "type", "unknown-103"],
    ["a word for a number", "counter", "6"],
    ["a member too many", "comment", "approved"],
    ["result of no table", "result", "fine"],
    ["category of no table", "category", "constructor"],
    ["a digest in capitals", "digest", "AA".repeat(32)],
    ["facts as a list", "facts", ["a"]],
    ["a fact that is a number", "facts", { code: 1 }],
  ])("%s is no line of a log", async (_, member, value) => {
    const object = { ...(JSON.parse(log.lines[6] ?? "") as Record<string, unknown>), [member]: value };
    expect(await verify(log.lines.with(6, JSON.stringify(object)))).toEqual({
      verdict: "refused",
      refusal: { code: "log-line-malformed", line: 7, field: member },
    });
  });

  test.each([
    ["a member that stands twice", (line: string) => line.replace('{"counter"', '{"result":"success","counter"')],
    ["spaces", (line: string) => line.replace(",", ", ")],
    ["no JSON", () => "hello"],
    ["a list", () => "[]"],
  ])("%s is no line of a log", async (_, change) => {
    expect(await verify(log.lines.with(6, change(log.lines[6] ?? "")))).toMatchObject({
      refusal: { code: "log-line-malformed", line: 7 },
    });
  });
});

describe("CR 3.9: every change to the order is found at its place", () => {
  const without = (at: number): string[] => log.lines.toSpliced(at, 1);
  const swapped = (a: number, b: number): string[] => log.lines.with(a, log.lines[b] ?? "").with(b, log.lines[a] ?? "");
  const cases: readonly (readonly [string, () => readonly string[], unknown])[] = [
    ["the first record deleted", () => without(0), altered("log-record-missing", "reserved", 0)],
    ["the first of the general ring deleted", () => without(1), altered("log-record-missing", "general", 0)],
    ["one in the middle deleted", () => without(6), altered("log-record-missing", "general", 4)],
    ["one in the middle of the reserved ring deleted", () => without(4), altered("log-record-missing", "reserved", 1)],
    ["the last deleted", () => without(11), altered("log-record-missing", "general", 8)],
    ["the last five deleted", () => log.lines.toSpliced(7, 5), altered("log-record-missing", "general", 5)],
    ["all deleted", () => log.lines.slice(12), altered("log-record-missing", "general", 0)],
    ["two of one ring swapped", () => swapped(5, 6), altered("log-record-out-of-order", "general", 3)],
    ["two of different rings swapped", () => swapped(3, 4), altered("log-record-out-of-order", "general", 2)],
    ["two far apart swapped", () => swapped(1, 11), altered("log-record-out-of-order", "general", 0)],
    [
      "one twice",
      () => log.lines.toSpliced(6, 0, log.lines[6] ?? ""),
      altered("log-record-out-of-order", "general", 4),
    ],
    [
      "an older one again at the end",
      () => log.lines.toSpliced(12, 0, log.lines[1] ?? ""),
      altered("log-record-out-of-order", "general", 0),
    ],
    [
      "backwards",
      () => [...log.lines.slice(0, 12).toReversed(), log.lines[12] ?? ""],
      expect.objectContaining({ verdict: "altered" }),
    ],
  ];
  test.each(cases)("%s", async (_, change, expected) => expect(await verify(change())).toEqual(expected));
});

describe("CR 3.9: a forger who computes digests anew is found by what the device signed", () => {
  test("a record altered, with its own digest", async () => {
    const line = forge(log.lines[6] ?? "", (r) => (r["result"] = "success"));
    expect(await verify(log.lines.with(6, line))).toEqual(altered("log-record-altered", "general", 4));
  });

  test("the last record altered, with its own digest", async () => {
    const line = forge(log.lines[11] ?? "", (r) => (r["result"] = "success"));
    expect(await verify(log.lines.with(11, line))).toEqual(altered("log-rewritten", "general", 8));
  });

  test("a record altered, and all behind it chained to it", async () => {
    const lines = [...log.lines];
    lines[6] = forge(lines[6] ?? "", (r) => (r["result"] = "success"));
    for (let at = 7, last = 6; at < 12; at++) {
      const { ring } = JSON.parse(lines[at] ?? "") as { ring: string };
      if (ring !== "general") continue;
      const { digest } = JSON.parse(lines[last] ?? "") as { digest: string };
      lines[at] = forge(lines[at] ?? "", (r) => (r["previous"] = digest));
      last = at;
    }
    expect(await verify(lines)).toEqual(altered("log-rewritten", "general", 8));
    expect(await verifyExport(() => each(lines), "chain-only", nodeCrypto)).toMatchObject({
      verdict: "sound",
      end: "unknown",
    });
  });

  test("a record too many behind the signed end", async () => {
    const digest = (JSON.parse(log.lines[11] ?? "") as { digest: string }).digest;
    const line = forge(log.lines[11] ?? "", (r) => Object.assign(r, { index: 9, counter: 12, previous: digest }));
    expect(await verify(log.lines.toSpliced(12, 0, line))).toEqual(altered("log-record-unsigned", "general", 9));
  });

  test("two logs spliced: the foreign part begins where it says", async () => {
    const spliced = [...log.lines.slice(0, 6), ...foreign.lines.slice(6, 12), log.lines[12] ?? ""];
    expect(await verify(spliced)).toEqual(altered("log-chain-broken", "general", 4));
    const otherEnd = [...log.lines.slice(0, 6), ...foreign.lines.slice(6)];
    // Under the other log's head the other log is right up to its end, so what does not fit is what stands before.
    expect(await verify(otherEnd)).toEqual(altered("log-record-altered", "general", 3));
  });

  test("the head of another log of the same device", async () => {
    expect(await verify([...log.lines.slice(0, 12), foreign.lines[12] ?? ""])).toMatchObject({
      verdict: "altered",
      problem: { code: "log-rewritten" },
    });
  });

  test("a head that another device signed", async () => {
    expect(await verify(log.lines, other.publicKey)).toMatchObject({
      verdict: "refused",
      refusal: { code: "statement-signer-unknown" },
    });
  });

  test("no head", async () => {
    expect(await verify(log.lines.slice(0, 12))).toEqual({ verdict: "refused", refusal: { code: "log-head-missing" } });
  });

  test("a line behind the head", async () => {
    const refused = { verdict: "refused", refusal: { code: "log-line-malformed", line: 14, field: "line" } };
    const [head = "", record = ""] = [log.lines[12], log.lines[11]];
    expect(await verify([...log.lines, head])).toEqual(refused);
    expect(await verifyExport(() => each([...log.lines, record]), "chain-only", nodeCrypto)).toEqual(refused);
  });

  test("a head with more in it than a head has, though the device signed it", async () => {
    const signed = await signLogHead({ device: "pump-7", time: 1_800_000_000n, ends: log.ends }, key, nodeCrypto);
    const content = verifyStatement(signed, "sumac event log head 1", key.publicKey, nodeCrypto);
    if (!content.ok) throw new Error(content.error.code);
    const items = [...content.value.map(toValue), 0];
    const more = await signStatement("sumac event log head 1", items, key, nodeCrypto);
    expect(await verify(log.lines.with(12, JSON.stringify({ head: bytesToHex(more) })))).toMatchObject({
      verdict: "refused",
      refusal: { code: "malformed", field: "log-head" },
    });
  });

  test("a head with any bit flipped", async () => {
    const { head } = JSON.parse(log.lines[12] ?? "") as { head: string };
    const bytes = Uint8Array.from(head.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
    for (const at of bytes.keys()) {
      const line = JSON.stringify({ head: bytesToHex(bytes.with(at, (bytes[at] ?? 0) ^ 1)) });
      const { verdict } = await verify(log.lines.with(12, line));
      expect(verdict, `byte ${at}`).toBe("refused");
    }
  });

  test("an envelope or a report is no head", async () => {
    const payload = await key.sign(new Uint8Array(8));
    const line = JSON.stringify({ head: bytesToHex(payload) });
    expect(await verify(log.lines.with(12, line))).toMatchObject({
      verdict: "refused",
      refusal: { code: "malformed" },
    });
  });
});

describe("CR 3.9: the storage itself", () => {
  const check = (flash: MemoryFlash, kept?: LogEnds): ReturnType<typeof verifyStoredLog> =>
    verifyStoredLog(testLogStore(flash), nodeCrypto, kept);
  const copy = (): MemoryFlash => new MemoryFlash(testLogGeometry, log.flash.snapshot());
  const recordPlaces = async (): Promise<{ ring: "general" | "reserved"; at: number; length: number }[]> => {
    const places: { ring: "general" | "reserved"; at: number; length: number }[] = [];
    const store = testLogStore(log.flash);
    await store.open();
    for (const ring of ["general", "reserved"] as const) {
      for await (const piece of store.pieces(ring)) {
        if (piece.kind === "record") places.push({ ring, at: piece.at, length: store.cost(piece.bytes.length) });
      }
    }
    return places;
  };

  test("as it was written it is sound, and as the kept head says", async () => {
    expect(await check(copy())).toMatchObject({ verdict: "sound", records: 12, end: "unknown" });
    expect(await check(copy(), log.ends)).toMatchObject({ verdict: "sound", records: 12, end: "as-signed" });
  });

  test("a flipped bit in any record is found at that record; in the last one by the kept head", async () => {
    const places = await recordPlaces();
    for (const [i, { ring, at }] of places.entries()) {
      const index = places.slice(0, i).filter((place) => place.ring === ring).length;
      const flash = copy();
      const [byte] = await flash.read(at + 40, 1);
      flash.tamper(at + 40, Uint8Array.of((byte ?? 0) ^ 1));
      const verdict = await check(flash, log.ends);
      const isLast = index === (ring === "general" ? 8 : 2);
      expect(verdict).toEqual(altered(isLast ? "log-record-missing" : "log-record-unreadable", ring, index));
      const alone = await check(flash);
      if (isLast) expect(alone).toMatchObject({ verdict: "sound", torn: [ring] });
      else expect(alone).toEqual(verdict);
    }
  });

  test("a record erased from the middle", async () => {
    const [, , third] = await recordPlaces();
    const flash = copy();
    flash.tamper(third?.at ?? 0, new Uint8Array(third?.length ?? 0).fill(0xff));
    expect(await check(flash)).toEqual(altered("log-record-unreadable", "general", 2));
  });

  test("everything erased", async () => {
    expect(await check(new MemoryFlash(testLogGeometry), log.ends)).toEqual(
      altered("log-record-missing", "general", 0),
    );
  });

  test("another log in its place", async () => {
    expect(await check(new MemoryFlash(testLogGeometry, foreign.flash.snapshot()), log.ends)).toEqual(
      altered("log-rewritten", "general", 8),
    );
  });
});

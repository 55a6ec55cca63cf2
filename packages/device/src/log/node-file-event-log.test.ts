import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { afterAll, describe, expect, test } from "vitest";
import { nodeFileSystem } from "../files/node-file-system.ts";
import { collect, eventLogContract, namesOf, refusedEntry, trustEntry } from "./event-log.contract.ts";
import { EventLog } from "./event-log.ts";
import { FileLogStore, gatewayLog, readLogFile } from "./file-log-store.ts";
import { openFileEventLog } from "./node-file-event-log.ts";

eventLogContract("a file", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "event-log-"));
  const opened: FileLogStore[] = [];
  const store = (): FileLogStore => {
    const shape = { segments: 6, segmentSize: 2048 };
    const made = new FileLogStore(nodeFileSystem, path.join(folder, "events.log"), shape, nodeCrypto);
    opened.push(made);
    return made;
  };
  return {
    store: store(),
    reopen: store,
    async close() {
      for (const made of opened) await made.close();
      rmSync(folder, { recursive: true });
    },
  };
});

const folder = mkdtempSync(path.join(tmpdir(), "event-log-"));
afterAll(() => rmSync(folder, { recursive: true }));
const options = { now: () => 1_800_000_000n, whenFailing: "go-on" } as const;

describe("the log file of a gateway", () => {
  test("has all its bytes from the start, is its owner's alone, and can be read while it is written", async () => {
    const file = path.join(folder, "events.log");
    const { log, close } = await openFileEventLog(file, options);
    const { size, mode } = statSync(file);
    expect([size, mode & 0o777]).toEqual([gatewayLog.segments * gatewayLog.segmentSize, 0o600]);
    for (let i = 0; i < 20; i++) await log.append(i % 3 === 0 ? trustEntry(i) : refusedEntry(i));
    const store = readLogFile(new Uint8Array(readFileSync(file)), nodeCrypto);
    if (store === undefined) throw new Error("the file is no log");
    expect(await collect(await EventLog.view(store, nodeCrypto))).toHaveLength(20);
    expect(statSync(file).size).toBe(size);
    await close();
  });

  test("CR 2.10: where it cannot be made events wait, and stand in it once it can, with a gap marker", async () => {
    const missing = path.join(folder, "not-there");
    const { log, close } = await openFileEventLog(path.join(missing, "events.log"), options);
    expect(log.status.state).toBe("failing");
    expect(await log.append(trustEntry(1))).toBe("waiting");
    mkdirSync(missing);
    await log.flush();
    expect(log.status.state).toBe("working");
    expect(namesOf(await collect(log))).toEqual(["trust-changed", "log-gap"]);
    await close();
  });

  test("a file of another size, or a link, is left alone", async () => {
    const file = path.join(folder, "short.log");
    writeFileSync(file, "hello");
    const { log, close } = await openFileEventLog(file, options);
    expect(log.status).toMatchObject({ state: "failing", fault: { code: "storage-mismatch" } });
    expect(readFileSync(file, "utf8")).toBe("hello");
    await close();
  });
});

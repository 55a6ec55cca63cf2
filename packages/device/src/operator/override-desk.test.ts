import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { nodeFileSystem } from "../files/node-file-system.ts";
import type { LogEntry } from "../log/log-record.ts";
import { type Override, type OverrideRules, serializeOverride } from "./override.ts";
import { OverrideDesk, overrideFile } from "./override-desk.ts";
import { overrideLogEntry } from "./override-event.ts";

const top = mkdtempSync(path.join(tmpdir(), "sumac-override-"));
afterAll(() => rmSync(top, { recursive: true, force: true }));

const noon = 1_800_000_000n;
const digest = new Uint8Array(32).fill(0xab);
const given: Override = {
  id: "0123456789abcdef".repeat(2),
  manifestDigest: digest,
  by: "anna",
  reason: "pump 3 leaks",
  from: noon,
  until: noon + 3600n,
};
const rules: OverrideRules = { by: ["anna"], longestSeconds: 3600n, lifts: ["window", "consent"] };

let folder = "";
let scenes = 0;
const file = (): string => path.join(folder, overrideFile);
const ledger = (): string => path.join(folder, "overrides");

interface World {
  readonly desk: OverrideDesk;
  readonly log: LogEntry[];
  now: bigint | undefined;
  uptimeMs: number;
}

/** An agent that starts: what only memory knew is gone. */
function started(now: bigint | undefined = noon): World {
  const log: LogEntry[] = [];
  const world: World = {
    now,
    uptimeMs: 0,
    log,
    desk: new OverrideDesk({
      files: nodeFileSystem,
      folder,
      rules: () => rules,
      now: () => world.now,
      uptimeMs: () => world.uptimeMs,
      tell: (event) => log.push(overrideLogEntry(event)),
    }),
  };
  return world;
}

const give = (change: Partial<Override> = {}): void =>
  writeFileSync(file(), serializeOverride({ ...given, ...change }), { mode: 0o600 });
const types = ({ log }: World): string[] =>
  log.map(({ type, facts }) => (facts?.["code"] === undefined ? type : `${type} ${facts["code"]}`));

beforeEach(() => {
  scenes++;
  folder = path.join(top, `${scenes}`);
  mkdirSync(folder, { mode: 0o700 });
});

test("CR 2.1 RE 3: without one nothing is lifted, and nothing is said", async () => {
  const world = started();
  expect(await world.desk.lifts("window", "install", digest)).toBe(false);
  expect(await world.desk.spend(digest)).toBe("nothing-to-spend");
  expect(world.log).toEqual([]);
});

test("CR 2.1 RE 3: the log says who, why, until when, for what, and what was set aside; each once", async () => {
  give();
  const world = started();
  for (let round = 0; round < 3; round++) {
    expect(await world.desk.lifts("window", "install", digest)).toBe(true);
    expect(await world.desk.lifts("consent", "install", digest)).toBe(true);
    expect(await world.desk.lifts("interlock", "install", digest)).toBe(false);
    expect(await world.desk.lifts("window", "install", new Uint8Array(32))).toBe(false);
  }
  const who = { override: given.id, by: "anna", manifestDigest: "ab".repeat(32) };
  expect(world.log).toEqual([
    {
      type: "override-given",
      source: "agent",
      result: "success",
      facts: { ...who, from: String(noon), until: String(noon + 3600n), reason: "pump 3 leaks" },
    },
    { type: "override-used", source: "agent", result: "warning", facts: { ...who, step: "install", lifted: "window" } },
    {
      type: "override-used",
      source: "agent",
      result: "warning",
      facts: { ...who, step: "install", lifted: "consent" },
    },
  ]);
});

describe("CR 2.1 RE 3: it is used once", () => {
  test("CR 2.1 RE 3: the restart ends it, also for a process that starts again and a file that comes back", async () => {
    give();
    const kept = readFileSync(file());
    const world = started();
    expect(await world.desk.lifts("window", "restart", digest)).toBe(true);
    expect(await world.desk.spend(new Uint8Array(32))).toBe("nothing-to-spend");
    expect(await world.desk.spend(digest)).toBe("spent");
    expect(await world.desk.lifts("window", "restart", digest)).toBe(false);
    expect(types(world)).toEqual(["override-given", "override-used", "override-ended"]);
    rmSync(file());
    writeFileSync(file(), kept, { mode: 0o600 });
    const again = started();
    expect(await again.desk.lifts("window", "install", digest)).toBe(false);
    expect(types(again)).toEqual(["override-refused override-spent"]);
    give({ id: "f".repeat(32) });
    expect(await again.desk.lifts("window", "install", digest)).toBe(true);
  });

  test("CR 2.1 RE 3: where that cannot be written down it is not used", async () => {
    give();
    const world = started();
    expect(await world.desk.lifts("window", "restart", digest)).toBe(true);
    rmSync(ledger());
    mkdirSync(`${ledger()}.new`);
    mkdirSync(ledger());
    expect(await world.desk.spend(digest)).not.toBe("spent");
    expect(await world.desk.lifts("window", "restart", digest)).toBe(false);
  });

  test.each([
    ["damaged", "latest 1\nspent 12\n", 0o600],
    ["writable by others", "latest 1\n", 0o622],
  ])("CR 2.1 RE 3: a list of those that were used that is %s gives none", async (_, text, mode) => {
    give();
    writeFileSync(ledger(), text);
    chmodSync(ledger(), mode);
    const world = started();
    expect(await world.desk.current()).toBeUndefined();
    expect(types(world)).toEqual(["override-refused override-ledger-damaged"]);
  });
});

describe("CR 2.1 RE 3: it ends by the trusted time", () => {
  test("CR 2.1 RE 3: when its time is over, and the log says so once", async () => {
    give();
    const world = started();
    expect(await world.desk.current()).toMatchObject({ id: given.id });
    world.now = given.until;
    expect(await world.desk.current()).toBeUndefined();
    expect(await world.desk.current()).toBeUndefined();
    expect(types(world)).toEqual(["override-given", "override-refused override-expired"]);
  });

  test("CR 2.1 RE 3: a clock that is stopped or set back does not make it last", async () => {
    give();
    const world = started();
    expect(await world.desk.current()).toBeDefined();
    world.now = noon - 86_400n;
    // In steps of less than a second, too.
    for (let ms = 0; ms <= 3_599_000; ms += 700) {
      world.uptimeMs = ms;
      if (ms % 70_000 === 0) expect(await world.desk.current(), `${ms}`).toBeDefined();
    }
    world.uptimeMs = 3_600_000;
    expect(await world.desk.current()).toBeUndefined();
  });

  test("CR 2.1 RE 3: nor does a clock that is set back while the agent is down", async () => {
    give();
    expect(await started(noon + 3000n).desk.current()).toBeDefined();
    const again = started(noon);
    expect(await again.desk.current()).toBeDefined();
    again.uptimeMs = 601_000;
    expect(await again.desk.current()).toBeUndefined();
  });

  test("CR 2.1 RE 3: a device without a time has no override", async () => {
    give();
    const world = started();
    world.now = undefined;
    expect(await world.desk.current()).toBeUndefined();
    expect(types(world)).toEqual(["override-refused override-time-unknown"]);
  });
});

describe("CR 2.1 RE 3: only the device's own user speaks through the file", () => {
  test.each<[string, () => void]>([
    ["others may write it", () => chmodSync(file(), 0o622)],
    [
      "a link",
      () => {
        rmSync(file());
        writeFileSync(path.join(folder, "elsewhere"), serializeOverride(given), { mode: 0o600 });
        symlinkSync("elsewhere", file());
      },
    ],
    [
      "a folder",
      () => {
        rmSync(file());
        mkdirSync(file());
      },
    ],
    ["too long", () => writeFileSync(file(), "x".repeat(3000))],
    ["something else", () => writeFileSync(file(), "anna says yes\n")],
  ])("CR 2.1 RE 3: %s", async (_, change) => {
    give();
    change();
    const world = started();
    expect(await world.desk.lifts("consent", "install", digest)).toBe(false);
    expect(types(world)).toEqual(["override-refused override-unreadable"]);
  });
});

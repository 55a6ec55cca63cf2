import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  type AgentEvent,
  type BootOutcome,
  type CommandEnd,
  type Device,
  type FileSystem,
  Unavailable,
} from "@sumac/device";
import { nodeFileSystem } from "@sumac/device/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ImageStart } from "./image-start.ts";

let folder = "";
/** What the device would run, and what the command has started of it. */
let decided = 0;
let commands = 0;
let exitCode = 0;
let boots = 0;
let told: AgentEvent[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sumac-start-"));
  decided = 1;
  commands = 0;
  exitCode = 0;
  boots = 0;
  told = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const outcome = (): BootOutcome => ({
  kind: "running",
  booted: { slot: "a", sequence: BigInt(decided), manifestDigest: new Uint8Array(32).fill(decided), images: [] },
  mode: "confirmed",
  why: "active",
  events: [],
});
const device = {
  boot: async () => {
    boots++;
    return outcome();
  },
  resume: async () => outcome(),
} as unknown as Device;

/** A process that looks after the image, since this start of the machine. */
const started = (bootId = "0a1b", files: FileSystem = nodeFileSystem): ImageStart =>
  new ImageStart({
    device,
    restart: () => ({ kind: "image", command: { argv: ["start"], timeoutMs: 1000 } }),
    runner: {
      run: async (): Promise<CommandEnd> => {
        commands++;
        return { exitCode, timing: "in-time", outputLength: 0, output: new Uint8Array() };
      },
      read: () => {
        throw new Error("nothing is read back");
      },
    },
    files,
    folder,
    bootId,
    tell: (event) => told.push(event),
  });

describe("an image is started", () => {
  test("once, however often the process starts again, or the machine, which starts it itself", async () => {
    await started().begin();
    await started().begin();
    expect({ commands, boots }).toEqual({ commands: 1, boots: 1 });
    await started("0c2d").begin();
    expect({ commands, boots }).toEqual({ commands: 1, boots: 2 });
  });

  test("CR 2.10: also where a full disk takes no mark of it; it goes on running, and is not started over and over", async () => {
    const full: FileSystem = {
      ...nodeFileSystem,
      open: async (path, mode) => {
        if (mode === "create") throw new Unavailable("storage-full", { retryable: true, detail: path });
        return nodeFileSystem.open(path, mode);
      },
    };
    expect(await started("0a1b", full).begin()).toMatchObject({ kind: "running" });
    await started().begin();
    commands = 0;
    expect(await started("0a1b", full).begin()).toMatchObject({ kind: "running" });
    expect(commands).toBe(0);
  });

  test("CR 2.8: a confirmed image that was not started is told, with how its command ended", async () => {
    exitCode = 3;
    expect(await started().begin()).toMatchObject({ kind: "running", mode: "confirmed" });
    expect(told).toEqual([
      { event: "image-not-started", image: expect.objectContaining({ slot: "a", sequence: 1n }), how: "exit code 3" },
    ]);
    exitCode = 0;
    await started().begin();
    expect(told).toHaveLength(1);
  });

  test("again, where the way back from one that did not start has failed as well", async () => {
    await started().begin();
    exitCode = 1;
    const first = started();
    decided = 2;
    await first.restart();
    expect(first.started).toBe("failed");
    decided = 1;
    await first.restart();
    expect(first.started).toBe("failed");
    exitCode = 0;
    commands = 0;
    const second = started();
    await second.begin();
    expect(second.started).toBe("started");
    // The mark from before the trial says that image 1 was started: since then it may have been ended.
    expect({ commands, boots }).toEqual({ commands: 1, boots: 3 });
  });
});

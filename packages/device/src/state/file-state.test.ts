import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { afterEach, describe, expect, test } from "vitest";
import { nodeFileSystem } from "../files/node-file-system.ts";
import { FragileFiles, type FragileFilesOptions, type Survival } from "../power-cut/fragile-files.test.support.ts";
import { cutMoments, PowerCut } from "../power-cut/power-cut.ts";
import { Unavailable } from "../unavailable.ts";
import { FileState } from "./file-state.ts";
import { numberedState, stateStoreContract } from "./state-store.contract.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sumac-state-"));
  folders.push(folder);
  return folder;
}
const onDisk = (folder: string): FileState => new FileState(nodeFileSystem, folder, nodeCrypto);
const inMemory = (files: FragileFiles): FileState => new FileState(files, "", nodeCrypto);

stateStoreContract("files of the system", () => {
  const folder = newFolder();
  return { store: onDisk(folder), reopen: () => onDisk(folder) };
});
stateStoreContract("files in memory", () => {
  const files = new FragileFiles();
  return { store: inMemory(files), reopen: () => inMemory(files) };
});

async function written(folder: string, count: number): Promise<void> {
  for (let i = 1; i <= count; i++) await onDisk(folder).write(numberedState(BigInt(i)));
}

describe("T-DEV-POWER-CUT: the power is cut at every operation of a write of the state", () => {
  const survivals: readonly (readonly [Survival, number])[] = [
    ["nothing", 0],
    ["everything", 0],
    ...Array.from({ length: 6 }, (_, seed) => ["some", seed] as const),
  ];

  /** What the sweep finds wrong; nothing if every sync is one. */
  async function sweep(
    options: Pick<FragileFilesOptions, "lies">,
    until: "the-end" | "something-is-wrong",
  ): Promise<{ wrong: string[]; syncs: Set<string> }> {
    const wrong: string[] = [];
    const syncs = new Set<string>();
    for (const before of [0n, 1n, 5n]) {
      const start = new FragileFiles();
      for (let i = 1n; i <= before; i++) await inMemory(start).write(numberedState(i));
      const act = async (files: FragileFiles): Promise<bigint> => {
        let done = before;
        try {
          for (; done < before + 3n; done++) await inMemory(files).write(numberedState(done + 1n));
        } catch (error) {
          if (!(error instanceof PowerCut)) throw error;
        }
        return done;
      };
      const whole = start.copy({});
      await act(whole);
      for (const sync of whole.syncs) syncs.add(sync);
      for (let operation = 0; operation < whole.operations; operation++) {
        for (const moment of cutMoments) {
          for (const [survival, seed] of survivals) {
            const cut = start.copy({ cut: { operation, moment }, ...options });
            const done = await act(cut);
            const left = cut.afterCut(survival, seed + operation * 16);
            const reading = await inMemory(left).read();
            const found = reading.kind === "present" ? reading.state.floor.sequence : reading.kind;
            const allowed = done === 0n ? ["blank", 1n] : [done, done + 1n];
            if (wrong.length > 0 && until === "something-is-wrong") return { wrong, syncs };
            const where = `${before} + ${done}, ${moment} ${operation}, ${survival}`;
            if (!allowed.includes(found)) wrong.push(`${where}: ${found}`);
            else {
              await inMemory(left).write(numberedState(99n));
              const after = await inMemory(left).read();
              if (after.kind !== "present" || after.state.floor.sequence !== 99n) wrong.push(`${where}: stuck`);
            }
          }
        }
      }
    }
    return { wrong, syncs };
  }

  test("the old state or the new one is there, and can be written", async () => {
    const { wrong, syncs } = await sweep({}, "the-end");
    expect(wrong).toEqual([]);
    expect(syncs.size).toBeGreaterThan(10);
  });

  test("and the syncs are needed: without one of them states are lost", async () => {
    for (const sync of ["sync /state.next.first", "sync-folder "]) {
      const { wrong } = await sweep({ lies: (what) => what.startsWith(sync) }, "something-is-wrong");
      expect(wrong.length).toBeGreaterThan(0);
    }
  });
});

describe("what lies in the folder is not believed because it lies there", () => {
  const first = (folder: string, sequence: number): string => join(folder, `state.${sequence}.first`);
  const second = (folder: string, sequence: number): string => join(folder, `state.${sequence}.second`);
  const present = (sequence: bigint, repaired: "nothing" | "copy") => ({
    kind: "present",
    state: numberedState(sequence),
    repaired,
  });
  const damaged = (because: "no-valid-copy" | "newest-copy-damaged") => ({
    kind: "damaged",
    problem: { code: "state-unreadable", because },
  });

  test("two files and a mark, for their owner only", async () => {
    const folder = newFolder();
    await written(folder, 3);
    expect(readdirSync(folder).sort()).toEqual(["state.3.first", "state.3.second", "state.written"]);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  test("one corrupted byte anywhere is outlived and repaired; in both copies it is named, never an older state", async () => {
    const folder = newFolder();
    await written(folder, 3);
    const content = readFileSync(first(folder, 3));
    for (let at = 0; at < content.length; at += at < 44 ? 1 : 5) {
      const flipped = Buffer.from(content);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(at % 2 === 0 ? first(folder, 3) : second(folder, 3), flipped);
      expect(await onDisk(folder).read()).toEqual(present(3n, "copy"));
      expect(await onDisk(folder).read()).toEqual(present(3n, "nothing"));
      writeFileSync(first(folder, 3), flipped);
      writeFileSync(second(folder, 3), flipped);
      expect(await onDisk(folder).read()).toEqual(damaged("no-valid-copy"));
      writeFileSync(first(folder, 3), content);
      writeFileSync(second(folder, 3), content);
    }
    expect(await onDisk(folder).read()).toEqual(present(3n, "nothing"));
  });

  const attacks: Readonly<Record<string, (path: string) => void>> = {
    missing: (path) => rmSync(path),
    truncated: (path) => truncateSync(path, 40),
    empty: (path) => truncateSync(path, 0),
    "too long": (path) => truncateSync(path, 1 << 20),
    "a link": (path) => {
      renameSync(path, `${path}.elsewhere`);
      symlinkSync(`${path}.elsewhere`, path);
    },
    "a second name of a file": (path) => linkSync(path, `${path}.${Math.random()}`),
    "a pipe": (path) => {
      rmSync(path);
      execFileSync("/bin/sh", ["-c", 'mkfifo "$0"', path]);
    },
    "a folder": (path) => {
      rmSync(path);
      mkdirSync(path);
      writeFileSync(join(path, "inside"), "");
    },
    "writable by others": (path) => chmodSync(path, 0o666),
  };
  for (const [attack, make] of Object.entries(attacks)) {
    test(`a copy that is ${attack} is written anew; two of them are damage`, async () => {
      for (const path of [first, second]) {
        const folder = newFolder();
        await written(folder, 2);
        make(path(folder, 2));
        expect(await onDisk(folder).read()).toEqual(present(2n, "copy"));
        expect(await onDisk(folder).read()).toEqual(present(2n, "nothing"));
        make(path(folder, 2));
        await onDisk(folder).write(numberedState(3n));
        expect(await onDisk(folder).read()).toEqual(present(3n, "nothing"));
      }
      const folder = newFolder();
      await written(folder, 2);
      for (const path of [first, second]) make(path(folder, 2));
      expect(await onDisk(folder).read()).toEqual(damaged("no-valid-copy"));
    });
  }

  test("an older state that lies there again is not believed beside a newer one that cannot be read", async () => {
    const folder = newFolder();
    await written(folder, 2);
    const older = readFileSync(first(folder, 2));
    await written(folder, 1);
    for (const path of [first, second]) {
      writeFileSync(path(folder, 2), older, { mode: 0o600 });
      truncateSync(path(folder, 3), 20);
    }
    expect(await onDisk(folder).read()).toEqual(damaged("newest-copy-damaged"));
  });

  test("an older record under a newer number is none", async () => {
    const folder = newFolder();
    await written(folder, 2);
    for (const path of [first, second]) copyFileSync(path(folder, 2), path(folder, 3));
    expect(await onDisk(folder).read()).toEqual(damaged("newest-copy-damaged"));
  });

  test("a device whose records are all gone is not a new one", async () => {
    const folder = newFolder();
    await written(folder, 2);
    for (const path of [first, second]) rmSync(path(folder, 2));
    expect(await onDisk(folder).read()).toEqual(damaged("no-valid-copy"));
  });

  test("the state is there twice before a newer one takes its place", async () => {
    const folder = newFolder();
    await written(folder, 2);
    rmSync(second(folder, 2));
    const fault = new Unavailable("storage-failed", { retryable: true });
    const rename = (from: string, to: string): Promise<void> =>
      to.includes("state.3.") ? Promise.reject(fault) : nodeFileSystem.rename(from, to);
    const ended = new FileState({ ...nodeFileSystem, rename }, folder, nodeCrypto);
    await expect(ended.write(numberedState(3n))).rejects.toThrow(fault);
    truncateSync(first(folder, 2), 20);
    expect(await onDisk(folder).read()).toEqual(present(2n, "copy"));
  });

  test("a copy that can be neither read nor written stops no boot", async () => {
    const folder = newFolder();
    await written(folder, 2);
    const fault = new Unavailable("storage-failed", { retryable: true });
    const worn = new FileState(
      {
        ...nodeFileSystem,
        open: (path, mode) =>
          path.endsWith("first") || mode === "create" ? Promise.reject(fault) : nodeFileSystem.open(path, mode),
      },
      folder,
      nodeCrypto,
    );
    expect(await worn.read()).toEqual({ ...present(2n, "nothing"), repaired: "failed" });
    const dead = new FileState({ ...nodeFileSystem, open: () => Promise.reject(fault) }, folder, nodeCrypto);
    await expect(dead.read()).rejects.toThrow(fault);
  });
});

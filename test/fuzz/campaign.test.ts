import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { encode } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import { parseVector } from "../../firmware-fixtures/vectors-source/vector-file.ts";
import { campaign, type Finding } from "./campaign.ts";
import { everything, listedDamage } from "./damage.ts";
import { readElement, writeElement } from "./element-tree.ts";
import { writeFinding } from "./finding-file.ts";
import { cborSubjects } from "./item-subjects.ts";
import { guarded, type Subject } from "./subject.ts";
import { allSubjects } from "./subjects.ts";
import { inputWriter, readInput, type WatchedInput } from "./watched-input.ts";

const array = encode([1, [2, 3], encode([4])]);

/** A reader with a fault of its own. */
const planted = (fault: (bytes: Uint8Array) => string | undefined): Subject => ({
  layer: "cbor",
  name: "planted",
  bytes: array,
  faultOf: ({ bytes }) => guarded(() => fault(bytes)),
});

function findings(subject: Subject, steps: number): readonly Finding[] {
  const all: Finding[] = [];
  let step = 0;
  for (const found of campaign([subject], 1, () => {})) {
    all.push(...found);
    if (++step === steps) return all;
  }
  return all;
}

describe("a planted fault is found", () => {
  test("by damage from the list", () => {
    const found = findings(
      planted((bytes) => (bytes[0] === 0x82 ? "accepted with another meaning" : undefined)),
      1,
    );
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]).toMatchObject({ damage: { what: "bit 0 flipped" }, fault: "accepted with another meaning" });
  });

  test("by damage that is drawn", () => {
    const isDeep = (bytes: Uint8Array): boolean => bytesToHex(bytes).includes("1bffffffffffffffff");
    const found = findings(
      planted((bytes) => (isDeep(bytes) ? "the largest integer" : undefined)),
      2,
    );
    expect(found).toMatchObject([{ subject: { name: "planted" }, fault: "the largest integer" }]);
  });

  test("where it is thrown", () => {
    const [found] = findings(
      planted(() => {
        throw new TypeError("planted");
      }),
      1,
    );
    expect(found?.fault).toMatch(/^thrown: TypeError: planted/);
  });
});

test("the same seed draws the same", () => {
  const inputs = (seed: number): string[] => {
    const seen: string[] = [];
    const steps = campaign(cborSubjects(), seed, (_subject, { bytes }) => seen.push(bytesToHex(bytes)));
    steps.next();
    steps.next();
    return seen;
  };
  expect(inputs(7)).toEqual(inputs(7));
  expect(inputs(7)).not.toEqual(inputs(8));
});

test("every subject is written again from its tree as it was", () => {
  for (const { name, bytes } of allSubjects()) {
    const tree = readElement(bytes);
    expect(tree && bytesToHex(writeElement(tree)), name).toBe(bytesToHex(bytes));
  }
});

test("all damage from the list is damage: it differs from the input", () => {
  for (const subject of cborSubjects()) {
    const flips = [...listedDamage(subject, everything)].filter(({ what }) => !what.includes("moved"));
    const same = flips.filter(({ bytes }) => bytesToHex(bytes) === bytesToHex(subject.bytes));
    expect(same.filter(({ what }) => what.includes("flipped") || what.includes("cut"))).toEqual([]);
  }
});

test("a finding is a vector, and comes through the file of a watched process unchanged", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "sumac-finding-"));
  try {
    const input = path.join(folder, "input");
    expect(readInput(input)).toBeUndefined();
    const write = inputWriter(input);
    const longer = { what: "something longer than what follows", bytes: new Uint8Array(999), signed: "again" } as const;
    const subject = planted(() => undefined);
    write(subject, longer);
    write(subject, { what: "bit 3 flipped", bytes: array, signed: "before" });
    const read = readInput(input);
    expect(read).toMatchObject({ executions: 2, layer: "cbor", name: "planted", what: "bit 3 flipped" });
    const file = writeFinding(folder, { ...(read as WatchedInput), fault: "thrown:\n  at" });
    const vector = parseVector("cbor", "planted", readFileSync(file, "utf8"));
    expect(bytesToHex(vector.bytes)).toBe(bytesToHex(array));
    expect(vector.headers.comment).toBe("bit 3 flipped: thrown: at");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe("npm run fuzz", () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [path.join(import.meta.dirname, "main.ts"), ...args], { encoding: "utf8" });

  test("prints its seed, what it did and how fast", { timeout: 60_000 }, () => {
    const { status, stdout, stderr } = run("--seconds", "1", "--seed", "5");
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^fuzz: seed 5, 1 seconds\nfuzz: \d+ executions, \d+ per second, 0 findings, seed 5\n$/);
  });

  test.each([
    ["--seconds", "x"],
    ["--seconds", "-1"],
    ["--seed", "4294967296"],
  ])("%s %s is refused", (name, value) => {
    const { status, stderr } = run(`${name}=${value}`);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error\[usage\]: .*\nhint: npm run fuzz/);
  });
});

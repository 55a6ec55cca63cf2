import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { makeFolder, writeFileAtomically, writeFilesAtomically } from "./atomic-file.ts";
import { Failure } from "./failure.ts";
import type { Io } from "./io.ts";
import { emptyFolder, filesIn, testIo } from "./sumac.test.support.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function ioIn(folder: string): Io {
  return testIo({ folder }).io;
}

function codeOf(work: () => void): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error.facts.code;
    throw error;
  }
  return "done";
}

describe("one file", () => {
  test("is written whole, with its permissions, and nothing else stays", () => {
    const folder = emptyFolder();
    writeFileAtomically(ioIn(folder), { name: "token", bytes: bytes("secret"), ifExists: "refuse", mode: 0o600 });
    expect(readFileSync(path.join(folder, "token"), "utf8")).toBe("secret");
    expect(statSync(path.join(folder, "token")).mode & 0o777).toBe(0o600);
    expect(filesIn(folder)).toEqual(["token"]);
  });
  test("never replaces another one unless told to", () => {
    const folder = emptyFolder();
    const file = path.join(folder, "f");
    writeFileSync(file, "old");
    const write = (ifExists: "refuse" | "replace") => () =>
      writeFileAtomically(ioIn(folder), { name: "f", bytes: bytes("new"), ifExists });
    expect(codeOf(write("refuse"))).toBe("output-exists");
    expect(readFileSync(file, "utf8")).toBe("old");
    expect(codeOf(write("replace"))).toBe("done");
    expect(readFileSync(file, "utf8")).toBe("new");
    expect(filesIn(folder)).toEqual(["f"]);
  });
  test("is not hindered by what a killed process with the same number left", () => {
    const folder = emptyFolder();
    const leftover = `.f.${process.pid}.tmp`;
    writeFileSync(path.join(folder, leftover), "half");
    const write = () => writeFileAtomically(ioIn(folder), { name: "f", bytes: bytes("new"), ifExists: "refuse" });
    expect(codeOf(write)).toBe("done");
    expect(filesIn(folder)).toEqual([leftover, "f"]);
  });
  test("takes the place of no pipe and no device", () => {
    const folder = emptyFolder();
    execFileSync("mkfifo", [path.join(folder, "f")]);
    const write = () => writeFileAtomically(ioIn(folder), { name: "f", bytes: bytes("x"), ifExists: "replace" });
    expect(codeOf(write)).toBe("not-a-regular-file");
    expect(statSync(path.join(folder, "f")).isFIFO()).toBe(true);
  });
  test("does not write through a dangling link", () => {
    const folder = emptyFolder();
    symlinkSync(path.join(folder, "elsewhere"), path.join(folder, "f"));
    expect(codeOf(() => writeFileAtomically(ioIn(folder), { name: "f", bytes: bytes("x"), ifExists: "refuse" }))).toBe(
      "output-exists",
    );
    expect(filesIn(folder)).toEqual(["f"]);
  });
  test.each([
    ["a folder that is not there", "no/such/f", "folder-not-found"],
    ["a file in place of a folder", "plain/f", "not-a-folder"],
    ["a folder in its place", "folder", "is-a-folder"],
  ])("%s", (_, name, code) => {
    const folder = emptyFolder();
    writeFileSync(path.join(folder, "plain"), "");
    mkdirSync(path.join(folder, "folder"));
    expect(codeOf(() => writeFileAtomically(ioIn(folder), { name, bytes: bytes("x"), ifExists: "replace" }))).toBe(
      code,
    );
    expect(filesIn(folder)).toEqual(["plain"]);
  });
});

test("several files appear together or not at all", () => {
  const folder = emptyFolder();
  writeFileSync(path.join(folder, "second"), "old");
  const files = [
    { name: "first", bytes: bytes("1"), ifExists: "replace" },
    { name: "second", bytes: bytes("2"), ifExists: "refuse" },
  ] as const;
  expect(codeOf(() => writeFilesAtomically(ioIn(folder), files))).toBe("output-exists");
  expect(filesIn(folder)).toEqual(["second"]);
});
test("what was there before stays when a later file cannot be placed", () => {
  const folder = emptyFolder();
  writeFileSync(path.join(folder, "first"), "old");
  writeFileSync(path.join(folder, "second"), "old");
  const files = [
    { name: "first", bytes: bytes("1"), ifExists: "replace" },
    { name: "second", bytes: bytes("2"), ifExists: "refuse" },
  ] as const;
  expect(codeOf(() => writeFilesAtomically(ioIn(folder), files))).toBe("output-exists");
  expect(filesIn(folder)).toEqual(["first", "second"]);
});

describe("a folder", () => {
  test("is made with those above it, once", () => {
    const folder = emptyFolder();
    for (const _ of ["first", "again"]) expect(codeOf(() => makeFolder(ioIn(folder), "a/b/c"))).toBe("done");
    expect(statSync(path.join(folder, "a/b/c")).isDirectory()).toBe(true);
  });

  test("does not take the place of a file, nor of one above it", () => {
    const folder = emptyFolder();
    writeFileSync(path.join(folder, "f"), "");
    expect(codeOf(() => makeFolder(ioIn(folder), "f"))).toBe("not-a-folder");
    expect(codeOf(() => makeFolder(ioIn(folder), "f/g"))).toBe("not-a-folder");
  });

  test("that cannot be there is refused at once", () => {
    // No new name can be made below /proc; where there is none, nothing can stand below a device either.
    const place = statSync("/proc", { throwIfNoEntry: false }) === undefined ? "/dev/null/x/y" : "/proc/x/y";
    expect(codeOf(() => makeFolder(ioIn(emptyFolder()), place))).toMatch(/^(file-not-found|not-a-folder|file-.*)$/);
  });
});

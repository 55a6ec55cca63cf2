import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, filesIn } from "../sumac.test.support.ts";
import { tarArchive } from "./tar-archive.ts";

const long = `evidence/${"d".repeat(90)}/${"n".repeat(90)}.json`;
const files = new Map([
  ["index.html", new TextEncoder().encode("<p>one</p>\n")],
  [long, new Uint8Array(1025).fill(7)],
  ["empty", new Uint8Array()],
  ["block", new Uint8Array(512).fill(9)],
]);

test("what tar unpacks is what went in", () => {
  const folder = emptyFolder();
  writeFileSync(path.join(folder, "a.tar"), tarArchive(files));
  mkdirSync(path.join(folder, "out"));
  execFileSync("tar", ["-xf", "a.tar", "-C", "out"], { cwd: folder });
  expect(filesIn(path.join(folder, "out"))).toEqual([...files.keys()].sort());
  for (const [name, bytes] of files)
    expect(new Uint8Array(readFileSync(path.join(folder, "out", name)))).toEqual(bytes);
});

test("the same files in another order are the same archive", () => {
  expect(tarArchive(new Map([...files].reverse()))).toEqual(tarArchive(files));
});

test.each(["", "a\nb", "ä", "x".repeat(101), `${"d".repeat(160)}/${"n".repeat(90)}`])("%j is no path", (name) => {
  expect(() => tarArchive(new Map([[name, new Uint8Array()]]))).toThrow(RangeError);
});

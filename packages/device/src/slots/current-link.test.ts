import { mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeFileSystem } from "../files/node-file-system.ts";
import { currentLink } from "./current-link.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sumac-link-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("the link follows what runs, also where a power cut has left its successor behind", async () => {
  const pointer = currentLink(nodeFileSystem, folder);
  await pointer.booted("a", "confirmed", "active");
  symlinkSync("a", join(folder, "current.new"));
  await pointer.booted("b", "trial", "trial-begins");
  expect(readlinkSync(join(folder, "current"))).toBe("b");
  expect(readdirSync(folder)).toEqual(["current"]);
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll } from "vitest";

const made: string[] = [];

/** An empty folder, removed when the tests of the file are through. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "sumac-test-"));
  made.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

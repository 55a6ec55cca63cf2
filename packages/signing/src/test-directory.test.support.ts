import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** An empty directory that goes with the test. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "sumac-signing-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Every file of a directory with its content, so that a test can say that nothing changed. */
export function snapshot(directory: string): Readonly<Record<string, string>> {
  const names = readdirSync(directory).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name), "latin1")]));
}

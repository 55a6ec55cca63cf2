// Builds the images and the test keys again: npm run fixtures [-- --output FOLDER]
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { buildRelease, releaseMinors } from "./firmware.ts";
import { testKeyFiles, testKeyHolders } from "./test-keys.ts";
import { requireRecordedToolchain, ToolchainError } from "./toolchain.ts";

const here = import.meta.dirname;

/** Whole or not at all: a cut-off build must not leave half an image where tests read it. */
function place(folder: string, name: string, content: Uint8Array | string): void {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, name);
  writeFileSync(`${file}.part`, content, { mode: 0o644 });
  renameSync(`${file}.part`, file);
}

function build(output: string): void {
  const source = path.join(here, "source");
  requireRecordedToolchain(readFileSync(path.join(here, "README.md"), "utf8"), source);
  // All of it is built before any of it is written, so the releases in a folder always come from one build.
  const images = releaseMinors.flatMap((minor) => buildRelease(minor, source));
  const keys = testKeyHolders.flatMap(testKeyFiles);
  for (const { name, bytes } of images) place(path.join(output, "images"), name, bytes);
  for (const { name, text } of keys) place(path.join(output, "keys"), name, text);
  console.log(`${images.length} images and ${keys.length} key files in ${path.relative(process.cwd(), output) || "."}`);
}

function refuse(code: string, problem: string, hint: string, exitCode: number): void {
  console.error(`error[${code}]: ${problem}\nhint: ${hint}`);
  process.exitCode = exitCode;
}

try {
  const { values } = parseArgs({ options: { output: { type: "string" } } });
  build(path.resolve(values.output ?? here));
} catch (error) {
  if (error instanceof ToolchainError) refuse(error.code, error.message, error.hint, 5);
  else if (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS")) {
    refuse("usage", error.message, "npm run fixtures [-- --output FOLDER]", 2);
  } else throw error;
}

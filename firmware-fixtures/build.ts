// Builds images, test keys and test vectors again: npm run fixtures [-- --output FOLDER] [-- --only images|keys|vectors|product]
import { globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { buildRelease, buildSmpEcho, releaseMinors } from "./firmware.ts";
import { writeProduct } from "./product-rtu/write-product.ts";
import { testKeyFiles, testKeyHolders } from "./test-keys.ts";
import { requireRecordedToolchain, ToolchainError } from "./toolchain.ts";
import { vectorFiles } from "./vectors-source/all-vectors.ts";
import { withExample } from "./vectors-source/profile-example.ts";

const here = import.meta.dirname;

/** Whole or not at all: a cut-off build must not leave half an image where tests read it. */
function place(folder: string, name: string, content: Uint8Array | string): void {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, content, { mode: 0o644 });
  renameSync(`${file}.part`, file);
}

// Each builds all before it writes any, so that what lies in a folder always comes from one build.
const parts = {
  images(output: string): string {
    const source = path.join(here, "source");
    requireRecordedToolchain(readFileSync(path.join(here, "README.md"), "utf8"), source);
    const releases = releaseMinors.flatMap((minor) => buildRelease(minor, source));
    const images = [...releases, buildSmpEcho(path.join(here, "smp-echo"), source)];
    for (const { name, bytes } of images) place(path.join(output, "images"), name, bytes);
    return `${images.length} images`;
  },
  keys(output: string): string {
    const keys = testKeyHolders.flatMap(testKeyFiles);
    for (const { name, text } of keys) place(path.join(output, "keys"), name, text);
    return `${keys.length} key files`;
  },
  vectors(output: string): string {
    const folder = path.join(output, "vectors");
    const files = vectorFiles();
    for (const [name, text] of files) place(folder, name, text);
    // A vector that was renamed must not live on under its old name.
    for (const found of globSync("**/*.vector", { cwd: folder })) {
      if (!files.has(found.split(path.sep).join("/"))) rmSync(path.join(folder, found));
    }
    if (output === here) {
      const page = path.join("..", "docs", "spec", "manifest-profile.md");
      place(here, page, withExample(readFileSync(path.join(here, page), "utf8")));
    }
    return `${files.size} vectors`;
  },
  async product(output: string): Promise<string> {
    return `${await writeProduct(path.join(output, "product-rtu"))} files of the example product`;
  },
} as const;
type Part = keyof typeof parts;
const partNames = Object.keys(parts) as Part[];

function refuse(code: string, problem: string, hint: string, exitCode: number): void {
  console.error(`error[${code}]: ${problem}\nhint: ${hint}`);
  process.exitCode = exitCode;
}

const usage = `npm run fixtures [-- --output FOLDER] [-- --only ${partNames.join("|")}]`;

try {
  const { values } = parseArgs({ options: { output: { type: "string" }, only: { type: "string" } } });
  const output = path.resolve(values.output ?? here);
  const chosen = partNames.filter((part) => values.only === undefined || values.only === part);
  if (chosen.length === 0) refuse("usage", `there is no ${values.only} to build`, usage, 2);
  else {
    const built: string[] = [];
    for (const part of chosen) built.push(await parts[part](output));
    console.log(`${built.join(", ")} in ${path.relative(process.cwd(), output) || "."}`);
  }
} catch (error) {
  if (error instanceof ToolchainError) refuse(error.code, error.message, error.hint, 5);
  else if (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS")) {
    refuse("usage", error.message, usage, 2);
  } else throw error;
}

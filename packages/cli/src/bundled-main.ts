#!/usr/bin/env node
// The entry of the built command (see bundle.ts); from sources main.ts takes its place.
//
// The line is first offered to the quick start, one plain script beside this file, together with its compiled form (a
// V8 code cache): compiling is most of what `sumac verify` costs beyond Node itself. V8 refuses a cache made by another
// version or with other flags; the script is then compiled as usual.
import { readFileSync } from "node:fs";
import path from "node:path";
import { Script } from "node:vm";
import type { ExitCode } from "./exit-code.ts";
import type { nodeIo } from "./node-io.ts";
import type { runQuickly } from "./quick-start.ts";

/** Filled in by the bundler: the name holds the script's digest, so that script and cache cannot be mixed up. */
declare const quickStartName: string;

/** What the script evaluates to. */
export interface QuickStart {
  readonly runQuickly: typeof runQuickly;
  readonly nodeIo: typeof nodeIo;
}

function loadQuickStart(): QuickStart {
  const file = path.join(import.meta.dirname, quickStartName);
  const script = new Script(readFileSync(`${file}.js`, "latin1"), {
    filename: `${file}.js`,
    ...codeCache(`${file}.cache`),
  });
  return script.runInThisContext() as QuickStart;
}

function codeCache(file: string): { readonly cachedData: Buffer } | undefined {
  try {
    return { cachedData: readFileSync(file) };
  } catch {
    return undefined;
  }
}

async function run(words: readonly string[]): Promise<ExitCode> {
  if (words[0] === "verify") {
    const quick = loadQuickStart();
    const code = await quick.runQuickly(words, quick.nodeIo());
    if (code !== undefined) return code;
  }
  const { startFully } = await import("./full-start.ts");
  return startFully(words);
}

process.exit(await run(process.argv.slice(2)));

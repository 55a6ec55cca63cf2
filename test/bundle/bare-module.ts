import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";

export interface BareModule {
  /** One minified ES module that imports nothing. */
  readonly code: string;
  /** Bytes that the libraries have in it (`noble`), and our own code. */
  readonly bytes: { readonly noble: number; readonly own: number };
}

/** Fails where anything of it needs Node. */
export async function buildBareModule(contents: string): Promise<BareModule> {
  const built = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: "esm",
    // Neither Node nor a browser: whatever needs a platform does not resolve.
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2023",
    legalComments: "none",
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  const [file] = built.outputFiles;
  const [output] = Object.values(built.metafile.outputs);
  if (file === undefined || output === undefined) throw new Error("nothing was built");
  const noble = Object.entries(output.inputs)
    .filter(([input]) => input.includes("/@noble/"))
    .reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);
  return { code: file.text, bytes: { noble, own: file.contents.length - noble } };
}

/** Runs a module where there is nothing but the language and what every page and runtime has for text. */
export function loadBareModule(code: string): unknown {
  const exported = /export\{([^{}]*)\};?\s*$/.exec(code);
  if (exported?.[1] === undefined) throw new Error("a module that exports nothing");
  const names = exported[1].split(",").map((one) => one.split(" as "));
  const members = names.map(([local, name = local]) => `${name}:${local}`).join();
  const context = createContext({ TextDecoder, TextEncoder });
  return runInContext(`(() => {${code.slice(0, exported.index)};return {${members}}})()`, context);
}

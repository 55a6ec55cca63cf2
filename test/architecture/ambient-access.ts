import { transform } from "esbuild";
import type { SourceFile } from "./source-file.ts";

/**
 * What a portable file must be given instead of taking it: clock, timers, randomness, environment, console, network.
 * `globalThis` and its aliases are here because each of the others can be reached through them.
 */
const ambient: readonly string[] = [
  "AbortSignal.timeout",
  "Date",
  "Intl.DateTimeFormat",
  "Math.random",
  "Temporal",
  "XMLHttpRequest",
  "WebSocket",
  "clearImmediate",
  "clearInterval",
  "clearTimeout",
  "console",
  "crypto",
  "fetch",
  "global",
  "globalThis",
  "localStorage",
  "navigator",
  "performance",
  "process",
  "require",
  "self",
  "sessionStorage",
  "setImmediate",
  "setInterval",
  "setTimeout",
  "window",
];

const mark = (name: string): string => `__ambient_${name.replace(".", "_dot_")}`;
const define: Record<string, string> = Object.fromEntries(ambient.map((name) => [name, mark(name)]));

/**
 * Uses of the ambient world in `files`. The bundler's `define` renames free identifiers only, so a parameter called
 * `crypto`, a property `.process`, a comment or a text is never mistaken for the global.
 */
export async function ambientAccess(files: readonly SourceFile[]): Promise<string[]> {
  const found = await Promise.all(
    files.map(async (file) => {
      const { code } = await transform(file.text, {
        loader: "ts",
        define,
        legalComments: "none",
        sourcefile: file.path,
      });
      return ambient.filter((name) => uses(code, name)).map((name) => `${file.path}: uses ${name}`);
    }),
  );
  return found.flat();
}

function uses(code: string, name: string): boolean {
  // Date.UTC and Date.parse compute; they do not ask what time it is.
  const harmless = name === "Date" ? "(?!\\.(?:UTC|parse)\\b)" : "";
  return new RegExp(`\\b${mark(name)}\\b${harmless}`).test(code);
}

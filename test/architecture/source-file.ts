import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";

/** One TypeScript file of a package. */
export interface SourceFile {
  /** The package's short name: `cbor` for `@sumac/cbor`. */
  readonly package: string;
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** What a package says of itself in its package.json. */
export interface Declaration {
  readonly package: string;
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
}

const root: string = path.resolve(import.meta.dirname, "../..");

/** All TypeScript files below `folders` that are written by hand. */
export function sourcePaths(...folders: string[]): string[] {
  const found = folders.flatMap((folder) => globSync(`${folder}/**/*.{ts,tsx,mts,cts,js,mjs,cjs}`, { cwd: root }));
  return found
    .map((file) => file.split(path.sep).join("/"))
    .filter((file) => !/\/(dist|node_modules)\//.test(file))
    .sort();
}

export function readSources(): SourceFile[] {
  return sourcePaths("packages").map((file) => ({
    package: file.split("/")[1] ?? "",
    path: file,
    text: readFileSync(path.join(root, file), "utf8"),
  }));
}

export function readDeclarations(): Declaration[] {
  return globSync("packages/*/package.json", { cwd: root }).map((file) => {
    const json = JSON.parse(readFileSync(path.join(root, file), "utf8"));
    // A plug-in is a peer that need not be there; what links it for development is no second declaration.
    const peers = Object.keys(json.peerDependencies ?? {});
    return {
      package: path.basename(path.dirname(file)),
      dependencies: [...Object.keys(json.dependencies ?? {}), ...peers],
      devDependencies: Object.keys(json.devDependencies ?? {}).filter((name) => !peers.includes(name)),
    };
  });
}

/** The text of a file, or `undefined` where it does not exist. */
export function readIfPresent(file: string): string | undefined {
  const full = path.join(root, file);
  return existsSync(full) ? readFileSync(full, "utf8") : undefined;
}

/** Tests, contract suites and what only they use (`NAME.test.SOMETHING.ts`) may reach for anything a test needs. */
export const isTest = (file: { readonly path: string }): boolean => /\.(test|contract)\./.test(file.path);

/** Where the platform is allowed: `node-NAME.ts`. */
export const isNodeFile = (file: { readonly path: string }): boolean =>
  path.posix.basename(file.path).startsWith("node-");

/** Every module a file names: import, export ... from, import() and import types. Formatted source is assumed. */
export function importsOf(file: SourceFile): string[] {
  const fixed = file.text.matchAll(/^[ \t]*(?:import|export)\b(?:[^"';]*?\bfrom\b)?\s*["']([^"']+)["']/gm);
  const dynamic = file.text.matchAll(/\bimport\s*\(\s*["'`]([^"'`]+)["'`]/g);
  return [...fixed, ...dynamic].map(([, specifier]) => specifier ?? "");
}

/** `cbor` for `@sumac/cbor` and `@sumac/cbor/node`; `undefined` for everything else. */
export function workspacePackage(specifier: string): string | undefined {
  return /^@sumac\/([^/]+)/.exec(specifier)?.[1];
}

/** `yaml` for `yaml/util`, `@noble/hashes` for `@noble/hashes/sha2.js`; `undefined` for what npm does not deliver. */
export function npmPackage(specifier: string): string | undefined {
  if (/^(\.|node:|@sumac\/)/.test(specifier)) return undefined;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

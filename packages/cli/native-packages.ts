// Packages with native code cannot be put into one file: they go along as they are, with what they need, in a folder where
// Node looks for them.
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** Of `@sumac/smp`: a serial port, and a pseudo-terminal for the simulated device. */
export const nativePackages: readonly string[] = ["serialport", "@lydell/node-pty"];

interface Declared {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Copies them and all they depend on into `folder`/node_modules. `from` = a file of the package that depends on them. */
export function copyNativePackages(from: string, folder: string): void {
  const target = path.join(folder, "node_modules");
  rmSync(target, { recursive: true, force: true });
  const copied = new Set<string>();
  for (const name of nativePackages) copyWithDependencies(name, from, target, copied);
}

function copyWithDependencies(name: string, from: string, target: string, copied: Set<string>): void {
  if (copied.has(name)) return;
  const source = findPackage(name, from);
  // Built for another system.
  if (source === undefined) return;
  copied.add(name);
  mkdirSync(path.dirname(path.join(target, name)), { recursive: true });
  cpSync(source, path.join(target, name), {
    recursive: true,
    filter: (file) => !isLeftOut(path.relative(source, file)),
  });
  const manifest = path.join(source, "package.json");
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(manifest, "utf8")) as Declared;
  for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) {
    copyWithDependencies(needed, manifest, target, copied);
  }
}

const isLeftOut = (file: string): boolean => /^node_modules(\/|$)|\.(map|d\.ts|md)$/.test(file);

function findPackage(name: string, from: string): string | undefined {
  const places = createRequire(from).resolve.paths(name) ?? [];
  const found = places
    .map((place) => path.join(place, name))
    .find((place) => existsSync(path.join(place, "package.json")));
  return found === undefined ? undefined : realpathSync(found);
}

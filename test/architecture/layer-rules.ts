import { isBuiltin } from "node:module";
import path from "node:path";
import {
  type Declaration,
  importsOf,
  isNodeFile,
  isTest,
  npmPackage,
  type SourceFile,
  workspacePackage,
} from "./source-file.ts";

/** One row of the house plan. */
export interface Layer {
  readonly layer: number;
  readonly package: string;
  /** Which packages of the workspace it may import. */
  readonly imports: readonly string[];
  /** Which packages of npm it may import: names, or scopes that end in `/`. */
  readonly npm: readonly string[] | "any";
}

/** Layers 0-4 run on a device, in Node and in a browser page. */
const highestPortableLayer = 4;

const portable = (file: SourceFile, plan: readonly Layer[]): boolean => {
  const row = plan.find((candidate) => candidate.package === file.package);
  return (row === undefined || row.layer <= highestPortableLayer) && !isNodeFile(file) && !isTest(file);
};

/** The files that must not know a platform. */
export function portableFiles(files: readonly SourceFile[], plan: readonly Layer[]): SourceFile[] {
  return files.filter((file) => portable(file, plan));
}

/** A plan whose arrows do not all point down allows a cycle. */
export function upwardRows(plan: readonly Layer[]): string[] {
  const layerOf = new Map(plan.map((row) => [row.package, row.layer]));
  return plan.flatMap((row) =>
    row.imports
      .filter((name) => (layerOf.get(name) ?? Number.POSITIVE_INFINITY) >= row.layer)
      .map((name) => `${row.package} (layer ${row.layer}) may not be allowed ${name}`),
  );
}

/** Tests too: a test that needs an upper layer belongs in `test/`. */
export function importsAgainstPlan(files: readonly SourceFile[], plan: readonly Layer[]): string[] {
  const allowed = new Map(plan.map((row) => [row.package, row.imports]));
  return violations(files, (file, specifier) => {
    const name = workspacePackage(specifier);
    return name !== undefined && !allowed.get(file.package)?.includes(name);
  });
}

export function importsOutOfPackage(files: readonly SourceFile[]): string[] {
  return violations(files, (file, specifier) => {
    if (path.posix.isAbsolute(specifier) || specifier.startsWith("file:")) return true;
    if (!specifier.startsWith(".")) return false;
    const target = path.posix.join(path.posix.dirname(file.path), specifier);
    return !target.startsWith(`packages/${file.package}/`);
  });
}

/** Of portable files: the platform itself, a `node-*.ts` file, or the `/node` door of a lower package. */
export function platformImports(files: readonly SourceFile[], plan: readonly Layer[]): string[] {
  return violations(portableFiles(files, plan), (_, specifier) => {
    if (isBuiltin(specifier) || specifier.startsWith("node:")) return true;
    if (specifier.startsWith(".")) return path.posix.basename(specifier).startsWith("node-");
    return workspacePackage(specifier) !== undefined && specifier.endsWith("/node");
  });
}

export function npmImportsAgainstPlan(files: readonly SourceFile[], plan: readonly Layer[]): string[] {
  const sources = files.filter((file) => !isTest(file));
  return violations(sources, (file, specifier) => {
    const name = isBuiltin(specifier) ? undefined : npmPackage(specifier);
    return name !== undefined && !mayUseNpm(plan, file.package, name);
  });
}

/** `files`: by package of npm, the one file that may import it; tests too. */
export function npmOutsideItsFile(sources: readonly SourceFile[], files: Readonly<Record<string, string>>): string[] {
  return violations(sources, (file, specifier) => {
    const name = isBuiltin(specifier) ? undefined : npmPackage(specifier);
    const own = name === undefined ? undefined : files[name];
    return own !== undefined && own !== file.path;
  });
}

export function npmDependenciesAgainstPlan(declarations: readonly Declaration[], plan: readonly Layer[]): string[] {
  return declarations.flatMap((declaration) =>
    declaration.dependencies
      .filter((name) => npmPackage(name) !== undefined && !mayUseNpm(plan, declaration.package, name))
      .map((name) => `packages/${declaration.package}/package.json: ${name}`),
  );
}

/** A dependency that is declared and not imported hides an arrow; one imported and not declared breaks when published. */
export function wrongDeclarations(files: readonly SourceFile[], declarations: readonly Declaration[]): string[] {
  return declarations.flatMap((declaration) => {
    const own = files.filter((file) => file.package === declaration.package);
    const used = workspaceImports(own.filter((file) => !isTest(file)));
    const usedByTests = workspaceImports(own.filter(isTest));
    const declared = new Set(declaration.dependencies.filter((name) => workspacePackage(name) !== undefined));
    const declaredForTests = new Set(
      declaration.devDependencies.filter((name) => workspacePackage(name) !== undefined),
    );
    const where = `packages/${declaration.package}/package.json`;
    return [
      ...[...used].filter((name) => !declared.has(name)).map((name) => `${where}: lacks ${name}`),
      ...[...declared].filter((name) => !used.has(name)).map((name) => `${where}: ${name} is not imported`),
      ...[...usedByTests]
        .filter((name) => !declared.has(name) && !declaredForTests.has(name))
        .map((name) => `${where}: lacks ${name} for tests`),
      ...[...declaredForTests]
        .filter((name) => !usedByTests.has(name))
        .map((name) => `${where}: ${name} is not imported by tests`),
    ];
  });
}

function workspaceImports(files: readonly SourceFile[]): Set<string> {
  const names = files.flatMap(importsOf).map(workspacePackage);
  return new Set(names.filter((name) => name !== undefined).map((name) => `@sumac/${name}`));
}

function mayUseNpm(plan: readonly Layer[], packageName: string, dependency: string): boolean {
  const npm = plan.find((row) => row.package === packageName)?.npm ?? [];
  return npm === "any" || npm.some((name) => (name.endsWith("/") ? dependency.startsWith(name) : dependency === name));
}

function violations(files: readonly SourceFile[], isWrong: (file: SourceFile, specifier: string) => boolean): string[] {
  return files.flatMap((file) =>
    importsOf(file)
      .filter((specifier) => isWrong(file, specifier))
      .map((specifier) => `${file.path}: imports ${specifier}`),
  );
}

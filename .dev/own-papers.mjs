// Writes what Sumac owes those who install it, from what lies in the repository: node .dev/own-papers.mjs [--check]
//   .sdl/data/sumac.cdx.json   CycloneDX 1.6 of pnpm-lock.yaml: what a package needs to run is "required", what only
//                              builds and tests it is "excluded"
//   .sdl/data/csaf/            the list of advisories, empty as long as there is no issue below .sdl/issues
// No time and no random number goes in, so that the same lock file gives the same bytes. With --check nothing is
// written, and a file that is not up to date ends it with 1.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { version, license } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));

const lock = readLock(readFileSync(path.join(root, "pnpm-lock.yaml"), "utf8"));
const files = new Map([
  [".sdl/data/sumac.cdx.json", `${JSON.stringify(bomOf(lock), null, 2)}\n`],
  [".sdl/data/csaf/index.txt", ""],
  [".sdl/data/csaf/changes.csv", ""],
]);
const issues = path.join(root, ".sdl", "issues");
if (existsSync(issues) && readdirSync(issues).length > 0)
  fail("there are issues below .sdl/issues: their advisories are made by sumac sdl export");

for (const [name, text] of files) {
  const file = path.join(root, name);
  if (process.argv.includes("--check")) {
    const there = existsSync(file) ? readFileSync(file, "utf8") : undefined;
    if (there !== text) fail(`${name} is not up to date: run node .dev/own-papers.mjs`);
  } else {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

function fail(why) {
  console.error(`own papers: ${why}`);
  process.exit(1);
}

/** The three maps of a pnpm lock file, version 9, which writes one fact a line. Another version is refused. */
function readLock(text) {
  if (!text.startsWith("lockfileVersion: '9.0'\n")) fail("pnpm-lock.yaml is not of version 9.0");
  const found = { importers: new Map(), packages: new Map(), snapshots: new Map() };
  let section = "";
  let entry;
  let group = "";
  let name = "";
  for (const line of text.split("\n")) {
    const [, indent, key, value] = /^( *)'?([^\s'][^']*?)'?:(?: (.*))?$/.exec(line) ?? [];
    if (key === undefined) continue;
    if (indent === "") section = key;
    else if (indent.length === 2) {
      entry = { resolution: "", dependencies: [], devDependencies: [], optionalDependencies: [] };
      found[section]?.set(key, entry);
    } else if (indent.length === 4) {
      group = key;
      if (key === "resolution") entry.resolution = value;
    } else if (indent.length === 6) {
      name = key;
      if (section === "snapshots") entry[group]?.push([name, unquoted(value)]);
    } else if (indent.length === 8 && section === "importers" && key === "version")
      entry[group]?.push([name, unquoted(value)]);
  }
  if (found.importers.size === 0 || found.packages.size === 0 || found.snapshots.size === 0)
    fail("pnpm-lock.yaml cannot be read");
  return found;
}

function unquoted(text) {
  return text.replace(/^'(.*)'$/, "$1");
}

/** `name@1.2.3(peer@4.5.6)` without its peers. */
function bare(id) {
  return id.replace(/\(.*$/, "");
}

/** How a dependency stands among the snapshots; undefined for a package of this repository. */
function snapshotOf(snapshots, [name, spec]) {
  if (spec.startsWith("link:")) return undefined;
  const id = snapshots.has(spec) ? spec : `${name}@${spec}`;
  if (!snapshots.has(id)) fail(`pnpm-lock.yaml has no ${id}`);
  return id;
}

function bomOf({ importers, packages, snapshots }) {
  const own = [...importers].filter(([name]) => name !== ".");
  const needed = new Set();
  const waiting = own.flatMap(([, { dependencies, optionalDependencies }]) => [
    ...dependencies,
    ...optionalDependencies,
  ]);
  while (waiting.length > 0) {
    const id = snapshotOf(snapshots, waiting.pop());
    if (id === undefined || needed.has(id)) continue;
    needed.add(id);
    const { dependencies, optionalDependencies } = snapshots.get(id);
    waiting.push(...dependencies, ...optionalDependencies);
  }
  const required = new Set([...needed].map(bare));
  const refOf = (id) => purlOf(bare(id));
  const workspace = own.map(([name]) => `@sumac/${path.basename(name)}`).sort();
  const ownRef = (name) => purlOf(`${name}@${version}`);
  const product = `pkg:generic/sumac@${version}`;
  const components = [
    ...workspace.map((name) => ({
      type: "library",
      "bom-ref": ownRef(name),
      ...named(name),
      version,
      scope: "required",
      licenses: [{ license: { id: license } }],
      purl: ownRef(name),
    })),
    ...[...packages.keys()].sort().map((id) => ({
      type: "library",
      "bom-ref": purlOf(id),
      ...named(id.slice(0, id.lastIndexOf("@"))),
      version: id.slice(id.lastIndexOf("@") + 1),
      scope: required.has(id) ? "required" : "excluded",
      ...hashesOf(packages.get(id).resolution, id),
      purl: purlOf(id),
    })),
  ];
  const edges = new Map([[product, workspace.map(ownRef)]]);
  const add = (from, to) => edges.set(from, [...(edges.get(from) ?? []), ...to]);
  for (const [name, { dependencies, optionalDependencies }] of own) {
    const to = [...dependencies, ...optionalDependencies].map(([dependency, spec]) => {
      const id = snapshotOf(snapshots, [dependency, spec]);
      return id === undefined ? ownRef(dependency) : refOf(id);
    });
    add(ownRef(`@sumac/${path.basename(name)}`), to);
  }
  for (const [id, { dependencies, optionalDependencies }] of snapshots) {
    const to = [...dependencies, ...optionalDependencies].map((dependency) => refOf(snapshotOf(snapshots, dependency)));
    add(refOf(id), to);
  }
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": product,
        name: "sumac",
        version,
        licenses: [{ license: { id: license } }],
        purl: product,
      },
    },
    components,
    dependencies: [...edges]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([ref, to]) => ({ ref, dependsOn: [...new Set(to)].sort() })),
    // The lock file is the whole of what is installed; the pinned Node is named where it is installed from.
    compositions: [{ aggregate: "complete", dependencies: [product] }],
  };
}

function named(name) {
  const [group, rest] = name.startsWith("@") ? name.split("/") : [undefined, name];
  return group === undefined ? { name: rest } : { group, name: rest };
}

function purlOf(id) {
  const at = id.lastIndexOf("@");
  return `pkg:npm/${id.slice(0, at).replace(/^@/, "%40")}@${encodeURIComponent(id.slice(at + 1))}`;
}

function hashesOf(resolution, id) {
  const digest = /integrity: sha512-([A-Za-z0-9+/=]+)/.exec(resolution)?.[1];
  if (digest === undefined) fail(`pnpm-lock.yaml has no SHA-512 of ${id}`);
  return { hashes: [{ alg: "SHA-512", content: Buffer.from(digest, "base64").toString("hex") }] };
}

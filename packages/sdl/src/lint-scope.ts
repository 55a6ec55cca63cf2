import { type FileKind, kindOfFile } from "./file-kinds.ts";

/** What the findings of a file of a kind depend on beside the file itself: whole folders end with a slash. */
const needs: Readonly<Record<FileKind, readonly string[]>> = {
  product: [],
  context: ["product.yaml"],
  soa: ["roles.yaml", "context.yaml"],
  policy: [],
  roles: ["keys.yaml"],
  keys: [],
  suppliers: [],
  interfaces: ["context.yaml", "threats/"],
  accounts: [],
  zones: ["context.yaml"],
  "catalog-lock": ["roles.yaml"],
  threat: ["context.yaml"],
  requirement: ["threats/"],
  claim: ["context.yaml", "requirements/"],
  issue: ["product.yaml", "roles.yaml", "releases/", "waivers/"],
  review: ["roles.yaml"],
  waiver: ["policy.yaml", "product.yaml", "roles.yaml", "releases/", "issues/"],
  release: ["product.yaml", "updates/"],
  "update-doc": ["product.yaml", "roles.yaml", "releases/", "issues/"],
  qualification: ["product.yaml", "roles.yaml", "releases/", "issues/"],
  compat: [],
  delivery: [],
};

/** Whether a file below `.sdl/` has to be read to lint these files of it; a product of thousands of records has few such. */
export function neededToLint(wanted: readonly string[]): (path: string) => boolean {
  const names = new Set(wanted);
  const folders = new Set<string>();
  // An edition of its own decides which rows there are.
  names.add("data/catalogue.json");
  for (const path of wanted) {
    const kind = kindOfFile(path);
    if (kind === undefined || kind === "data") continue;
    // The id of a record may be taken by another one.
    if (kind === "evidence") folders.add("evidence/");
    else for (const name of needs[kind]) (name.endsWith("/") ? folders : names).add(name);
  }
  return (path) => names.has(path) || [...folders].some((folder) => path.startsWith(folder));
}

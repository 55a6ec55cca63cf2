import { type FileKind, fileKinds, type KindContent, kindOfFile, shapes, singleFiles } from "./file-kinds.ts";
import { type Finding, findingOf } from "./finding.ts";
import { type Located, parseYamlFile } from "./yaml-file.ts";

/** Below `.sdl/`, by path with forward slashes; a file that could not be read is there with its reason. */
export type ProductFiles = ReadonlyMap<string, Uint8Array | { readonly unreadable: string }>;

/** The folder of a kind that may have many files. */
type Many = "threat" | "requirement" | "claim" | "issue" | "review" | "waiver" | "release";
type Single = Exclude<FileKind, Many | "update-doc" | "qualification" | "compat" | "delivery">;

/** One update of `updates/<id>/`: a part that is missing or malformed is absent. */
export interface UpdateFiles {
  readonly doc?: Located<KindContent["update-doc"]>;
  readonly qualification?: Located<KindContent["qualification"]>;
  readonly compat?: Located<KindContent["compat"]>;
  readonly delivery?: Located<KindContent["delivery"]>;
}

/** What of a product's `.sdl/` could be read. A file with a fault of form is absent here and named in `findings`. */
export interface ProductModel {
  readonly single: { readonly [Kind in Single]?: Located<KindContent[Kind]> };
  /** By id, in the order of the ids. */
  readonly many: { readonly [Kind in Many]: ReadonlyMap<string, Located<KindContent[Kind]>> };
  readonly updates: ReadonlyMap<string, UpdateFiles>;
  /** The signed records, unread: path below `.sdl/` to bytes. */
  readonly evidence: ReadonlyMap<string, Uint8Array>;
  /** Data that other files name by path, such as the SBOM. */
  readonly data: ReadonlyMap<string, Uint8Array>;
  readonly findings: readonly Finding[];
}

/** What stands before each path in findings, so that a person can open it. */
export const sdlFolder = ".sdl";

export function readProductModel(files: ProductFiles): ProductModel {
  const findings: Finding[] = [];
  const single: Record<string, unknown> = {};
  const many = Object.fromEntries(fileKinds.map((kind) => [kind, new Map<string, unknown>()]));
  const updates = new Map<string, Record<string, unknown>>();
  const evidence = new Map<string, Uint8Array>();
  const data = new Map<string, Uint8Array>();
  for (const path of [...files.keys()].sort()) {
    const bytes = files.get(path) as Uint8Array | { readonly unreadable: string };
    const file = `${sdlFolder}/${path}`;
    const kind = kindOfFile(path);
    if (kind === undefined) {
      findings.push(findingOf("sdl/unknown-file", file, path));
    } else if (!(bytes instanceof Uint8Array)) {
      findings.push(findingOf("sdl/unreadable", file, bytes.unreadable));
    } else if (kind === "evidence") evidence.set(path, bytes);
    else if (kind === "data") data.set(path, bytes);
    else {
      const parsed = parseYamlFile<unknown>(file, bytes, shapes[kind]);
      if (!parsed.ok) findings.push(...parsed.error);
      else if (kind in singleKinds) single[kind] = parsed.value;
      else if (path.startsWith("updates/")) addUpdate(updates, path, kind, parsed.value);
      else
        addNamed(many[kind] as Map<string, unknown>, path, parsed.value as Located<{ readonly id?: string }>, findings);
    }
  }
  for (const path of Object.keys(singleFiles)) {
    if (!files.has(path)) findings.push(findingOf("sdl/missing-file", `${sdlFolder}/${path}`, path));
  }
  return {
    single,
    many: many as unknown as ProductModel["many"],
    updates: updates as ReadonlyMap<string, UpdateFiles>,
    evidence,
    data,
    findings,
  };
}

const singleKinds: Readonly<Record<string, true>> = Object.fromEntries(
  [...Object.values(singleFiles), "zones"].map((kind) => [kind, true as const]),
);

const updateMember: Readonly<Record<string, string>> = {
  "update-doc": "doc",
  qualification: "qualification",
  compat: "compat",
  delivery: "delivery",
};

function addUpdate(updates: Map<string, Record<string, unknown>>, path: string, kind: FileKind, value: unknown): void {
  const id = path.split("/")[1] ?? "";
  const parts = updates.get(id) ?? {};
  parts[updateMember[kind] ?? kind] = value;
  updates.set(id, parts);
}

/** The file name is the id; a claim has none and takes it from its file. */
function addNamed(
  into: Map<string, unknown>,
  path: string,
  parsed: Located<{ readonly id?: string }>,
  findings: Finding[],
): void {
  const name = path.replace(/^.*\//, "").replace(/\.yaml$/, "");
  if (parsed.value.id !== undefined && parsed.value.id !== name) {
    findings.push({ rule: "sdl/id-mismatch", ...parsed.place(["id"]), about: `${parsed.value.id} in ${name}.yaml` });
  }
  into.set(name, parsed);
}

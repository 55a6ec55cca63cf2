import { err, ok, type Result } from "@sumac/cbor";
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit, type YAMLMap } from "yaml";
import { type Finding, findingAt, type Place } from "./finding.ts";
import type { Shape } from "./model/shape.ts";
import { schemaFaults } from "./schema-faults.ts";

/** The largest file of the tree is a statement of applicability of 169 rows: some 30 KiB. */
export const maxYamlBytes: number = 512 * 1024;
/** The YAML parser calls itself for each level. */
const maxNesting = 24;

type Path = readonly (string | number)[];

/** A parsed file that still knows where each member stands. */
export interface Located<T> {
  readonly file: string;
  readonly value: T;
  /** Of a member that is not there: of what should hold it. */
  place(path: Path): Place;
}

/** Takes plain YAML 1.2 that fits the shape, or says at which line it does not. Every fault of form is found. */
export function parseYamlFile<T>(
  file: string,
  bytes: Uint8Array,
  shape: Shape<T>,
): Result<Located<T>, readonly Finding[]> {
  const start: Place = { file, line: 1, column: 1 };
  if (bytes.length > maxYamlBytes) return err([findingAt("sdl/too-large", start, `${bytes.length} bytes`)]);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return err([findingAt("sdl/not-utf-8", start, file)]);
  }
  const deep = nestedTooDeep(text);
  if (deep !== undefined)
    return err([findingAt("sdl/too-deep", { file, line: deep, column: 1 }, `over ${maxNesting} levels`)]);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: "core",
    version: "1.2",
    strict: true,
    uniqueKeys: true,
    stringKeys: true,
    resolveKnownTags: false,
    logLevel: "error",
  });
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const faults = [...document.errors, ...document.warnings].map((fault) => {
    if (fault.code === "DUPLICATE_KEY")
      return findingAt("sdl/duplicate-key", at(fault.pos[0]), wordAt(text, fault.pos[0]));
    const plain = fault.code === "MULTIPLE_DOCS" || fault.code === "TAG_RESOLVE_FAILED" || fault.code === "BAD_ALIAS";
    return findingAt(
      plain ? "sdl/yaml-not-plain" : "sdl/yaml",
      at(fault.pos[0]),
      fault.code.toLowerCase().replaceAll("_", " "),
    );
  });
  if (faults.length > 0) return err(faults.slice(0, 20));
  const notPlain: Finding[] = [];
  visit(document, (_, node) => {
    const tag = (node as { tag?: unknown } | null)?.tag;
    if (isAlias(node) || (typeof tag === "string" && !tag.startsWith("tag:yaml.org,2002:"))) {
      notPlain.push(
        findingAt("sdl/yaml-not-plain", at((node as Node).range?.[0] ?? 0), isAlias(node) ? "alias" : "tag"),
      );
    }
  });
  if (notPlain.length > 0) return err(notPlain.slice(0, 20));
  const root = document.contents as Node | null;
  const value: unknown = document.toJS();
  const place = (path: Path): Place => placeOf(root, path, at, start);
  const found = schemaFaults(shape, value).map(({ rule, path, about }) => findingAt(rule, place(path), about));
  if (found.length > 0) return err(found.slice(0, 50));
  return ok({ file, value: value as T, place });
}

const wordAt = (text: string, offset: number): string =>
  /^["']?([\w .()/-]+)/.exec(text.slice(offset, offset + 80))?.[1]?.trim() ?? "";

/** The key of a member, or the deepest part of the path that is there. */
function placeOf(root: Node | null, path: Path, at: (offset: number) => Place, start: Place): Place {
  let node: Node | null = root;
  let offset = root?.range?.[0];
  for (const step of path) {
    if (isMap(node)) {
      const pair = (node as YAMLMap).items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value as Node | null;
    } else if (isSeq(node)) {
      const item = node.items[Number(step)] as Node | undefined;
      if (item === undefined) break;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else break;
  }
  return offset === undefined ? start : at(offset);
}

/** Cheap and pessimistic: indentation of two spaces a level, and brackets. */
function nestedTooDeep(text: string): number | undefined {
  let line = 1;
  let depth = 0;
  for (const row of text.split("\n")) {
    const indent = /^[ -]*/.exec(row)?.[0].length ?? 0;
    for (const character of row) {
      if (character === "[" || character === "{") depth++;
      else if (character === "]" || character === "}") depth = Math.max(0, depth - 1);
      if (depth > maxNesting) return line;
    }
    if (indent > maxNesting * 4 || /^(?:[-?:] *){25}/.test(row.trimStart())) return line;
    line++;
  }
  return undefined;
}

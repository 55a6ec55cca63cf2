import { err, type Result } from "@sumac/cbor";
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { nearestName } from "./nearest-name.ts";
import { findTextFlaw, type TextFlaw } from "./text-flaw.ts";

/** What a person writes is smaller; the parser needs many times the size of the file. */
export const maxDescriptionBytes: number = 64 * 1024;

/** A description needs five. The YAML parser calls itself for each, so a few thousand would end it. */
const maxNesting = 32;

/** Where in the file, both counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export type DescriptionType = "text" | "map" | "list" | "size" | "number";

export type DescriptionFlaw =
  | TextFlaw
  | "empty-list"
  | "not-a-domain"
  | "not-a-uri"
  | "not-a-segment"
  | "not-a-size"
  | "size-out-of-range"
  | "number-out-of-range"
  | "not-a-name"
  | "not-a-language"
  | "language-twice"
  | "not-a-time"
  | "not-a-version-match"
  | "one-name-each"
  | "component-twice";

/** `field` is a dotted path such as `components.0.maxSize`. */
export type DescriptionRefusal =
  | { readonly code: "description-too-large"; readonly size: number; readonly limit: number }
  | { readonly code: "description-not-utf-8" }
  | { readonly code: "description-empty" }
  | ({ readonly code: "description-not-yaml"; readonly yamlCode: string } & Place)
  | ({ readonly code: "description-too-deep"; readonly limit: number } & Place)
  | ({ readonly code: "description-duplicate-key"; readonly field: string } & Place)
  | ({
      readonly code: "description-not-plain";
      readonly field: string;
      readonly feature: "alias" | "tag" | "directive";
    } & Place)
  | ({
      readonly code: "description-unknown-key";
      readonly field: string;
      readonly known: readonly string[];
      readonly suggestion?: string;
    } & Place)
  | ({ readonly code: "description-missing-key"; readonly field: string } & Place)
  | ({
      readonly code: "description-wrong-type";
      readonly field: string;
      readonly expected: DescriptionType;
      readonly found: string;
    } & Place)
  | ({
      readonly code: "description-bad-value";
      readonly field: string;
      readonly flaw: DescriptionFlaw;
      /** Of "not-a-name": the names that there are. */
      readonly known?: readonly string[];
    } & Place);

/** A value with its path, for the message. */
export interface Field {
  readonly path: string;
  readonly node: Node | null;
  /** Where to point when the value is empty and has no place of its own. */
  readonly place: Place;
}

/** Unwinds the reader; `DescriptionReader.read` turns it into a value. */
class Refused extends Error {
  readonly refusal: DescriptionRefusal;
  constructor(refusal: DescriptionRefusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

/**
 * Reads a YAML file with a place for every complaint. Only plain YAML 1.2 is taken: no second document, no alias (one
 * of a few lines can stand for gigabytes), no tag.
 */
export class DescriptionReader {
  readonly root: Field;
  readonly #lines: LineCounter;

  private constructor(document: Document.Parsed, lines: LineCounter) {
    this.#lines = lines;
    this.root = { path: "", node: document.contents, place: { line: 1, column: 1 } };
  }

  static read<T>(
    file: Uint8Array,
    use: (reader: DescriptionReader) => Result<T, DescriptionRefusal>,
  ): Result<T, DescriptionRefusal> {
    if (file.length > maxDescriptionBytes) {
      return err({ code: "description-too-large", size: file.length, limit: maxDescriptionBytes });
    }
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(file);
    } catch {
      return err({ code: "description-not-utf-8" });
    }
    const tooDeep = nestedTooDeep(text);
    if (tooDeep !== undefined) return err({ code: "description-too-deep", limit: maxNesting, ...tooDeep });
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
      // Not "silent": that also hides a second document.
      logLevel: "error",
    });
    const fault = document.errors[0] ?? document.warnings[0];
    if (fault !== undefined) {
      const place = placeAt(lines, fault.pos[0]);
      if (fault.code === "DUPLICATE_KEY") {
        const field = /^["']?([\w-]+)/.exec(text.slice(fault.pos[0], fault.pos[0] + 80))?.[1] ?? "";
        return err({ code: "description-duplicate-key", field, ...place });
      }
      return err({ code: "description-not-yaml", yamlCode: fault.code, ...place });
    }
    if (document.directives.yaml.explicit === true) {
      // An older YAML reads `no` as a truth value and 010 as eight.
      return err({ code: "description-not-plain", field: "", feature: "directive", line: 1, column: 1 });
    }
    if (document.contents === null) return err({ code: "description-empty" });
    try {
      return use(new DescriptionReader(document, lines));
    } catch (thrown) {
      if (thrown instanceof Refused) return err(thrown.refusal);
      throw thrown;
    }
  }

  map<Key extends string>(field: Field, known: readonly Key[]): MapReader<Key> {
    const node = this.#plain(field);
    if (!isMap(node)) return this.#refuseType(field, "map");
    const values = new Map<string, Field>();
    for (const { key, value } of (node as YAMLMap<Scalar<string>, Node | null>).items) {
      const place = this.#placeOf(key);
      const path = join(field.path, String(key.value));
      if (!known.some((name) => name === key.value)) {
        const suggestion = nearestName(String(key.value), known);
        const hint = suggestion === undefined ? {} : { suggestion };
        throw new Refused({ code: "description-unknown-key", field: path, known, ...hint, ...place });
      }
      values.set(key.value, { path, node: value, place });
    }
    const place = this.#placeOf(node);
    return {
      optional: (key) => values.get(key),
      required: (key) => {
        const found = values.get(key);
        if (found !== undefined) return found;
        throw new Refused({ code: "description-missing-key", field: join(field.path, key), ...place });
      },
    };
  }

  /** A map whose keys are names of the author's own, in the order they stand. */
  entries(field: Field): readonly { readonly key: string; readonly value: Field }[] {
    const node = this.#plain(field);
    if (!isMap(node)) return this.#refuseType(field, "map");
    return (node as YAMLMap<Scalar<string>, Node | null>).items.map(({ key, value }) => {
      const path = join(field.path, key.value);
      return { key: key.value, value: { path, node: value, place: this.#placeOf(key) } };
    });
  }

  /** At least one item, unless an empty list means something. */
  list(field: Field, emptiness: "at-least-one" | "may-be-empty" = "at-least-one"): readonly Field[] {
    const node = this.#plain(field);
    if (!isSeq(node)) return this.#refuseType(field, "list");
    if (node.items.length === 0 && emptiness === "at-least-one") this.#refuseValue(field, "empty-list");
    return node.items.map((item, index) => ({
      path: join(field.path, String(index)),
      node: item as Node | null,
      place: field.place,
    }));
  }

  text(field: Field, maxCharacters: number): string {
    const text = this.#string(field);
    const flaw = findTextFlaw(text, maxCharacters);
    return flaw === undefined ? text : this.#refuseValue(field, flaw);
  }

  /** Two labels or more, lower case: the vendor id is a hash of it, so one vendor must have one spelling. */
  domain(field: Field): string {
    const domain = this.text(field, 253);
    const isDomain = /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+$/.test(domain);
    return isDomain ? domain : this.#refuseValue(field, "not-a-domain");
  }

  uri(field: Field): string {
    const uri = this.text(field, 256);
    return /^[a-z][a-z0-9+.-]*:[!-~]+$/i.test(uri) ? uri : this.#refuseValue(field, "not-a-uri");
  }

  /** A device may make a file name of it: no separators, no dot names. */
  segment(field: Field): string {
    const segment = this.text(field, 32);
    return /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(segment) ? segment : this.#refuseValue(field, "not-a-segment");
  }

  /** Bytes as an integer, or text such as `512 KiB`; 1 byte to 4 GiB. */
  size(field: Field): bigint {
    const node = this.#plain(field);
    const value: unknown = isScalar(node) ? node.value : undefined;
    if (typeof value !== "number" && typeof value !== "string") return this.#refuseType(field, "size");
    const match = /^([0-9]{1,12}) ?(|KiB|MiB|GiB)$/.exec(String(value));
    if (match === null) return this.#refuseValue(field, "not-a-size");
    const bytes = BigInt(match[1] ?? "") * (units.get(match[2] ?? "") ?? 1n);
    return bytes >= 1n && bytes <= maximumSize ? bytes : this.#refuseValue(field, "size-out-of-range");
  }

  /** A whole number between the two, both included. */
  integer(field: Field, lowest: number, highest: number): number {
    const node = this.#plain(field);
    const value: unknown = isScalar(node) ? node.value : undefined;
    if (typeof value !== "number") return this.#refuseType(field, "number");
    const isInRange = Number.isSafeInteger(value) && value >= lowest && value <= highest;
    return isInRange ? value : this.#refuseValue(field, "number-out-of-range");
  }

  /** One of a few names. */
  name<Name extends string>(field: Field, known: readonly Name[]): Name {
    const text = this.#string(field);
    const found = known.find((name) => name === text);
    return found ?? this.#refuseValue(field, "not-a-name", known);
  }

  /** What `parse` makes of a text; undefined = it has the flaw. */
  parsed<T>(field: Field, parse: (text: string) => T | undefined, flaw: DescriptionFlaw): T {
    const value = parse(this.text(field, 256));
    return value ?? this.#refuseValue(field, flaw);
  }

  refuse(field: Field, flaw: DescriptionFlaw): never {
    return this.#refuseValue(field, flaw);
  }

  #string(field: Field): string {
    const node = this.#plain(field);
    if (!isScalar(node) || typeof node.value !== "string") return this.#refuseType(field, "text");
    return node.value;
  }

  #plain(field: Field): Node | null {
    const { node, path } = field;
    const feature = isAlias(node) ? "alias" : node?.tag !== undefined ? "tag" : undefined;
    if (feature !== undefined) {
      throw new Refused({ code: "description-not-plain", field: path, feature, ...this.#place(field) });
    }
    return node;
  }

  #refuseType(field: Field, expected: DescriptionType): never {
    const found = typeName(field.node);
    throw new Refused({
      code: "description-wrong-type",
      field: field.path,
      expected,
      found,
      ...this.#place(field),
    });
  }

  #refuseValue(field: Field, flaw: DescriptionFlaw, known?: readonly string[]): never {
    const names = known === undefined ? {} : { known };
    throw new Refused({ code: "description-bad-value", field: field.path, flaw, ...names, ...this.#place(field) });
  }

  /** Where the value stands, for a complaint of whoever reads a file of another kind. */
  placeOf(field: Field): Place {
    return this.#place(field);
  }

  #place(field: Field): Place {
    return field.node === null ? field.place : this.#placeOf(field.node);
  }

  #placeOf(node: Node): Place {
    return placeAt(this.#lines, node.range?.[0] ?? 0);
  }
}

export interface MapReader<Key extends string> {
  required(key: Key): Field;
  optional(key: Key): Field | undefined;
}

const units: ReadonlyMap<string, bigint> = new Map([
  ["KiB", 2n ** 10n],
  ["MiB", 2n ** 20n],
  ["GiB", 2n ** 30n],
]);
const maximumSize = 2n ** 32n;

const join = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

/**
 * Where brackets, or the signs of a line that each open a level (`- - - a`), stand more than `maxNesting` deep. Told from
 * the tokens, which are cut without recursion. Deeper lines need more spaces each, and so many that the file would be too large.
 */
function nestedTooDeep(text: string): Place | undefined {
  let depth = 0;
  let signs = 0;
  let place: Place = { line: 1, column: 1 };
  let isScalar = false;
  for (const token of new Lexer().lex(text)) {
    // Marks of no width: a scalar follows, a document begins, a bracket was left open.
    if (token === "\u001f" || token === "\u0002" || token === "\u0018") {
      isScalar = token === "\u001f";
      continue;
    }
    if (!isScalar && (token === "[" || token === "{")) depth += 1;
    else if (!isScalar && (token === "]" || token === "}")) depth = Math.max(0, depth - 1);
    else if (!isScalar && depth === 0 && /^[-?:]$/.test(token)) signs += 1;
    if (depth > maxNesting || signs > maxNesting) return place;
    isScalar = false;
    const pieces = token.split("\n");
    if (pieces.length > 1) signs = 0;
    const last = pieces.at(-1)?.length ?? 0;
    place =
      pieces.length > 1
        ? { line: place.line + pieces.length - 1, column: last + 1 }
        : { line: place.line, column: place.column + last };
  }
  return undefined;
}

function typeName(node: Node | null): string {
  if (isMap(node)) return "map";
  if (isSeq(node)) return "list";
  if (!isScalar(node) || node.value === null) return "nothing";
  return typeof node.value === "string" ? "text" : typeof node.value;
}

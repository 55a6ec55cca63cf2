import type { CborBytes, CborItem, CborMap } from "@sumac/cbor";
import { needLabel, received } from "@sumac/cbor";
import { camelCase } from "./camel-case.ts";
import type { Scope } from "./layer.ts";
import type { ReceivedMember } from "./manifest.ts";
import { refuseMalformed, refuseUnsupported } from "./refusal.ts";

/** What a number means where it stands. */
export interface Row {
  /** As the draft calls it; `field` of refusals ends in it. */
  readonly name: string;
  /** The property that holds what was read. */
  readonly key: string;
  readonly read: Reader;
}

/** Reads what stands beside a number. `name` is that of the row. */
export type Reader<T = unknown> = (item: CborItem, field: string, scope: Scope, name: string) => T;

/** Rows by their numbers. */
export type Table = ReadonlyMap<number, Row>;

/** What a parser understands: manifest-37, or an extension of it. A number that no table has is `unsupported`. */
export interface Grammar {
  readonly manifest: Table;
  readonly common: Table;
  /** Conditions and directives: they share one number space. */
  readonly command: Table;
  readonly parameter: Table;
  /** Members of the manifest that may stand beside it in the envelope, under the same number. */
  readonly severable: readonly string[];
}

type TableKind = Exclude<keyof Grammar, "severable">;

/** The rows of a registry. `otherwise` reads what no reader is named for. */
export const tableOf = <Name extends string>(
  labels: Readonly<Record<Name, number>>,
  readers: Readonly<Partial<Record<Name, Reader>>>,
  otherwise: Reader = neverRead,
): Table =>
  new Map(
    (Object.keys(labels) as Name[]).map((name) => [
      labels[name],
      { name, key: camelCase(name), read: readers[name] ?? otherwise },
    ]),
  );

const neverRead: Reader = (_item, _field, _scope, name) => {
  throw new Error(`no reader for ${name}`);
};

export const findRow = ({ grammars }: Scope, kind: TableKind, label: number): Row | undefined => {
  for (const grammar of grammars) {
    const row = grammar[kind]?.get(label);
    if (row !== undefined) return row;
  }
  return undefined;
};

export const isSeverable = ({ grammars }: Scope, name: string): boolean =>
  grammars.some(({ severable }) => severable?.includes(name));

/** An entry of a map whose key is known. */
interface Field {
  readonly row: Row;
  /** Where the key stands. */
  readonly offset: number;
  readonly value: CborItem;
}

/** The entries of a map by the names of their keys, in the order of the wire; any key without a row is `unsupported`. */
export function fieldsOf(map: CborMap, field: string, kind: TableKind, scope: Scope): Map<string, Field> {
  const fields = new Map<string, Field>();
  for (const { key, value } of map.entries) {
    const label = needLabel(key, field);
    const row = findRow(scope, kind, label) ?? refuseUnsupported(field, key.offset, label);
    fields.set(row.name, { row, offset: key.offset, value });
  }
  return fields;
}

/** Reads one of the fields and takes it out; `missing` at the map where it is not. */
export function takeField(
  fields: Map<string, Field>,
  name: string,
  field: string,
  map: CborMap,
  scope: Scope,
): unknown {
  const { row, value } = fields.get(name) ?? refuseMalformed("missing", `${field}.${name}`, map.offset);
  fields.delete(name);
  return row.read(value, `${field}.${name}`, scope, name);
}

/** Reads the fields that are left, in the order of the wire: one property each. */
export function readFields(fields: ReadonlyMap<string, Field>, field: string, scope: Scope): object {
  const read: Record<string, unknown> = {};
  for (const [name, { row, value }] of fields) read[row.key] = row.read(value, `${field}.${name}`, scope, name);
  return read;
}

/** The fields with their bytes, keys included. */
export const layoutOf = (
  fields: ReadonlyMap<string, Field>,
  inside: Pick<CborBytes, "value" | "contentOffset">,
): readonly ReceivedMember[] =>
  Array.from(fields, ([name, { offset, value }]) => ({ name, offset, encoded: received(inside, offset, value.end) }));

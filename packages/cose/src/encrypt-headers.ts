/**
 * The headers of a COSE_Encrypt and of its recipients. Stricter than for signatures: a label that is not known here may
 * change which key is derived (salt, party identities, RFC 9053 5.1 and 5.2), so it is refused and not passed over.
 */
import { type CborItem, decodeItem, need, needLabel, refuseMalformed } from "@sumac/cbor";
import { refuseUnsupported } from "./encrypt-refusal.ts";
import { headerLabel } from "./labels.ts";

/** Entries of a header or a COSE_Key whose labels all stand in `known`; any other label is `unsupported`. */
export function readLabels<Name extends string>(
  item: CborItem,
  field: string,
  known: Readonly<Record<Name, number>>,
): ReadonlyMap<Name, CborItem> {
  const found = new Map<Name, CborItem>();
  for (const { key, value } of need(item, "map", field).entries) {
    const label = needLabel(key, field);
    const name = (Object.keys(known) as Name[]).find((candidate) => known[candidate] === label);
    if (name === undefined) refuseUnsupported(label, field, key.offset);
    found.set(name, value);
  }
  return found;
}

export interface ProtectedAlgorithm {
  /** The header as received: tags and key derivation cover it. */
  readonly encoded: Uint8Array;
  /** Undefined for the zero-length byte string, the only form in which there is no protected header. */
  readonly algorithm: CborItem | undefined;
}

/** A protected header: an algorithm and nothing else, or zero bytes. */
export function readProtected(item: CborItem, field: string): ProtectedAlgorithm {
  const { value: encoded, contentOffset } = need(item, "bytes", field);
  if (encoded.length === 0) return { encoded, algorithm: undefined };
  const header = decodeItem(encoded, { field, baseOffset: contentOffset, mapOrder: "any", maxDepth: 2 });
  const algorithm = readLabels(header, field, { alg: headerLabel.alg }).get("alg");
  return { encoded, algorithm: algorithm ?? refuseMalformed("missing", `${field}.alg`, header.offset) };
}

/** Where the algorithm stands, and what it is; one that stands in both headers could mean two things. */
export function readAlgorithm<Row extends { readonly id: number }>(
  protectedHeader: ProtectedAlgorithm,
  unprotected: CborItem | undefined,
  rows: readonly Row[],
  field: string,
  structure: CborItem,
): { readonly row: Row; readonly in: "protected" | "unprotected"; readonly offset: number } {
  if (protectedHeader.algorithm !== undefined && unprotected !== undefined) {
    refuseMalformed("duplicate-key", `${field}.unprotected.alg`, unprotected.offset);
  }
  const item = protectedHeader.algorithm ?? unprotected;
  if (item === undefined) return refuseMalformed("missing", `${field}.alg`, structure.offset);
  const id = needLabel(item, `${field}.alg`);
  const row = rows.find((candidate) => candidate.id === id);
  if (row === undefined) return refuseUnsupported(id, `${field}.alg`, item.offset);
  return { row, in: protectedHeader.algorithm === undefined ? "unprotected" : "protected", offset: item.offset };
}

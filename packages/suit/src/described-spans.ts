import { type CborItem, type CborMap, decode } from "@sumac/cbor";
import { concatBytes } from "@sumac/crypto";
import type { ReceivedAt } from "./described-line.ts";
import { nameOf, parameterLabel, penTag } from "./labels.ts";
import type { ParameterName } from "./parse-parameters.ts";

/** An entry of a map that was accepted before, read once more for its place, which no parsed form keeps. */
interface EntrySpan {
  readonly key: CborItem;
  readonly value: CborItem;
  /** Key and value together. */
  readonly at: ReceivedAt;
}

const headOfPair = Uint8Array.of(0x82);

/** The parameters of an override-parameters or set-parameters command; `span` holds its code and its argument. */
export function parameterSpans(span: ReceivedAt | undefined): ReadonlyMap<ParameterName, ReceivedAt> {
  const found = new Map<ParameterName, ReceivedAt>();
  if (span === undefined) return found;
  const pair = read(concatBytes(headOfPair, span.encoded), span.offset - headOfPair.length);
  const argument = pair?.kind === "array" ? pair.items[1] : undefined;
  if (argument?.kind !== "map") return found;
  for (const { key, at } of entrySpans(argument, span)) {
    const name = key.kind === "integer" ? nameOf(parameterLabel, Number(key.value)) : undefined;
    if (name !== undefined) found.set(name, at);
  }
  return found;
}

/** The outermost map of `whole`, or nothing where it is none. */
export function mapIn(whole: ReceivedAt): CborMap | undefined {
  const item = read(whole.encoded, whole.offset);
  return item?.kind === "map" ? item : undefined;
}

/** Entries of a map that lies somewhere in `whole`. */
export const entrySpans = ({ entries }: CborMap, whole: ReceivedAt): readonly EntrySpan[] =>
  entries.map(({ key, value }) => ({
    key,
    value,
    at: { offset: key.offset, encoded: whole.encoded.subarray(key.offset - whole.offset, value.end - whole.offset) },
  }));

function read(bytes: Uint8Array, baseOffset: number): CborItem | undefined {
  const decoded = decode(bytes, { field: "described", baseOffset, tags: [penTag] });
  return decoded.ok ? decoded.value : undefined;
}

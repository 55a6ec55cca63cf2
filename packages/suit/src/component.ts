import type { CborItem, CborValue } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import { expectArray, expectBytes } from "./expect-item.ts";
import type { ComponentId } from "./manifest.ts";
import { refuseMalformed } from "./refusal.ts";

/**
 * The text form of a component identifier: hex segments joined by "/". Two identifiers are the same exactly if their
 * keys are (a Map compares arrays by identity and would miss that).
 */
export const componentKey = (id: ComponentId): string => id.map(bytesToHex).join("/");

/** Refuses an identifier without segments: its key would be that of one empty segment. */
export function readComponentId(item: CborItem, field: string): ComponentId {
  const { items, offset } = expectArray(item, field);
  if (items.length === 0) refuseMalformed("wrong-length", field, offset);
  return items.map((segment, i) => expectBytes(segment, `${field}.${i}`).value);
}

export const componentIdValue = (id: ComponentId): CborValue => [...id];

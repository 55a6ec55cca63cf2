import { type CborItem, need, needLabel, received } from "@sumac/cbor";
import type { CamelCase } from "./camel-case.ts";
import type { Parameters } from "./command.ts";
import { readDigest } from "./digest.ts";
import {
  expectBoolean,
  expectBytes,
  expectFixedBytes,
  expectIndex,
  expectMap,
  expectText,
  expectUint,
} from "./expect-item.ts";
import { fieldsOf, type Reader, readFields, type Table, tableOf } from "./grammar.ts";
import type { parameterLabel } from "./labels.ts";
import { openBytes, type Scope } from "./layer.ts";
import type { SuitDigest } from "./manifest.ts";
import { coreLabels, customBelow } from "./manifest-37.ts";
import { refuseMalformed } from "./refusal.ts";

const uuidLength = 16;

/** Keeps every encoded PEN (3 bytes of head) shorter than a UUID, so that the length tells them apart. */
const maxPenLength = 12;

export type ParameterName = keyof typeof parameterLabel;

/** Every parameter with the type that it has in `Parameters`. */
export type ParameterReaders<Name extends ParameterName> = {
  readonly [N in Name]: Reader<Parameters[CamelCase<N> & keyof Parameters]>;
};

const readUuid = (item: CborItem, field: string): Uint8Array => expectFixedBytes(item, field, uuidLength);

const readers: ParameterReaders<keyof typeof coreLabels.parameter> = {
  "vendor-identifier": readVendor,
  "class-identifier": readUuid,
  "device-identifier": readUuid,
  "image-digest": readEnclosedDigest,
  "image-size": expectUint,
  "use-before": expectUint,
  "component-slot": expectUint,
  "strict-order": expectBoolean,
  "soft-failure": expectBoolean,
  content: expectBytes,
  uri: expectText,
  "source-component": expectIndex,
  "invoke-args": expectBytes,
  "fetch-arguments": expectBytes,
};

export const coreParameters: Table = tableOf(coreLabels.parameter, readers);

/** What the draft forbids depends on the command and on its place. */
export interface ParameterRules {
  readonly custom: "unsupported" | "forbidden";
  readonly forbidden: readonly ParameterName[];
}

/** The argument of override-parameters and set-parameters: a map of at least one parameter. */
export function readParameters(item: CborItem, field: string, rules: ParameterRules, scope: Scope): Parameters {
  const map = expectMap(item, field);
  if (rules.custom === "forbidden") {
    for (const { key } of map.entries) {
      if (needLabel(key, field) < customBelow) refuseMalformed("not-allowed-here", field, key.offset);
    }
  }
  const fields = fieldsOf(map, field, "parameter", scope);
  for (const name of rules.forbidden) {
    const value = fields.get(name)?.value;
    if (value !== undefined) refuseMalformed("not-allowed-here", `${field}.${name}`, value.offset);
  }
  return readFields(fields, field, scope);
}

/** A PEN keeps its encoded form, tag included. */
function readVendor(item: CborItem, field: string): Uint8Array {
  if (item.kind !== "tagged") return readUuid(item, field);
  const bytes = need(item.item, "bytes", field);
  const { length } = bytes.value;
  if (length === 0 || length > maxPenLength) refuseMalformed("wrong-length", field, bytes.offset);
  return received(bytes, item.offset, item.end);
}

/** In a parameter the digest is a byte string around the array; a severed slot has the bare array. */
function readEnclosedDigest(item: CborItem, field: string, scope: Scope): SuitDigest {
  return readDigest(openBytes(need(item, "bytes", field), field, scope), field);
}

import { type CborItem, encode, Tagged } from "@sumac/cbor";
import type { Parameters } from "./command.ts";
import { readDigest } from "./digest.ts";
import {
  expectBoolean,
  expectBytes,
  expectFields,
  expectFixedBytes,
  expectIndex,
  expectInt,
  expectLabel,
  expectMap,
  expectText,
  expectUint,
} from "./expect-item.ts";
import { isEnabled } from "./extension.ts";
import { customBelow, parameterLabel, penTag } from "./labels.ts";
import { openBytes, type Scope } from "./layer.ts";
import type { SuitDigest } from "./manifest.ts";
import { refuseMalformed } from "./refusal.ts";
import { readVersionMatch } from "./update-management-14/version.ts";

const uuidLength = 16;

/** Keeps every encoded PEN (3 bytes of head) shorter than a UUID, so that the length tells them apart. */
const maxPenLength = 12;

export type ParameterName = keyof typeof parameterLabel;

const readers: { readonly [Name in ParameterName]: (item: CborItem, field: string, scope: Scope) => Parameters } = {
  "vendor-identifier": (item, field) => ({ vendorIdentifier: readVendor(item, field) }),
  "class-identifier": (item, field) => ({ classIdentifier: expectFixedBytes(item, field, uuidLength) }),
  "device-identifier": (item, field) => ({ deviceIdentifier: expectFixedBytes(item, field, uuidLength) }),
  "image-digest": (item, field, scope) => ({ imageDigest: readEnclosedDigest(item, field, scope) }),
  "image-size": (item, field) => ({ imageSize: expectUint(item, field) }),
  "use-before": (item, field) => ({ useBefore: expectUint(item, field) }),
  "component-slot": (item, field) => ({ componentSlot: expectUint(item, field) }),
  "strict-order": (item, field) => ({ strictOrder: expectBoolean(item, field) }),
  "soft-failure": (item, field) => ({ softFailure: expectBoolean(item, field) }),
  content: (item, field) => ({ content: expectBytes(item, field).value }),
  uri: (item, field) => ({ uri: expectText(item, field) }),
  "source-component": (item, field) => ({ sourceComponent: expectIndex(item, field) }),
  "invoke-args": (item, field) => ({ invokeArgs: expectBytes(item, field).value }),
  "fetch-arguments": (item, field) => ({ fetchArguments: expectBytes(item, field).value }),
  "encryption-info": (item, field) => ({ encryptionInfo: expectBytes(item, field).value }),
  "update-priority": (item, field) => ({ updatePriority: expectInt(item, field) }),
  version: (item, field, scope) => ({ version: readVersionMatch(item, field, scope) }),
};

/** What the draft forbids depends on the command and on its place. */
export interface ParameterRules {
  readonly custom: "unsupported" | "forbidden";
  readonly forbidden: readonly ParameterName[];
}

/** The argument of override-parameters and set-parameters: a map of at least one parameter. */
export function readParameters(item: CborItem, field: string, rules: ParameterRules, scope: Scope): Parameters {
  const { entries, offset } = expectMap(item, field);
  if (entries.length === 0) refuseMalformed("wrong-length", field, offset);
  if (rules.custom === "forbidden") {
    for (const { key } of entries) {
      if (expectLabel(key, field) < customBelow) refuseMalformed("not-allowed-here", field, key.offset);
    }
  }
  let parameters: Parameters = {};
  const { extensions } = scope.limits;
  const accepted = (name: ParameterName): boolean => isEnabled("parameter", name, extensions);
  for (const [name, value] of expectFields(item, field, parameterLabel, accepted)) {
    if (rules.forbidden.includes(name)) {
      refuseMalformed("not-allowed-here", `${field}.${name}`, value.offset);
    }
    parameters = { ...parameters, ...readers[name](value, `${field}.${name}`, scope) };
  }
  return parameters;
}

function readVendor(item: CborItem, field: string): Uint8Array {
  if (item.kind !== "tagged") return expectFixedBytes(item, field, uuidLength);
  const { value, offset } = expectBytes(item.item, field);
  if (value.length === 0 || value.length > maxPenLength) refuseMalformed("wrong-length", field, offset);
  return encode(new Tagged(penTag, value));
}

/** In a parameter the digest is a byte string around the array; a severed slot has the bare array. */
function readEnclosedDigest(item: CborItem, field: string, scope: Scope): SuitDigest {
  return readDigest(openBytes(expectBytes(item, field), field, scope).item, field);
}

import { refuseJson } from "./json-refusal.ts";
import type { JsonArray, JsonObject, JsonValue } from "./json-value.ts";

/** Readers of members. They unwind with `malformed`; `field` is the path that the refusal names. */
export function needMember(object: JsonObject, name: string, field: string): JsonValue {
  return object.members.get(name) ?? refuseJson("missing", join(field, name), object.offset);
}

export const join = (field: string, name: string): string => (field === "" ? name : `${field}.${name}`);

export function asObject(value: JsonValue, field: string): JsonObject {
  return value.kind === "object" ? value : refuseJson("wrong-type", field, value.offset);
}

export function asArray(value: JsonValue, field: string): JsonArray {
  return value.kind === "array" ? value : refuseJson("wrong-type", field, value.offset);
}

export function asString(value: JsonValue, field: string): string {
  return value.kind === "string" ? value.value : refuseJson("wrong-type", field, value.offset);
}

export function asBoolean(value: JsonValue, field: string): boolean {
  return value.kind === "boolean" ? value.value : refuseJson("wrong-type", field, value.offset);
}

/** An integer of at least `minimum`. */
export function asInteger(value: JsonValue, field: string, minimum: number): number {
  if (value.kind !== "integer") return refuseJson("wrong-type", field, value.offset);
  return value.value < minimum ? refuseJson("wrong-value", field, value.offset) : value.value;
}

export const needObject = (object: JsonObject, name: string, field: string): JsonObject =>
  asObject(needMember(object, name, field), join(field, name));

export const needArray = (object: JsonObject, name: string, field: string): JsonArray =>
  asArray(needMember(object, name, field), join(field, name));

export const needString = (object: JsonObject, name: string, field: string): string =>
  asString(needMember(object, name, field), join(field, name));

export const needInteger = (object: JsonObject, name: string, field: string, minimum: number): number =>
  asInteger(needMember(object, name, field), join(field, name), minimum);

import type { JsonValue } from "./json-value.ts";

/**
 * The members of a small object. A role file has two such objects an entry, and a Map costs several times their size:
 * thousands of them would make reading slower than verifying.
 */
class FewMembers implements ReadonlyMap<string, JsonValue> {
  readonly #keys: readonly string[];
  readonly #values: readonly JsonValue[];

  constructor(keys: readonly string[], values: readonly JsonValue[]) {
    this.#keys = keys;
    this.#values = values;
  }

  get size(): number {
    return this.#keys.length;
  }

  get(key: string): JsonValue | undefined {
    const index = this.#keys.indexOf(key);
    return index < 0 ? undefined : this.#values[index];
  }

  has(key: string): boolean {
    return this.#keys.includes(key);
  }

  forEach(callback: (value: JsonValue, key: string, map: ReadonlyMap<string, JsonValue>) => void): void {
    for (const [key, value] of this) callback(value, key, this);
  }

  keys(): MapIterator<string> {
    return this.#keys.values();
  }

  values(): MapIterator<JsonValue> {
    return this.#values.values();
  }

  *entries(): Generator<[string, JsonValue], undefined, undefined> {
    for (const [index, value] of this.#values.entries()) yield [this.#keys[index] ?? "", value];
    return undefined;
  }

  [Symbol.iterator](): MapIterator<[string, JsonValue]> {
    return this.entries();
  }
}

/** Beyond this many, looking through a list is slower than a Map. */
const few = 8;

/** Members as they are read, in order. */
export class MemberList {
  readonly #keys: string[] = [];
  readonly #values: JsonValue[] = [];
  #many: Map<string, JsonValue> | undefined;

  /** False if the key is there already. */
  add(key: string, value: JsonValue): boolean {
    if (this.#many !== undefined) {
      if (this.#many.has(key)) return false;
      this.#many.set(key, value);
      return true;
    }
    if (this.#keys.includes(key)) return false;
    this.#keys.push(key);
    this.#values.push(value);
    if (this.#keys.length > few) this.#many = new Map(this.#keys.map((name, i) => [name, this.#values[i] ?? value]));
    return true;
  }

  members(): ReadonlyMap<string, JsonValue> {
    return this.#many ?? new FewMembers(this.#keys, this.#values);
  }
}

import { err, ok, type Result } from "@sumac/cbor";
import type { SmpMap, SmpValue } from "./body.ts";
import { printableText } from "./printable-text.ts";
import { isMap } from "./reply.ts";

/** A device answered, and the answer lacks what it must have, or has something else there. */
export interface UnexpectedAnswer {
  readonly code: "unexpected-answer";
  readonly group: number;
  readonly command: number;
  /** Path of the member: `images[0].slot`. */
  readonly field: string;
}

/** Unwinds the reading of one answer; never leaves this file. */
class WrongField extends Error {
  readonly field: string;

  constructor(field: string) {
    super(field);
    this.field = field;
  }
}

/** Members of an answer, each of the type that is asked for. Members that nobody asks for do no harm. */
export class AnswerFields {
  readonly #map: SmpMap;
  readonly #path: string;

  constructor(map: SmpMap, path = "") {
    this.#map = map;
    this.#path = path;
  }

  has(name: string): boolean {
    return this.#map[name] !== undefined && this.#map[name] !== null;
  }

  /** As the device wrote it: not for the eyes of people. */
  exactText(name: string): string {
    const value = this.#map[name];
    return typeof value === "string" ? value : this.refuse(name);
  }

  /** Bounded, and without characters that would steer a terminal. */
  text(name: string): string {
    return printableText(this.exactText(name));
  }

  /** Of a closed list. */
  word<const Word extends string>(name: string, words: readonly Word[]): Word {
    const value = this.#map[name];
    return words.find((word) => word === value) ?? this.refuse(name);
  }

  /** 0 to 2^53 - 1. */
  whole(name: string): number {
    const value = this.integer(name);
    return value >= 0 ? value : this.refuse(name);
  }

  integer(name: string): number {
    const value = this.#map[name];
    return typeof value === "number" && Number.isSafeInteger(value) ? value : this.refuse(name);
  }

  /** 0 to 2^64 - 1. */
  large(name: string): bigint {
    const value = this.#map[name];
    return (typeof value === "number" || typeof value === "bigint") && value >= 0 ? BigInt(value) : this.refuse(name);
  }

  bytes(name: string, most: number, least = 1): Uint8Array {
    const value = this.#map[name];
    if (!(value instanceof Uint8Array) || value.length < least || value.length > most) return this.refuse(name);
    return value;
  }

  /** Members that are true; devices leave away what is false. */
  flags<const Name extends string>(names: readonly Name[]): readonly Name[] {
    return names.filter((name) => {
      const value = this.#map[name];
      return value === undefined || typeof value === "boolean" ? value === true : this.refuse(name);
    });
  }

  map(name: string): SmpMap {
    const value = this.#map[name];
    return isMap(value) ? value : this.refuse(name);
  }

  /** Each item of a list, by whatever reads one. */
  items<T>(name: string, read: (item: SmpValue, path: string) => T): readonly T[] {
    const value = this.#map[name];
    if (!Array.isArray(value)) return this.refuse(name);
    return value.map((item: SmpValue, i) => read(item, `${this.#path}${name}[${i}]`));
  }

  maps<T>(name: string, read: (item: AnswerFields) => T): readonly T[] {
    return this.items(name, (item, path) => {
      if (!isMap(item)) throw new WrongField(path);
      return read(new AnswerFields(item, `${path}.`));
    });
  }

  byteStrings(name: string, most: number): readonly Uint8Array[] {
    return this.items(name, (item, path) => {
      if (!(item instanceof Uint8Array) || item.length > most) throw new WrongField(path);
      return item;
    });
  }

  /** The member is there, and is not what it must be. */
  refuse(name: string): never {
    throw new WrongField(`${this.#path}${name}`);
  }
}

/** Turns an answer into what it says; `parse` takes members, and need not look at what it gets. */
export function readAnswer<T>(
  answer: SmpMap,
  asked: { readonly group: number; readonly command: number },
  parse: (fields: AnswerFields) => T,
): Result<T, UnexpectedAnswer> {
  try {
    return ok(parse(new AnswerFields(answer)));
  } catch (error) {
    if (!(error instanceof WrongField)) throw error;
    return err({ code: "unexpected-answer", ...asked, field: error.field });
  }
}

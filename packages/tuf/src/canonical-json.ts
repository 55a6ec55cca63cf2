import type { JsonObject, JsonValue } from "./json-value.ts";

/**
 * The bytes that are hashed and signed: canonical JSON in the OLPC dialect (TUF 1.0.34 4.2). Members sorted by code
 * point, no white space, only `"` and `\` escaped; control characters stand raw, so the result need not be JSON and is
 * never parsed again.
 */
export function canonicalJson(value: JsonValue): Uint8Array {
  const output = new Output();
  writeValue(value, output, sortByUnit);
  if (!output.hasSurrogates) return output.bytes();
  const again = new Output();
  writeValue(value, again, sortByCodePoint);
  return again.bytes();
}

/**
 * The same for an object of a file that was read. Where it stood there in canonical form the received bytes are that
 * form, which spares writing a large file again; `received` must be the whole file, and must not be changed afterwards.
 */
export function canonicalBytes(object: JsonObject, received: Uint8Array): Uint8Array {
  const { offset, canonicalEnd } = object;
  return canonicalEnd === undefined ? canonicalJson(object) : received.subarray(offset, canonicalEnd);
}

type Sort = (keys: string[]) => void;

function writeValue(value: JsonValue, output: Output, sort: Sort): void {
  switch (value.kind) {
    case "object":
      writeObject(value, output, sort);
      break;
    case "array":
      output.byte(code.openBracket);
      value.items.forEach((item, index) => {
        if (index > 0) output.byte(code.comma);
        writeValue(item, output, sort);
      });
      output.byte(code.closeBracket);
      break;
    case "string":
      writeString(value.value, output);
      break;
    case "integer":
    case "boolean":
      output.text(String(value.value));
      break;
    case "null":
      output.text("null");
      break;
  }
}

function writeObject({ members }: JsonObject, output: Output, sort: Sort): void {
  output.byte(code.openBrace);
  const keys = Array.from(members.keys());
  sort(keys);
  let first = true;
  for (const key of keys) {
    const member = members.get(key);
    if (member === undefined) continue;
    if (!first) output.byte(code.comma);
    first = false;
    writeString(key, output);
    output.byte(code.colon);
    writeValue(member, output, sort);
  }
  output.byte(code.closeBrace);
}

function writeString(text: string, output: Output): void {
  output.byte(code.quote);
  output.escaped(text);
  output.byte(code.quote);
}

/**
 * JavaScript sorts by UTF-16 unit. That is the order of code points unless there are surrogates: those it puts before
 * U+FF5E, other implementations behind it, and their signatures would fail. So a value with surrogates is written again.
 */
function sortByUnit(keys: string[]): void {
  if (keys.length > few) {
    keys.sort();
    return;
  }
  // By insertion: most objects are small, and written in order.
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] as string;
    let at = i;
    for (; at > 0 && (keys[at - 1] as string) > key; at--) keys[at] = keys[at - 1] as string;
    keys[at] = key;
  }
}

const few = 8;

const sortByCodePoint: Sort = (keys) => void keys.sort(compareCodePoints);

export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others. */
const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);

const code = {
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

/** Grows by doubling, so that the cost is linear in what is written. */
class Output {
  readonly #utf8 = new TextEncoder();
  #buffer = new Uint8Array(1024);
  #length = 0;
  /** Whether anything beyond U+FFFF was written. */
  hasSurrogates = false;

  bytes(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  byte(byte: number): void {
    this.#makeRoom(1);
    this.#buffer[this.#length++] = byte;
  }

  text(text: string): void {
    // Three bytes are the most that a UTF-16 unit takes.
    this.#makeRoom(3 * text.length);
    this.#length += this.#utf8.encodeInto(text, this.#buffer.subarray(this.#length)).written;
  }

  /** With a backslash before `"` and `\`. Most strings are ASCII, and short. */
  escaped(text: string): void {
    this.#makeRoom(2 * text.length);
    const buffer = this.#buffer;
    let at = this.#length;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) {
        this.hasSurrogates ||= /[\ud800-\udfff]/.test(text);
        this.text(text.replace(/["\\]/g, "\\$&"));
        return;
      }
      if (unit === code.quote || unit === code.backslash) buffer[at++] = code.backslash;
      buffer[at++] = unit;
    }
    this.#length = at;
  }

  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
    grown.set(this.#buffer);
    this.#buffer = grown;
  }
}

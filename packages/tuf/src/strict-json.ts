import { attempt, type Result } from "@sumac/cbor";
import { compareCodePoints } from "./canonical-json.ts";
import { MemberList } from "./json-members.ts";
import { type JsonMalformed, refuseJson } from "./json-refusal.ts";
import type { JsonValue } from "./json-value.ts";

/** Metadata nests about seven levels deep; a file that nests further was made to exhaust a stack. */
const defaultMaxDepth = 32;

export interface StrictJsonOptions {
  readonly maxDepth?: number;
}

/**
 * Reads exactly one JSON text. What two JSON readers may take differently is refused, because a signature is worth
 * nothing when signer and verifier read different things: duplicate members, fractions and exponents, `-0`, integers
 * beyond 2^53 - 1, lone surrogates, invalid UTF-8, a byte order mark, bytes behind the value, deep nesting.
 */
export function parseStrictJson(bytes: Uint8Array, options: StrictJsonOptions = {}): Result<JsonValue, JsonMalformed> {
  return attempt<JsonValue, JsonMalformed>(() => new Reader(bytes, options.maxDepth ?? defaultMaxDepth).file());
}

const code = {
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  quote: 0x22,
  comma: 0x2c,
  minus: 0x2d,
  dot: 0x2e,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  upperE: 0x45,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  lowerE: 0x65,
  lowerU: 0x75,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

const escapes: ReadonlyMap<number, string> = new Map(
  Object.entries({ '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }).map(
    ([letter, text]) => [letter.charCodeAt(0), text],
  ),
);

class Reader {
  readonly #bytes: Uint8Array;
  readonly #maxDepth: number;
  /** One character a byte: ASCII strings are slices of it, which costs no decoding of their own. */
  readonly #text: string;
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #at = 0;
  /** Where the last thing stood that canonical form writes otherwise: white space, an escape, members out of order. */
  #otherwiseAt = -1;

  constructor(bytes: Uint8Array, maxDepth: number) {
    this.#bytes = bytes;
    this.#maxDepth = maxDepth;
    this.#text = new TextDecoder("latin1").decode(bytes);
  }

  file(): JsonValue {
    if (this.#bytes[0] === 0xef || this.#bytes[0] === 0xfe || this.#bytes[0] === 0xff) {
      refuseJson("byte-order-mark", "", 0);
    }
    this.#space();
    const value = this.#value(this.#maxDepth);
    this.#space();
    if (this.#at < this.#bytes.length) refuseJson("trailing-bytes", "", this.#at);
    return value;
  }

  #space(): void {
    for (;;) {
      const next = this.#bytes[this.#at];
      if (next !== code.space && next !== code.lineFeed && next !== code.carriageReturn && next !== code.tab) return;
      this.#otherwiseAt = this.#at;
      this.#at++;
    }
  }

  #value(depth: number): JsonValue {
    const offset = this.#at;
    const next = this.#bytes[offset];
    switch (next) {
      case code.openBrace:
        return this.#object(depth);
      case code.openBracket:
        return this.#array(depth);
      case code.quote:
        return { kind: "string", offset, value: this.#string() };
      case undefined:
        return refuseJson("truncated", "", offset);
    }
    if (next === code.minus || isDigit(next)) return { kind: "integer", offset, value: this.#integer() };
    if (this.#word("true")) return { kind: "boolean", offset, value: true };
    if (this.#word("false")) return { kind: "boolean", offset, value: false };
    if (this.#word("null")) return { kind: "null", offset };
    return this.#unexpected();
  }

  #object(depth: number): JsonValue {
    const offset = this.#open(depth);
    const list = new MemberList();
    let before: string | undefined;
    if (!this.#closes(code.closeBrace)) {
      do {
        this.#space();
        const keyAt = this.#at;
        if (this.#bytes[keyAt] !== code.quote) this.#unexpected();
        const key = this.#string();
        if (before !== undefined && compareCodePoints(before, key) > 0) this.#otherwiseAt = keyAt;
        before = key;
        this.#space();
        this.#expect(code.colon);
        this.#space();
        const value = this.#value(depth - 1);
        if (!list.add(key, value)) refuseJson("duplicate-member", key, keyAt);
      } while (this.#continues(code.closeBrace));
    }
    const canonicalEnd = this.#otherwiseAt < offset ? this.#at : undefined;
    return { kind: "object", offset, members: list.members(), canonicalEnd };
  }

  #array(depth: number): JsonValue {
    const offset = this.#open(depth);
    const items: JsonValue[] = [];
    if (!this.#closes(code.closeBracket)) {
      do {
        this.#space();
        items.push(this.#value(depth - 1));
      } while (this.#continues(code.closeBracket));
    }
    return { kind: "array", offset, items };
  }

  /** Steps over the bracket; `depth` is how many levels may still be opened. */
  #open(depth: number): number {
    if (depth <= 0) refuseJson("too-deep", "", this.#at);
    const offset = this.#at;
    this.#at++;
    this.#space();
    return offset;
  }

  #closes(bracket: number): boolean {
    if (this.#bytes[this.#at] !== bracket) return false;
    this.#at++;
    return true;
  }

  /** After a member: true on a comma, false on the closing bracket. */
  #continues(bracket: number): boolean {
    this.#space();
    if (this.#closes(bracket)) return false;
    this.#expect(code.comma);
    return true;
  }

  #expect(byte: number): void {
    if (this.#bytes[this.#at] !== byte) this.#unexpected();
    this.#at++;
  }

  #unexpected(): never {
    return refuseJson(this.#at < this.#bytes.length ? "syntax" : "truncated", "", this.#at);
  }

  #word(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  #integer(): number {
    const start = this.#at;
    if (this.#bytes[this.#at] === code.minus) this.#at++;
    const first = this.#bytes[this.#at];
    if (!isDigit(first)) this.#unexpected();
    this.#at++;
    while (isDigit(this.#bytes[this.#at])) this.#at++;
    const next = this.#bytes[this.#at];
    if (next === code.dot || next === code.lowerE || next === code.upperE) {
      refuseJson("number-not-integer", "", start);
    }
    const text = this.#text.slice(start, this.#at);
    if (text === "-0") refuseJson("negative-zero", "", start);
    if (/^-?0./.test(text)) refuseJson("syntax", "", start);
    const value = Number(text);
    if (!Number.isSafeInteger(value)) refuseJson("number-too-large", "", start);
    return value;
  }

  #string(): string {
    const start = this.#at;
    this.#at++;
    let text = "";
    let from = this.#at;
    let ascii = true;
    let escaped = false;
    for (;;) {
      const next = this.#bytes[this.#at];
      if (next === code.quote) break;
      if (next === undefined) refuseJson("truncated", "", this.#at);
      else if (next < code.space) refuseJson("control-character", "", this.#at);
      else if (next === code.backslash) {
        text += this.#plain(from, ascii) + this.#escape();
        from = this.#at;
        ascii = true;
        escaped = true;
      } else {
        if (next > 0x7f) ascii = false;
        this.#at++;
      }
    }
    text += this.#plain(from, ascii);
    this.#at++;
    // Only an escape can bring half of a pair: UTF-8 has none.
    if (escaped && !text.isWellFormed()) refuseJson("lone-surrogate", "", start);
    return text;
  }

  #plain(from: number, ascii: boolean): string {
    if (ascii) return this.#text.slice(from, this.#at);
    try {
      return this.#utf8.decode(this.#bytes.subarray(from, this.#at));
    } catch {
      return refuseJson("invalid-utf8", "", from);
    }
  }

  #escape(): string {
    const start = this.#at;
    const letter = this.#bytes[start + 1];
    if (letter === undefined) return refuseJson("truncated", "", start);
    if (letter === code.lowerU) {
      const digits = this.#text.slice(start + 2, start + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) refuseJson("syntax", "", start);
      this.#otherwiseAt = start;
      this.#at += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const text = escapes.get(letter);
    if (text === undefined) return refuseJson("syntax", "", start);
    if (letter !== code.quote && letter !== code.backslash) this.#otherwiseAt = start;
    this.#at += 2;
    return text;
  }
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= code.zero && byte <= code.nine;

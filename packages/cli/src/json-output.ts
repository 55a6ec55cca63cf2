/** What `--json` can say: integers stay exact, bytes are lower-case hex, `undefined` members vanish. */
export type Jsonable = string | number | boolean | null | undefined | bigint | object;

/** A safe integer becomes a JSON number, a larger one a decimal string: never a rounded number. */
export const jsonInteger = (value: bigint | number): number | string =>
  Number.isSafeInteger(Number(value)) ? Number(value) : String(value);

function plain(value: Jsonable): unknown {
  if (typeof value === "bigint") return jsonInteger(value);
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([member, inner]: [string, Jsonable]) => [member, plain(inner)]),
    );
  }
  return value;
}

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** What JSON lets through and a terminal obeys: DEL, C1, line separators and the marks that reorder text on screen. */
const unprintable = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

const escaped = (json: string): string =>
  json.replace(unprintable, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** One object, two spaces, one newline at the end. */
export const jsonText = (value: Jsonable): string => `${escaped(JSON.stringify(plain(value), null, 2))}\n`;

/** The same in one line, for a stream of them. */
export const jsonLine = (value: Jsonable): string => `${escaped(JSON.stringify(plain(value)))}\n`;

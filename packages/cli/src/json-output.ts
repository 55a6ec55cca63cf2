import { bytesToHex } from "@sumac/crypto";
import { escapeUnshowable } from "@sumac/suit";

/** What `--json` can say: integers stay exact, bytes are lower-case hex, `undefined` members vanish. */
export type Jsonable = string | number | boolean | null | undefined | bigint | object;

/** A safe integer becomes a JSON number, a larger one a decimal string: never a rounded number. */
export const jsonInteger = (value: bigint | number): number | string =>
  Number.isSafeInteger(Number(value)) ? Number(value) : String(value);

function plain(value: Jsonable): unknown {
  if (typeof value === "bigint") return jsonInteger(value);
  if (value instanceof Uint8Array) return bytesToHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([member, inner]: [string, Jsonable]) => [member, plain(inner)]),
    );
  }
  return value;
}

/** What JSON lets through and a terminal obeys or does not show; the line breaks are those between the members. */
const escaped = (json: string): string =>
  escapeUnshowable(json, (character) =>
    character === "\n"
      ? character
      : Array.from({ length: character.length }, (_, i) => unitEscape(character, i)).join(""),
  );

const unitEscape = (character: string, at: number): string =>
  `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`;

/** One object, two spaces, one newline at the end. */
export const jsonText = (value: Jsonable): string => `${escaped(JSON.stringify(plain(value), null, 2))}\n`;

/** The same in one line, for a stream of them. */
export const jsonLine = (value: Jsonable): string => `${escaped(JSON.stringify(plain(value)))}\n`;

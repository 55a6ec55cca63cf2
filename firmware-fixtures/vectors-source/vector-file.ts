import { bytesToHex, hexToBytes } from "@sumac/crypto";

/** What a reader must answer. A refusal without an offset is one that no single byte is to blame for. */
export type Expectation =
  | { readonly verdict: "accept" }
  | {
      readonly verdict: "reject";
      readonly code: string;
      /** Of `malformed` only. */
      readonly reason?: string;
      readonly offset?: number;
    };

/** One input with the one answer it must get. `firmware-fixtures/vectors/README.md` describes its file. */
export interface Vector {
  readonly layer: Layer;
  /** Kebab-case; for a reject the name of its one failure. Unique in its folder. */
  readonly name: string;
  readonly expect: Expectation;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

export const layers = ["cbor", "cose", "suit"] as const;
export type Layer = (typeof layers)[number];

/** In the order in which a file has them. Each is one line. */
export const headerNames = [
  "field",
  "facts",
  "base",
  "context",
  "key",
  "sequence",
  "components",
  "digest",
  "standing",
  "update",
  "invocation",
  "row",
  "threat",
  "comment",
] as const;
type HeaderName = (typeof headerNames)[number];
export type Headers = Readonly<Partial<Record<HeaderName, string>>>;

/** Where a vector stands below `firmware-fixtures/vectors`. */
export const vectorPath = ({ layer, expect, name }: Vector): string => `${layer}/${expect.verdict}/${name}.vector`;

/** The hex digits of one line; 32 bytes, so that line numbers and offsets are easily converted. */
const digitsPerLine = 64;

export function formatVector({ expect, headers, bytes }: Vector): string {
  const lines = [`expect: ${formatExpectation(expect)}`];
  for (const name of headerNames) {
    const value = headers[name];
    if (value === undefined) continue;
    if (value === "" || /[\r\n]/.test(value) || value !== value.trim())
      throw new RangeError(`${name} is one full line`);
    lines.push(`${name}: ${value}`);
  }
  const digits = bytesToHex(bytes).match(new RegExp(`.{1,${digitsPerLine}}`, "g")) ?? [];
  return [...lines, "", ...digits, ""].join("\n");
}

function formatExpectation(expect: Expectation): string {
  if (expect.verdict === "accept") return "accept";
  const { code, reason, offset } = expect;
  return [
    "reject",
    code,
    ...(reason === undefined ? [] : [reason]),
    ...(offset === undefined ? [] : ["at", offset]),
  ].join(" ");
}

/** Reads what `formatVector` wrote. Throws on anything else: a vector file that is not understood tests nothing. */
export function parseVector(layer: Layer, name: string, text: string): Vector {
  const end = text.indexOf("\n\n");
  if (end < 0) throw new SyntaxError(`${name}: no blank line after the header`);
  const [first = "", ...lines] = text.slice(0, end).split("\n");
  const headers: Partial<Record<HeaderName, string>> = {};
  for (const line of lines) {
    const [, key = "", value = ""] = /^([a-z]+): (.+)$/.exec(line) ?? [];
    const header = headerNames.find((known) => known === key);
    if (header === undefined || headers[header] !== undefined) throw new SyntaxError(`${name}: ${line}`);
    headers[header] = value;
  }
  const bytes = hexToBytes(text.slice(end).replaceAll("\n", ""));
  const vector = { layer, name, expect: parseExpectation(name, first), headers, bytes };
  if (formatVector(vector) !== text) throw new SyntaxError(`${name}: not written as a vector is`);
  return vector;
}

function parseExpectation(name: string, line: string): Expectation {
  if (line === "expect: accept") return { verdict: "accept" };
  const match = /^expect: reject ([a-z-]+)(?: (?!at )([a-z0-9-]+))?(?: at (\d+))?$/.exec(line);
  const [, code, reason, offset] = match ?? [];
  if (code === undefined) throw new SyntaxError(`${name}: ${line}`);
  return {
    verdict: "reject",
    code,
    ...(reason === undefined ? {} : { reason }),
    ...(offset === undefined ? {} : { offset: Number(offset) }),
  };
}

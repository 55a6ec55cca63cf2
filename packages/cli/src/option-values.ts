import { parseUuid, parseVendorId } from "@sumac/suit";
import { usage } from "./failure.ts";

const bad = (option: string, value: string, expected: string): Error =>
  usage("bad-value", `--${option} ${value} is not ${expected}`, `give ${expected}`);

const largestUnsigned = 2n ** 64n - 1n;

/** A decimal number of at least `minimum`, up to `maximum`: default is as far as CBOR reaches (64 bits). */
export function parseUnsigned(option: string, value: string, minimum = 0n, maximum: bigint = largestUnsigned): bigint {
  const expected = minimum === 0n ? "a whole number" : `a whole number from ${minimum}`;
  if (!/^\d{1,100}$/.test(value)) throw bad(option, value, expected);
  const number = BigInt(value);
  if (number > maximum) throw bad(option, value, `${expected} up to ${maximum}`);
  if (number < minimum) throw bad(option, value, expected);
  return number;
}

export const parsePort = (option: string, value: string): number => {
  const number = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number <= 65535)) throw bad(option, value, "a port number from 0 to 65535");
  return number;
};

/** A UUID of 16 bytes as hex, with or without its dashes; of a vendor also an encoded CBOR-PEN. */
export function parseIdentifier(option: "vendor-id" | "class-id", value: string): Uint8Array {
  const identifier = option === "vendor-id" ? parseVendorId(value) : parseUuid(value);
  if (identifier === undefined) throw bad(option, value, "a UUID of 32 hexadecimal digits");
  return identifier;
}

export function parseChoice<T extends string>(option: string, value: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) throw bad(option, value, choices.join(" or "));
  return choice;
}

export function parseServerUrl(option: string, value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    const expected = "an http:// or https:// address";
    if (mayHoldSecret(value))
      throw usage("bad-value", `the address of --${option} is not ${expected}`, `give ${expected}`);
    throw bad(option, value, expected);
  }
  // A password in a URL ends up in histories and logs.
  if (url.username !== "" || url.password !== "") {
    throw usage("secret-in-url", `--${option} holds a user name or password`, "give the token with --token-file");
  }
  return url;
}

/** The address that links begin with: no user, no password, no query, no slash at the end. */
export function parsePublicUrl(option: string, value: string): string {
  const remedy = "give an http:// or https:// address alone, without a slash at its end";
  const url = URL.parse(value);
  if (url !== null && (url.username !== "" || url.password !== "")) {
    throw usage("secret-in-url", `--${option} holds a user name or password, and every device would see it`, remedy);
  }
  if (url !== null && /^https?:$/.test(url.protocol) && url.search + url.hash === "" && !value.endsWith("/"))
    return value;
  const shown = mayHoldSecret(value) ? `the address of --${option}` : `--${option} ${value}`;
  throw usage("bad-value", `${shown} is not an address that links can begin with`, remedy);
}

/** Before an `@` may stand a password, behind a `?` or `#` a token: then the value stays out of messages. */
const mayHoldSecret = (value: string): boolean => /[@?#]/.test(value);

import { bytesToHex } from "@sumac/crypto";

/** What a device says of a refusal or an event, in a line: values of any shape, one inside the other. */
export function factText(value: unknown): string {
  if (value instanceof Uint8Array) return bytesToHex(value);
  if (Array.isArray(value)) return `[${value.map(factText).join(", ")}]`;
  if (typeof value === "object" && value !== null) return `(${factsText(value)})`;
  return String(value);
}

/** Names and values; empty where there are none. */
export const factsText = (facts: object): string =>
  Object.entries(facts)
    .map(([name, value]: [string, unknown]) => `${name} ${factText(value)}`)
    .join(", ");

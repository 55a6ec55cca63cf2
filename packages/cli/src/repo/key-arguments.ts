import path from "node:path";
import type { PublicKey } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { tufKeyId } from "@sumac/tuf";
import type { Arguments } from "../command.ts";
import { usage } from "../failure.ts";
import type { Io } from "../io.ts";
import { parseUnsigned } from "../option-values.ts";
import { readPublicKey } from "../public-key-file.ts";

export interface NamedKeys {
  readonly keys: readonly PublicKey[];
  /** By key id: the file's name, which is how people name their keys. */
  readonly people: ReadonlyMap<string, string>;
}

/** Public keys of an option, with the names they are known by. */
export async function readKeys(io: Io, files: readonly string[]): Promise<NamedKeys> {
  const keys: PublicKey[] = [];
  const people = new Map<string, string>();
  for (const file of files) {
    const key = await readPublicKey(io, file);
    keys.push(key);
    people.set(
      tufKeyId(key, nodeCrypto),
      path
        .basename(file)
        .replace(/(\.pub)?\.pem$/, "")
        .slice(0, 64),
    );
  }
  return { keys, people };
}

/** `--NAME-threshold`, or how many of the keys have to sign where nobody says. */
export function thresholdOf(given: Arguments, option: string, usual: number): number {
  const value = given.option(option);
  return value === undefined ? usual : Number(parseUnsigned(option, value, 1n, 100n));
}

/** A key id in full or by its first 8 or more hex digits, or the file of its public key. */
export async function findKey(io: Io, value: string, known: Iterable<string>): Promise<string> {
  if (!/^[0-9a-f]{8,64}$/.test(value)) return tufKeyId(await readPublicKey(io, value), nodeCrypto);
  const found = [...new Set(known)].filter((id) => id.startsWith(value));
  if (found.length === 1) return found[0] ?? value;
  throw usage(
    "key-not-known",
    `${found.length === 0 ? "no key of the repository begins" : "several keys begin"} with ${value}`,
    "give the whole key id as sumac repo status --json prints it, or the public key file",
  );
}

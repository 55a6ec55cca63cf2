import { readdir, stat } from "node:fs/promises";
import { platform } from "node:process";
import { err, ok, type Result } from "@sumac/cbor";
import type { KeyRefusal, KeyWarning } from "./key-refusal.ts";
import { keyPaths, privateKeySuffix, publicKeySuffix } from "./node-key-file.ts";
import { type PublicKeyFile, readPublicKey } from "./node-public-key.ts";
import { KeyStorageUnavailable, systemCode } from "./node-unavailable.ts";

export interface KeyEntry {
  readonly name: string;
  /** Absent: only the public half is here. */
  readonly privateKeyPath?: string;
  /** A refusal when the public file is missing or unreadable; the other keys are listed all the same. */
  readonly key: Result<PublicKeyFile, KeyRefusal>;
  readonly warnings: readonly KeyWarning[];
}

/** The keys of a directory by name, without opening any private one. */
export async function listKeys(directory: string): Promise<Result<readonly KeyEntry[], KeyRefusal>> {
  let files: string[];
  try {
    files = await readdir(directory);
  } catch (fault) {
    if (systemCode(fault) === "ENOENT") return err({ code: "key-directory-not-found", path: directory });
    throw new KeyStorageUnavailable(directory, fault);
  }
  const names = new Set<string>();
  for (const file of files) {
    const suffix = [privateKeySuffix, publicKeySuffix].find((ending) => file.endsWith(ending));
    // A leading dot: a temporary file of a creation that was cut short.
    if (suffix !== undefined && file.length > suffix.length && !file.startsWith(".")) {
      names.add(file.slice(0, -suffix.length));
    }
  }
  const entries: KeyEntry[] = [];
  for (const name of [...names].sort()) entries.push(await readEntry(directory, name, new Set(files)));
  return ok(entries);
}

async function readEntry(directory: string, name: string, files: ReadonlySet<string>): Promise<KeyEntry> {
  const { privateKeyPath, publicKeyPath } = keyPaths(directory, name);
  const key = await readPublicKey(publicKeyPath);
  if (!files.has(name + privateKeySuffix)) return { name, key, warnings: [] };
  return { name, privateKeyPath, key, warnings: await checkPermissions(privateKeyPath) };
}

async function checkPermissions(path: string): Promise<KeyWarning[]> {
  try {
    const mode = (await stat(path)).mode & 0o777;
    const isOpen = platform !== "win32" && (mode & 0o044) !== 0;
    return isOpen ? [{ code: "private-key-readable-by-others", path, mode }] : [];
  } catch (fault) {
    throw new KeyStorageUnavailable(path, fault);
  }
}

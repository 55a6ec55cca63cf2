import type { FileSystem } from "../files/file-system.ts";
import { readPrivateFile, writePrivateFile } from "../files/private-file.ts";

/** What has to be known of overrides over a restart. */
export interface OverrideLedger {
  /** Seconds since 1970: it is not earlier, whatever a clock says that was set back to make an override last. */
  readonly latest: bigint;
  /** Ids of those that were used, the newest last. */
  readonly spent: readonly string[];
}

const name = "overrides";
const mostSpent = 64;
const mostBytes = 4096;

/** `damaged`: something is there that cannot be read. */
export async function readOverrideLedger(files: FileSystem, folder: string): Promise<OverrideLedger | "damaged"> {
  const path = `${folder}/${name}`;
  if ((await files.facts(path)) === undefined) return { latest: 0n, spent: [] };
  const bytes = await readPrivateFile(files, path, mostBytes);
  const text = bytes === undefined ? "" : String.fromCharCode(...bytes);
  const [, latest, spent = ""] = /^latest (\d{1,15})\n((?:spent [0-9a-f]{32}\n)*)$/.exec(text) ?? [];
  if (latest === undefined) return "damaged";
  return { latest: BigInt(latest), spent: Array.from(spent.matchAll(/[0-9a-f]{32}/g), ([id]) => id) };
}

/** Safe when it returns. */
export async function writeOverrideLedger(files: FileSystem, folder: string, ledger: OverrideLedger): Promise<void> {
  const path = `${folder}/${name}`;
  const lines = [`latest ${ledger.latest}`, ...ledger.spent.slice(-mostSpent).map((id) => `spent ${id}`)];
  await writePrivateFile(files, `${path}.new`, new TextEncoder().encode(`${lines.join("\n")}\n`));
  await files.rename(`${path}.new`, path);
  await files.syncFolder(folder);
}

import type { FileSystem } from "../files/file-system.ts";
import { readPrivateFile, replacePrivateFile } from "../files/private-file.ts";
import type { StagingLedger } from "./staging-budget.ts";

const name = "stagings";

/** The ledger in a file of the device's folder: the owed milliseconds as a decimal number. */
export function fileStagingLedger(files: FileSystem, folder: string): StagingLedger {
  const path = `${folder}/${name}`;
  return {
    async read() {
      if ((await files.facts(path)) === undefined) return "blank";
      const bytes = await readPrivateFile(files, path, 32);
      const text = bytes === undefined ? "" : String.fromCharCode(...bytes);
      return /^\d{1,15}\n$/.test(text) ? Number(text) : "damaged";
    },
    write: (owedMs) => replacePrivateFile(files, folder, name, new TextEncoder().encode(`${Math.ceil(owedMs)}\n`)),
  };
}

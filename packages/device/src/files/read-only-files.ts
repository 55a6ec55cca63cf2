import { Unavailable } from "../unavailable.ts";
import type { FileSystem } from "./file-system.ts";

/** The same files, to look at only: whoever wants to change one is told that the storage refuses. */
export function readOnlyFiles(files: FileSystem): FileSystem {
  const refuse = async (path: string): Promise<never> => {
    throw new Unavailable("storage-failed", { retryable: false, detail: `${path} is only looked at` });
  };
  return {
    names: (folder) => files.names(folder),
    facts: (path) => files.facts(path),
    open: (path, mode) => (mode === "read" ? files.open(path, mode) : refuse(path)),
    linkTarget: (path) => files.linkTarget(path),
    freeBytes: (path) => files.freeBytes(path),
    makeFolder: refuse,
    rename: refuse,
    remove: refuse,
    makeLink: refuse,
    syncFolder: refuse,
  };
}

import type { FileSystem } from "../files/file-system.ts";
import { readPrivateFile, replacePrivateFile } from "../files/private-file.ts";

/**
 * Says on the unit that its provisioning has begun and its record is not safe yet, and under which serial number: a process
 * that was killed between the two can be started again and comes to a record, and only to one of that number.
 */
export interface ProvisioningMark {
  /** The serial number; undefined = nothing has begun, or its record is safe. */
  read(): Promise<string | undefined>;
  /** Safe when it returns. */
  write(serial: string): Promise<void>;
  /** When the record is safe. */
  clear(): Promise<void>;
}

const name = "provisioning";

/** In a file of the device's folder. */
export function fileProvisioningMark(files: FileSystem, folder: string): ProvisioningMark {
  const path = `${folder}/${name}`;
  return {
    async read() {
      const bytes = await readPrivateFile(files, path, 256);
      return bytes === undefined ? undefined : new TextDecoder().decode(bytes).replace(/\n$/, "");
    },
    write: (serial) => replacePrivateFile(files, folder, name, new TextEncoder().encode(`${serial}\n`)),
    async clear() {
      await files.remove(path);
      await files.syncFolder(folder);
    },
  };
}

import { nodeCrypto } from "@sumac/crypto/node";
import { nodeFileSystem } from "../files/node-file-system.ts";
import { EventLog, type EventLogOptions } from "./event-log.ts";
import { type FileLogShape, FileLogStore, gatewayLog } from "./file-log-store.ts";

/** The event log of a Linux device, in one file. `close` waits for what was noted. */
export interface FileEventLog {
  readonly log: EventLog;
  close(): Promise<void>;
}

/** Never fails because of the disk: a log that cannot be opened is one that cannot be written (CR 2.10). */
export async function openFileEventLog(
  path: string,
  options: Omit<EventLogOptions, "crypto">,
  shape: FileLogShape = gatewayLog,
): Promise<FileEventLog> {
  const store = new FileLogStore(nodeFileSystem, path, shape, nodeCrypto);
  const log = await EventLog.open(store, { ...options, crypto: nodeCrypto });
  return {
    log,
    async close() {
      await log.flush();
      await store.close();
    },
  };
}

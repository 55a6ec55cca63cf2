import { renameSync } from "node:fs";
import path from "node:path";
import type { EventLog, Unavailable } from "@sumac/device";
import { fileState } from "../file-state.ts";
import type { Io } from "../io.ts";
import { fileFailure } from "../system-failure.ts";
import { logFile } from "./gateway-folder.ts";

/** What the storage says where something else stands in the log's place; other faults no new file would mend. */
const isDamage = (fault: Unavailable): boolean => fault.code === "storage-mismatch" || fault.code === "storage-foreign";

export const isDamaged = ({ status }: Pick<EventLog, "status">): boolean =>
  status.state === "failing" && isDamage(status.fault);

/** Gives what stands in the log's place another name, so that a log can be made; nothing of it is lost. Answers the name. */
export function setDamagedLogAside(io: Io, folder: string): string {
  const name = path.join(folder, logFile);
  let aside = `${name}.damaged`;
  for (let n = 2; fileState(io, aside) !== "absent"; n++) aside = `${name}.damaged-${n}`;
  try {
    renameSync(path.resolve(io.workingFolder, name), path.resolve(io.workingFolder, aside));
  } catch (error) {
    throw fileFailure(error, name);
  }
  return aside;
}

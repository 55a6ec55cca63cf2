import { readFileSync, statSync } from "node:fs";

/** The group whose members may open a port; undefined = the system does not say, or it is open to nobody but root. */
export function portGroup(path: string, groupFile = "/etc/group"): string | undefined {
  try {
    const { gid } = statSync(path);
    const names = readFileSync(groupFile, "utf8")
      .split("\n")
      .map((line) => line.split(":"));
    return gid === 0 ? undefined : names.find(([, , number]) => number === String(gid))?.[0];
  } catch {
    return undefined;
  }
}

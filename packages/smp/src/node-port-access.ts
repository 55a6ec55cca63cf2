import { readFileSync, statSync } from "node:fs";

/** Who may open a port, as far as the system says: the members of its group, or nobody but its owner. */
export interface PortAccess {
  readonly group?: string;
  readonly owner?: string;
}

const readAndWrite = 0o6;

/** A group is told only where the mode lets it in: joining another one helps nobody. Nobody is told to join that of root. */
export function portAccess(
  path: string,
  { groups = "/etc/group", users = "/etc/passwd" }: { readonly groups?: string; readonly users?: string } = {},
): PortAccess {
  try {
    const { gid, uid, mode } = statSync(path);
    const mayOpen = (rights: number): boolean => (rights & readAndWrite) === readAndWrite;
    const group = gid !== 0 && mayOpen(mode >> 3) ? nameOf(gid, groups) : undefined;
    if (group !== undefined) return { group };
    const owner = uid === 0 || mayOpen(mode >> 6) ? nameOf(uid, users) : undefined;
    return owner === undefined ? {} : { owner };
  } catch {
    return {};
  }
}

/** Both files have the name first and the number third. */
function nameOf(number: number, file: string): string | undefined {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.map((line) => line.split(":")).find((fields) => fields[2] === String(number))?.[0];
}

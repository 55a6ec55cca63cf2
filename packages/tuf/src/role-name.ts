export const topLevelRoles = ["root", "timestamp", "snapshot", "targets"] as const;
export type TopLevelRole = (typeof topLevelRoles)[number];

export const isTopLevelRole = (name: string): name is TopLevelRole =>
  (topLevelRoles as readonly string[]).includes(name);

/** What a reader takes as the name of a delegated role: anything that cannot be mistaken for a top-level role. */
export const isLegalRoleName = (name: string): boolean => name !== "" && !isTopLevelRole(name);

/** What the writer calls delegated roles: readable in URLs, file names and object keys of every client (tuf.md 3). */
export const isWritableRoleName = (name: string): boolean => writableName.test(name) && !isTopLevelRole(name);

const writableName = /^[a-z][a-z0-9-]{0,62}$/;

/** The role of a product line, and back. */
export const lineRoleName = (line: string): string => `line-${line}`;

const unreserved = /[A-Za-z0-9_.~-]/;

/**
 * A name as one segment of a URL and as one file name: every byte but RFC 3986's unreserved ones is percent-encoded, `/`
 * too, so that `../x` stays inside its folder. Names of only dots cannot occur: a suffix always follows.
 */
export function encodeName(name: string): string {
  let text = "";
  for (const byte of new TextEncoder().encode(name)) {
    const character = String.fromCharCode(byte);
    text += unreserved.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}

/** Where a repository keeps a role's file: below the metadata folder, as a URL path. Without a version: no prefix. */
export const metadataPath = (role: string, version?: number): string =>
  version === undefined ? `${encodeName(role)}.json` : `${version}.${encodeName(role)}.json`;

import { prepareDataDirectory } from "../data-directory.ts";
import { openStore, type Store } from "../store/store.ts";
import type { TokenRole } from "./token.ts";
import {
  type CreatedToken,
  entries,
  findToken,
  insertToken,
  type NewToken,
  revoke,
  type TokenEntry,
} from "./token-store.ts";

/** Whose tokens; the defaults are those of `startServer`. */
export interface TokenScope {
  readonly tenant?: string;
  readonly site?: string;
}

/**
 * Creates a token straight in the data directory: whoever may write there may publish anyway. Works beside a running
 * server and on a directory that has never been served. Throws `Unavailable`, and `RangeError` for a bad label.
 */
export const createToken = (dataDirectory: string, wanted: NewToken & TokenScope): Promise<CreatedToken> =>
  withStore(dataDirectory, wanted, (store) => insertToken(store, wanted, Date.now()));

export const revokeToken = (
  dataDirectory: string,
  id: string,
  scope: TokenScope = {},
): Promise<"revoked" | "unknown"> => withStore(dataDirectory, scope, (store) => revoke(store, id, Date.now()));

/** All tokens without their secrets, oldest first. */
export const listTokens = (dataDirectory: string, scope: TokenScope = {}): Promise<readonly TokenEntry[]> =>
  withStore(dataDirectory, scope, entries);

/** Whether the token is one of this data directory with that role, and not revoked. */
export const knowsToken = (
  dataDirectory: string,
  { token, role, ...scope }: { readonly token: string; readonly role: TokenRole } & TokenScope,
): Promise<boolean> => withStore(dataDirectory, scope, async (store) => (await findToken(store, token))?.role === role);

async function withStore<T>(dataDirectory: string, scope: TokenScope, work: (store: Store) => Promise<T>): Promise<T> {
  const { database } = await prepareDataDirectory(dataDirectory);
  const store = openStore({ path: database, scope: scopeOf(scope) });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

export const scopeOf = ({ tenant = "DEFAULT", site = "DEFAULT" }: TokenScope): { tenant: string; site: string } => {
  for (const name of [tenant, site]) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
      throw new RangeError("tenant and site are 1 to 64 letters, digits, dots, hyphens or underscores");
    }
  }
  return { tenant, site };
};

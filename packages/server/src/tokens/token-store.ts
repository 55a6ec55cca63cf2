import { randomBytes } from "node:crypto";
import { appendEvent } from "../store/event.ts";
import type { TokenRow } from "../store/schema.ts";
import { inScope, type Store } from "../store/store.ts";
import { mintToken, type TokenRole, tokenHash, tokenMatches } from "./token.ts";

export interface NewToken {
  readonly role: TokenRole;
  /** Who holds it; stands in the audit trail. 1 to 64 characters, no control characters. */
  readonly label: string;
  /** Required for `gateway`, meaningless otherwise: controller ids it may speak for, `*` = any run of characters. */
  readonly pattern?: string;
}

export interface CreatedToken {
  readonly id: string;
  /** Shown once: only its digest is stored. */
  readonly token: string;
}

export interface TokenEntry {
  readonly id: string;
  readonly role: TokenRole;
  readonly label: string;
  readonly pattern: string | null;
  readonly createdAt: number;
  readonly revokedAt: number | null;
}

export async function insertToken(store: Store, wanted: NewToken, at: number): Promise<CreatedToken> {
  if (!/^[^\p{C}]{1,64}$/u.test(wanted.label)) throw new RangeError("a token label has 1 to 64 printable characters");
  if ((wanted.role === "gateway") !== (wanted.pattern !== undefined)) {
    throw new RangeError("a gateway token has a pattern of controller ids, other tokens have none");
  }
  const { scope } = store;
  const id = randomBytes(6).toString("hex");
  const token = mintToken();
  await store.write(async (writer) => {
    await writer
      .insertInto("tokens")
      .values({
        ...scope,
        id,
        hash: tokenHash(token),
        role: wanted.role,
        label: wanted.label,
        pattern: wanted.pattern ?? null,
        created_at: at,
        revoked_at: null,
      })
      .execute();
    await appendEvent(writer, scope, {
      kind: "token-created",
      at,
      actor: "server",
      data: { id, role: wanted.role, label: wanted.label },
    });
  });
  return { id, token };
}

/** Whether there was such a token in force. It stops working with the next request. */
export function revoke(store: Store, id: string, at: number): Promise<"revoked" | "unknown"> {
  const { scope } = store;
  return store.write(async (writer) => {
    const changed = await writer
      .updateTable("tokens")
      .set({ revoked_at: at })
      .where(inScope(scope, "tokens"))
      .where("id", "=", id)
      .where("revoked_at", "is", null)
      .returning("id")
      .execute();
    if (changed.length === 0) return "unknown";
    await appendEvent(writer, scope, { kind: "token-revoked", at, actor: "server", data: { id } });
    return "revoked";
  });
}

export async function entries(store: Store): Promise<readonly TokenEntry[]> {
  const rows = await store.read((reader) =>
    reader.selectFrom("tokens").selectAll().where(inScope(store.scope, "tokens")).orderBy("created_at").execute(),
  );
  return rows.map((row) => ({
    id: row.id,
    role: row.role,
    label: row.label,
    pattern: row.pattern,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  }));
}

/** The token in force with these credentials. Compares with every one of them, so that time tells nothing. */
export async function findToken(store: Store, token: string): Promise<TokenRow | undefined> {
  const rows = await store.read((reader) =>
    reader
      .selectFrom("tokens")
      .selectAll()
      .where(inScope(store.scope, "tokens"))
      .where("revoked_at", "is", null)
      .execute(),
  );
  let found: TokenRow | undefined;
  for (const row of rows) if (tokenMatches(token, row.hash)) found = row;
  return found;
}

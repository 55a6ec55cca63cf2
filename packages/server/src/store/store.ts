import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { Kysely, type RawBuilder, type SqlBool, SqliteDialect, sql, type Transaction } from "kysely";
import { asUnavailable, guardStorage } from "../unavailable.ts";
import { migrate } from "./migrate.ts";
import type { Schema, Scope } from "./schema.ts";
import { sqliteAdapter } from "./sqlite-adapter.ts";

/** Reads: the database or a transaction. */
export type Reader = Kysely<Schema>;
/** Writes: only a transaction can be passed, so that no write can stand alone by mistake. */
export type Writer = Transaction<Schema>;

/** The database of one server, in one scope. The only place that begins transactions. */
export interface Store {
  readonly scope: Scope;
  /** One statement or a few that need not agree with each other. */
  read<T>(work: (reader: Reader) => Promise<T>): Promise<T>;
  /** All or nothing, durable when it resolves. Transactions run one after another. */
  write<T>(work: (writer: Writer) => Promise<T>): Promise<T>;
  /** Throws `Unavailable` if the database cannot be read or locked for writing. */
  probe(): void;
  /** Folds the write-ahead log into the database file and closes it. */
  close(): Promise<void>;
}

export interface StoreOptions {
  readonly path: string;
  readonly scope: Scope;
  readonly openDatabase?: (path: string) => DatabaseSync;
}

/**
 * How long SQLite itself waits for another connection, with this thread standing still; beyond that `write` waits, and
 * the thread goes on. The other connection may be in this very process, and would otherwise never get to its end.
 */
const standStillMs = 50;
const patienceMs = 5000;

/** Opens and migrates. Throws `Unavailable`. */
export function openStore({ path, scope, openDatabase = (file) => new DatabaseSync(file) }: StoreOptions): Store {
  const database = openConfigured(path, openDatabase);
  const kysely = new Kysely<Schema>({ dialect: new SqliteDialect({ database: sqliteAdapter(database) }) });
  return {
    scope,
    read: (work) => guardStorage(() => work(kysely)),
    write: (work) => guardStorage(() => patiently(kysely, work)),
    probe() {
      try {
        // A transaction of the program may be open between two of its statements: then it is being written already.
        if (database.isTransaction) return;
        database.exec("begin immediate");
        database.exec("rollback");
      } catch (thrown) {
        throw asUnavailable(thrown);
      }
    },
    close: () =>
      guardStorage(async () => {
        if (!database.isOpen) return;
        try {
          // On the connection, so that what still runs comes to its end first.
          await kysely.connection().execute(async () => database.exec("pragma wal_checkpoint(truncate)"));
        } finally {
          await kysely.destroy();
          if (database.isOpen) database.close();
        }
      }),
  };
}

/** One transaction, begun as soon as no other process writes. Nothing of `work` runs twice. */
async function patiently<T>(kysely: Kysely<Schema>, work: (writer: Writer) => Promise<T>): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const progress: { begun: "no" | "yes" } = { begun: "no" };
    try {
      return await kysely.transaction().execute((writer) => {
        progress.begun = "yes";
        return work(writer);
      });
    } catch (thrown) {
      if (progress.begun === "yes" || !isBusy(thrown) || performance.now() > deadline) throw thrown;
      await sleep(10);
    }
  }
}

const isBusy = (thrown: unknown): boolean => ((thrown as { readonly errcode?: number }).errcode ?? 0) % 256 === 5;

function openConfigured(path: string, openDatabase: (path: string) => DatabaseSync): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = openDatabase(path);
    // NORMAL would lose answered feedback and published releases with a power cut: in WAL mode it does not wait for the disk.
    database.exec(`pragma busy_timeout = ${patienceMs}`);
    database.exec("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on");
    migrate(database);
    database.exec(`pragma busy_timeout = ${standStillMs}`);
    return database;
  } catch (thrown) {
    database?.close();
    throw asUnavailable(thrown);
  }
}

/** The condition that every statement carries. `table` is the name or alias that it stands under. */
export const inScope = (scope: Scope, table: string): RawBuilder<SqlBool> =>
  sql<SqlBool>`${sql.ref(`${table}.tenant`)} = ${scope.tenant} and ${sql.ref(`${table}.site`)} = ${scope.site}`;

/** The next number of a series, from 1, never given twice: DDI action ids must be small integers (server.md 1 fact 7). */
export async function nextNumber(writer: Writer, scope: Scope, name: "action" | "event" | "release"): Promise<number> {
  const row = await writer
    .insertInto("counters")
    .values({ ...scope, name, value: 1 })
    .onConflict((conflict) =>
      conflict.columns(["tenant", "site", "name"]).doUpdateSet({ value: sql<number>`counters.value + 1` }),
    )
    .returning("value")
    .executeTakeFirstOrThrow();
  return row.value;
}

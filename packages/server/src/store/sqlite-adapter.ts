import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { SqliteDatabase, SqliteStatement } from "kysely";

const cachedStatements = 256;

/**
 * `node:sqlite` in the shape that Kysely's SQLite dialect asks for. Every transaction starts as a writer: one that
 * reads first and writes later could not wait for another process (`createToken` beside a running server).
 */
export function sqliteAdapter(database: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = statements.get(sql);
      if (known !== undefined) return known;
      const statement = database.prepare(sql === "begin" ? "begin immediate" : sql);
      const adapted: SqliteStatement = {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
        run: (parameters) => {
          // A full disk has ended the transaction already; failing here would hide why.
          if (sql === "rollback" && !database.isTransaction) return { changes: 0, lastInsertRowid: 0 };
          return statement.run(...(parameters as SQLInputValue[]));
        },
        iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
      };
      if (statements.size >= cachedStatements) statements.clear();
      statements.set(sql, adapted);
      return adapted;
    },
  };
}

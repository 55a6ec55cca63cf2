import type { DatabaseSync } from "node:sqlite";
import { Unavailable } from "../unavailable.ts";
import { type Migration, migrations } from "./migrations.ts";

/**
 * Brings a database to the newest version this program knows. The version is read again inside each transaction, so
 * that two processes may start on one new database. Throws `Unavailable` `database-too-new` and changes nothing then.
 */
export function migrate(database: DatabaseSync, steps: readonly Migration[] = migrations): void {
  database.exec(
    "create table if not exists schema_versions (version integer primary key, name text not null, applied_at bigint not null)",
  );
  const known = steps.at(-1)?.version ?? 0;
  const found = currentVersion(database);
  if (found > known) {
    throw new Unavailable("database-too-new", `the database has version ${found}, this program knows ${known}`, {
      retryable: false,
    });
  }
  for (const step of steps) applyOnce(database, step);
}

function applyOnce(database: DatabaseSync, step: Migration): void {
  if (currentVersion(database) >= step.version) return;
  database.exec("begin immediate");
  try {
    if (currentVersion(database) < step.version) {
      for (const statement of step.statements) database.exec(statement);
      database
        .prepare("insert into schema_versions (version, name, applied_at) values (?, ?, unixepoch() * 1000)")
        .run(step.version, step.name);
    }
    database.exec("commit");
  } catch (thrown) {
    // On a full disk SQLite has rolled back by itself, and a second time would hide why.
    if (database.isTransaction) database.exec("rollback");
    throw thrown;
  }
}

function currentVersion(database: DatabaseSync): number {
  const row = database.prepare("select coalesce(max(version), 0) as version from schema_versions").get();
  return (row as unknown as { readonly version: number }).version;
}

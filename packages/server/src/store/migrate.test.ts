import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { asUnavailable } from "../unavailable.ts";
import { migrate } from "./migrate.ts";
import { type Migration, migrations } from "./migrations.ts";

const tables = (database: DatabaseSync): string[] =>
  database
    .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite%' order by name")
    .all()
    .map((row) => String(Object.values(row)[0]));

const versions = (database: DatabaseSync): unknown[] =>
  database
    .prepare("select version, name from schema_versions order by version")
    .all()
    .map((row) => ({ ...row }));

const first: Migration = {
  version: 1,
  name: "one",
  statements: ["create table one (x)", "insert into one values (1)"],
};
const second: Migration = {
  version: 2,
  name: "two",
  statements: ["alter table one add column y", "update one set y = x"],
};

describe("migrate", () => {
  test("brings an empty database to the newest version, and twice is once", () => {
    const database = new DatabaseSync(":memory:");
    migrate(database);
    migrate(database);
    expect(versions(database)).toEqual(migrations.map(({ version, name }) => ({ version, name })));
  });

  test("goes on from where an older program stopped, and keeps its rows", () => {
    const database = new DatabaseSync(":memory:");
    migrate(database, [first]);
    migrate(database, [first, second]);
    expect({ ...database.prepare("select * from one").get() }).toEqual({ x: 1, y: 1 });
    expect(versions(database)).toEqual([
      { version: 1, name: "one" },
      { version: 2, name: "two" },
    ]);
  });

  test("a disk that is full is named as such: SQLite has rolled back by itself", () => {
    const database = new DatabaseSync(":memory:");
    database.exec("pragma page_size = 512; pragma max_page_count = 3");
    let thrown: unknown;
    try {
      migrate(database);
    } catch (fault) {
      thrown = asUnavailable(fault);
    }
    expect(thrown).toMatchObject({ name: "Unavailable", code: "disk-full" });
  });

  test("a step that fails leaves the version before it, whole", () => {
    const database = new DatabaseSync(":memory:");
    const broken: Migration = { ...second, statements: ["create table half (x)", "no such statement"] };
    expect(() => migrate(database, [first, broken])).toThrow(/syntax error/);
    expect(tables(database)).toEqual(["one", "schema_versions"]);
    migrate(database, [first, second]);
    expect(versions(database)).toHaveLength(2);
  });

  test("refuses a database of a newer program and changes nothing", () => {
    const database = new DatabaseSync(":memory:");
    migrate(database, [first, second]);
    const before = tables(database);
    expect(() => migrate(database, [first])).toThrow(expect.objectContaining({ code: "database-too-new" }));
    expect(tables(database)).toEqual(before);
  });

  test("numbers rise by one: a released step is never taken out or put in between", () => {
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
  });
});

describe("the schema", () => {
  const database = new DatabaseSync(":memory:");
  migrate(database);
  const columns = (table: string) =>
    database
      .prepare(`select name, pk from pragma_table_info('${table}')`)
      .all()
      .map((row) => ({ ...row }) as { name: string; pk: number });

  test.each(tables(database).filter((name) => name !== "schema_versions"))(
    "%s has tenant and site first in its key",
    (table) => {
      expect(columns(table).find(({ name }) => name === "tenant")?.pk).toBe(1);
      expect(columns(table).find(({ name }) => name === "site")?.pk).toBe(2);
    },
  );

  test("every index begins with tenant and site", () => {
    const indexes = database.prepare("select sql from sqlite_schema where type = 'index' and sql is not null").all();
    expect(indexes.length).toBeGreaterThan(0);
    for (const index of indexes) expect(String(Object.values(index)[0])).toMatch(/\(tenant, site, /);
  });

  test("events can be neither changed nor deleted", () => {
    database.exec(
      "insert into events (tenant, site, id, at, kind, actor, data) values ('T', 'S', 1, 0, 'x', 'y', '{}')",
    );
    expect(() => database.exec("update events set actor = 'z'")).toThrow("append-only");
    expect(() => database.exec("delete from events")).toThrow("append-only");
  });

  test.each([0, -1, 2_147_483_648])("action id %i is refused by the table itself", (id) => {
    expect(() => database.exec(`insert into actions (tenant, site, id) values ('T', 'S', ${id})`)).toThrow();
  });
});

import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { asUnavailable, Unavailable } from "./unavailable.ts";

const withCode = (code: string): Error => Object.assign(new Error(code), { code });
const sqlite = (errcode: number): Error => Object.assign(new Error("sqlite"), { code: "ERR_SQLITE_ERROR", errcode });

test.each([
  [withCode("ENOSPC"), "disk-full"],
  [withCode("EDQUOT"), "disk-full"],
  [withCode("EFBIG"), "disk-full"],
  [withCode("EIO"), "storage-failed"],
  [withCode("EROFS"), "storage-failed"],
  [withCode("EACCES"), "storage-failed"],
  [sqlite(13), "disk-full"],
  [sqlite(10 | (8 << 8)), "database-failed"],
  [sqlite(11), "database-failed"],
  [sqlite(5), "database-failed"],
  [sqlite(26), "database-failed"],
] as const)("%s is %s", (thrown, code) => {
  const fault = asUnavailable(thrown);
  expect(fault).toBeInstanceOf(Unavailable);
  expect(fault).toMatchObject({ code, cause: thrown });
});

test.each([
  new TypeError("bug"),
  sqlite(19),
  sqlite(1),
  sqlite(21),
  withCode("ERR_INVALID_ARG_TYPE"),
  "text",
  undefined,
])("%s stays what it is: a bug", (thrown) => {
  expect(asUnavailable(thrown)).toBe(thrown);
});

test("SQLite really says so", () => {
  const database = new DatabaseSync(":memory:");
  database.exec("pragma max_page_count = 3; create table t (x)");
  const fill = database.prepare("insert into t values (zeroblob(100000))");
  let thrown: unknown;
  try {
    fill.run();
  } catch (error) {
    thrown = error;
  }
  expect(asUnavailable(thrown)).toMatchObject({ code: "disk-full" });
});

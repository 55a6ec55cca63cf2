import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { atEnd, temporaryDirectory } from "../server.test.support.ts";
import { appendEvent } from "./event.ts";
import { inScope, nextNumber, openStore, type Store } from "./store.ts";

const scope = { tenant: "T", site: "S" };

function open(path = join(temporaryDirectory(), "x.sqlite"), openDatabase?: (path: string) => DatabaseSync): Store {
  const store = openStore({ path, scope, ...(openDatabase === undefined ? {} : { openDatabase }) });
  atEnd(() => store.close());
  return store;
}

test("is durable with every commit, and keeps foreign keys", () => {
  let database: DatabaseSync | undefined;
  open(undefined, (path) => {
    database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
    return database;
  });
  const pragma = (name: string): unknown => Object.values(database?.prepare(`pragma ${name}`).get() ?? {})[0];
  expect([pragma("journal_mode"), pragma("synchronous"), pragma("foreign_keys"), pragma("busy_timeout")]).toEqual([
    "wal",
    2,
    1,
    50,
  ]);
});

test("a transaction that throws leaves nothing, and the next one works", async () => {
  const store = open();
  const event = { kind: "feedback", at: 1, actor: "x" } as const;
  await expect(
    store.write(async (writer) => {
      await appendEvent(writer, scope, event);
      throw new Error("no");
    }),
  ).rejects.toThrow("no");
  await store.write((writer) => appendEvent(writer, scope, event));
  const rows = await store.read((reader) =>
    reader.selectFrom("events").select("id").where(inScope(scope, "events")).execute(),
  );
  expect(rows).toEqual([{ id: 1 }]);
});

test("numbers are never given twice, whoever asks at once", async () => {
  const path = join(temporaryDirectory(), "x.sqlite");
  const stores = [open(path), open(path)];
  const numbers = await Promise.all(
    Array.from({ length: 10 }, (_, i) => stores[i % 2]?.write((writer) => nextNumber(writer, scope, "action"))),
  );
  expect(numbers.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 10 }, (_, i) => i + 1));
});

test("another connection of this process in the middle of its transaction is waited for", async () => {
  const path = join(temporaryDirectory(), "x.sqlite");
  const [one, two] = [open(path), open(path)];
  const slow = one.write(async (writer) => {
    await nextNumber(writer, scope, "release");
    await new Promise((resolve) => setTimeout(resolve, 200));
    return nextNumber(writer, scope, "release");
  });
  expect(await two.write((writer) => nextNumber(writer, scope, "release"))).toBe(3);
  expect(await slow).toBe(2);
});

test("closing waits for what still runs", async () => {
  const store = open();
  const numbers = Array.from({ length: 20 }, () => store.write((writer) => nextNumber(writer, scope, "event")));
  await store.close();
  expect(await Promise.all(numbers)).toHaveLength(20);
});

test("a transaction sees nothing of one that is not committed", async () => {
  const store = open();
  const slow = store.write(async (writer) => {
    await nextNumber(writer, scope, "release");
    await new Promise((resolve) => setTimeout(resolve, 20));
    return nextNumber(writer, scope, "release");
  });
  const fast = store.write((writer) => nextNumber(writer, scope, "release"));
  expect(await Promise.all([slow, fast])).toEqual([2, 3]);
});

test("scopes do not see each other", async () => {
  const path = join(temporaryDirectory(), "x.sqlite");
  const one = open(path);
  const two = openStore({ path, scope: { tenant: "T", site: "OTHER" } });
  atEnd(() => two.close());
  expect(await one.write((writer) => nextNumber(writer, one.scope, "action"))).toBe(1);
  expect(await two.write((writer) => nextNumber(writer, two.scope, "action"))).toBe(1);
});

test("a full disk is a fault with a code, and nothing is half-written", async () => {
  const path = join(temporaryDirectory(), "x.sqlite");
  let database: DatabaseSync | undefined;
  const store = open(path, (file) => {
    database = new DatabaseSync(file);
    return database;
  });
  const pages = Number(Object.values(database?.prepare("pragma page_count").get() ?? {})[0]);
  database?.exec(`pragma max_page_count = ${pages}`);
  const large = { kind: "feedback", at: 1, actor: "x", data: { text: "x".repeat(100_000) } } as const;
  await expect(store.write((writer) => appendEvent(writer, scope, large))).rejects.toMatchObject({ code: "disk-full" });
  database?.exec("pragma max_page_count = 1000000");
  await store.write((writer) => appendEvent(writer, scope, large));
  expect(await store.read((reader) => reader.selectFrom("events").select("id").execute())).toEqual([{ id: 1 }]);
});

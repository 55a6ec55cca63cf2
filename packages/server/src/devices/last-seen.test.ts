import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { atEnd, temporaryDirectory } from "../server.test.support.ts";
import { openStore } from "../store/store.ts";
import { registerDevice } from "./device-row.ts";
import { LastSeen } from "./last-seen.ts";

const scope = { tenant: "T", site: "S" };

async function fleet(size: number) {
  let database: DatabaseSync | undefined;
  const store = openStore({
    path: join(temporaryDirectory(), "x.sqlite"),
    scope,
    openDatabase: (path) => {
      database = new DatabaseSync(path);
      return database;
    },
  });
  atEnd(() => store.close());
  for (let i = 0; i < size; i++) await registerDevice(store, `d${i}`, "signed-report", "x", 0);
  const seen = async () =>
    (await store.read((reader) => reader.selectFrom("devices").select("last_seen_at").execute())).filter(
      ({ last_seen_at }) => last_seen_at !== null,
    ).length;
  return { store, seen, database, lastSeen: new LastSeen(store) };
}

test("writes everything, in batches, once", async () => {
  const { seen, lastSeen } = await fleet(450);
  for (let i = 0; i < 450; i++) lastSeen.note(`d${i}`, 5, "::1");
  expect(await seen()).toBe(0);
  await lastSeen.flush();
  expect(await seen()).toBe(450);
});

test("keeps what could not be written for the next time", async () => {
  const { store, seen, database, lastSeen } = await fleet(2);
  lastSeen.note("d0", 5, "::1");
  database?.exec("pragma query_only = on");
  await expect(lastSeen.flush()).rejects.toMatchObject({ code: "database-failed" });
  database?.exec("pragma query_only = off");
  await lastSeen.flush();
  expect(await seen()).toBe(1);
  expect(
    await store.read((reader) =>
      reader.selectFrom("devices").select("last_address").where("controller_id", "=", "d0").execute(),
    ),
  ).toEqual([{ last_address: "::1" }]);
});

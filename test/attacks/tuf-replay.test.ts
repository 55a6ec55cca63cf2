import type { PlainJson } from "@sumac/tuf";
import { expect, test } from "vitest";
import { describeTufAttacks, knownTarget, type TufAttack } from "../support/tuf-attack.ts";
import { TestClient } from "../support/tuf-client.ts";
import { repositoryKey } from "../support/tuf-key.ts";
import { day, start, TestRepository } from "../support/tuf-repository.ts";

/** Published twice, so that there is something old to serve; the first timestamp, snapshot and role are kept aside. */
function twice(listing: TestRepository["listing"] = "digests"): TestRepository {
  const repository = new TestRepository();
  repository.listing = listing;
  repository.delegate("line-drives", ["drives/*/*"]);
  repository.addTarget("line-drives", knownTarget, "envelope of 1.0.0");
  repository.publishAll();
  repository.served.set("old/timestamp.json", repository.file("timestamp.json"));
  repository.release("drives/dx9/1.1.0.suit");
  return repository;
}

/** The repository as it was, under its real names. */
const serveOld = (repository: TestRepository, path: string, old: string): void =>
  void repository.served.set(path, repository.file(old));

const replays: readonly TufAttack[] = [
  {
    row: "5",
    threat: "T-TUF-NEW-RELEASE",
    name: "a new release is visible",
    attack: (repository) => repository.release("drives/dx9/1.2.0.suit"),
    target: "drives/dx9/1.2.0.suit",
    answer: "accept",
  },
  {
    row: "6, 7",
    threat: "T-TUF-TIMESTAMP-REPLAY T-TUF-FIRST-CONTACT",
    name: "an old, validly signed, unexpired timestamp",
    before: twice,
    attack: (repository) => serveOld(repository, "timestamp.json", "old/timestamp.json"),
    answer: {
      "with state": { code: "rollback", role: "timestamp", have: 2, offered: 1, since: "stored" },
      fresh: { code: "rollback", role: "timestamp", have: 2, offered: 1, since: "factory" },
      "without a clock": { code: "rollback", role: "timestamp", have: 2, offered: 1, since: "stored" },
    },
  },
  {
    row: "8",
    threat: "T-TUF-SNAPSHOT-ROLLBACK",
    name: "a stolen timestamp key points to an old snapshot",
    before: twice,
    attack: (repository) => {
      repository.snapshot.version = 1;
      repository.publishTimestamp();
    },
    answer: {
      "with state": { code: "rollback", role: "snapshot", have: 2, offered: 1, since: "stored" },
      fresh: { code: "rollback", role: "snapshot", have: 2, offered: 1, since: "factory" },
      "without a clock": { code: "rollback", role: "snapshot", have: 2, offered: 1, since: "stored" },
    },
    freshLearns: ["timestamp.json"],
  },
  {
    row: "9, 10",
    threat: "T-TUF-LINE-ROLLBACK T-TUF-LINE-ROLLBACK-FIRST-CONTACT",
    name: "stolen timestamp and snapshot keys list an old line role",
    before: twice,
    attack: (repository) => {
      repository.role("line-drives").version = 1;
      repository.publishSnapshot();
      repository.publishTimestamp();
    },
    answer: {
      "with state": { code: "rollback", role: "line-drives", have: 2, offered: 1, since: "stored" },
      fresh: { code: "rollback", role: "line-drives", have: 2, offered: 1, since: "factory" },
      "without a clock": { code: "rollback", role: "line-drives", have: 2, offered: 1, since: "stored" },
    },
    learns: ["timestamp.json"],
  },
  {
    row: "22",
    threat: "T-TUF-MIX-LINE",
    name: "an old line role under the new name, of another length",
    attack: (repository) => {
      repository.release("drives/dx9/1.2.0.suit");
      serveOld(repository, "2.line-drives.json", "1.line-drives.json");
    },
    answer: { code: "length-mismatch", file: "2.line-drives.json" },
    learns: ["snapshot.json", "timestamp.json"],
    freshLearns: ["snapshot.json", "targets.json", "timestamp.json"],
  },
  {
    row: "22",
    threat: "T-TUF-MIX-LINE",
    name: "an old line role under the new name, of the same length",
    attack: (repository) => {
      repository.publishRole("line-drives");
      repository.publishSnapshot();
      repository.publishTimestamp();
      serveOld(repository, "2.line-drives.json", "1.line-drives.json");
    },
    answer: { code: "digest-mismatch", file: "2.line-drives.json", algorithm: "sha256" },
    learns: ["snapshot.json", "timestamp.json"],
    freshLearns: ["snapshot.json", "targets.json", "timestamp.json"],
  },
  {
    row: "23",
    threat: "T-TUF-MIX-SNAPSHOT",
    name: "an old snapshot under the new timestamp",
    attack: (repository) => {
      repository.publishSnapshot();
      repository.publishTimestamp();
      serveOld(repository, "2.snapshot.json", "1.snapshot.json");
    },
    answer: { code: "digest-mismatch", file: "2.snapshot.json", algorithm: "sha256" },
    learns: ["timestamp.json"],
  },
  {
    row: "24",
    threat: "T-TUF-MIX-VERSION",
    name: "an old line role under the new name, versions only in the snapshot",
    before: () => twice("versions"),
    attack: (repository) => {
      repository.release("drives/dx9/1.2.0.suit");
      serveOld(repository, "3.line-drives.json", "2.line-drives.json");
    },
    answer: { code: "version-mismatch", role: "line-drives", listed: 3, offered: 2 },
    learns: ["snapshot.json", "timestamp.json"],
    freshLearns: ["snapshot.json", "targets.json", "timestamp.json"],
  },
  {
    row: "42",
    threat: "T-TUF-FAST-FORWARD",
    name: "a fast-forward, then an honest version",
    before: () => {
      const repository = TestRepository.withLine();
      repository.timestamp.version = 2 ** 31;
      repository.publishTimestamp();
      return repository;
    },
    attack: (repository) => {
      repository.timestamp.version = 1;
      repository.publishTimestamp();
    },
    answer: {
      "with state": { code: "rollback", role: "timestamp", have: 2 ** 31 + 1, offered: 2, since: "stored" },
      fresh: { code: "rollback", role: "timestamp", have: 2 ** 31 + 1, offered: 2, since: "factory" },
      "without a clock": { code: "rollback", role: "timestamp", have: 2 ** 31 + 1, offered: 2, since: "stored" },
    },
  },
  {
    row: "49",
    threat: "T-TUF-ROLE-VANISHED",
    name: "a role that vanished from the snapshot",
    attack: (repository) => {
      repository.edit = (role, body) => {
        if (role === "snapshot") delete (body["meta"] as { [name: string]: PlainJson })["line-drives.json"];
      };
      repository.publishSnapshot();
      repository.publishTimestamp();
    },
    answer: { code: "role-removed", role: "line-drives" },
    learns: ["timestamp.json"],
  },
];

describeTufAttacks("replayed and mixed metadata", replays);

test("row 7, T-TUF-FIRST-CONTACT: without state and without factory minimum the old repository is accepted, and first contact is told", () => {
  const repository = twice();
  serveOld(repository, "timestamp.json", "old/timestamp.json");
  const client = new TestClient(repository);
  expect(client.update(knownTarget)).toMatchObject({ ok: true });
  expect(client.notes).toContainEqual({ code: "first-contact" });
  repository.release("drives/dx9/1.2.0.suit");
  client.refresh();
  expect(client.notes).not.toContainEqual({ code: "first-contact" });
});

test("row 43, T-TUF-FAST-FORWARD: a fast-forward is over once the root withdraws the stolen key", () => {
  const repository = TestRepository.withLine();
  repository.timestamp.version = 2 ** 31;
  repository.snapshot.version = 2 ** 31;
  repository.publishSnapshot();
  repository.publishTimestamp();
  const client = new TestClient(repository);
  expect(client.refresh()).toMatchObject({ ok: true });

  repository.timestamp.keys = [repositoryKey()];
  repository.timestamp.version = 1;
  repository.snapshot.version = 1;
  repository.publishRoot();
  repository.publishSnapshot();
  repository.publishTimestamp();
  expect(client.update(knownTarget)).toMatchObject({ ok: true, value: { role: "line-drives" } });
  expect(client.notes).toContainEqual({ code: "online-keys-changed", root: 2 });
  expect(client.refresh()).toMatchObject({ ok: true, value: { timestamp: { version: 2 }, snapshot: { version: 2 } } });
});

test("a key that is added to the online roles does not make a client forget", () => {
  const repository = TestRepository.withLine();
  repository.release("drives/dx9/1.2.0.suit");
  const client = new TestClient(repository);
  client.refresh();
  repository.timestamp.keys.push(repositoryKey());
  repository.publishRoot();
  repository.timestamp.version = 0;
  repository.publishTimestamp();
  expect(client.refresh()).toMatchObject({ ok: false, error: { code: "rollback", have: 2, offered: 1 } });
});

test("row 50, T-TUF-EQUAL-VERSION: an equal timestamp version with other content: the stored one stays, and a note tells", () => {
  const repository = TestRepository.withLine();
  const client = new TestClient(repository);
  client.refresh();
  const stored = client.stored.get("timestamp.json");
  repository.timestamp.version = 0;
  repository.timestamp.expires = start + 3n * day;
  repository.publishTimestamp();
  expect(client.update(knownTarget)).toMatchObject({ ok: true });
  expect(client.stored.get("timestamp.json")).toBe(stored);
  expect(client.notes).toContainEqual({ code: "same-version-other-content", role: "timestamp", version: 1 });
});

test("row 56, T-TUF-BUNDLE-OLD: online, a role older than one that came with a bundle is a rollback", () => {
  const repository = TestRepository.withLine();
  const client = new TestClient(repository);
  client.refresh();
  const later = repository.file("1.line-drives.json");
  repository.publishRole("line-drives");
  client.otherTree = new Map([["line-drives", repository.file("2.line-drives.json")]]);
  repository.served.set("1.line-drives.json", later);
  expect(client.update(knownTarget)).toMatchObject({
    ok: false,
    error: { code: "rollback", role: "line-drives", have: 2, offered: 1, since: "stored" },
  });
});

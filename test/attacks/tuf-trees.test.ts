import { describe, expect, test } from "vitest";
import { changed, clientKinds, clientOf, describeTufAttacks, knownTarget } from "../support/tuf-attack.ts";
import { TestClient } from "../support/tuf-client.ts";
import { repositoryKey } from "../support/tuf-key.ts";
import { day, start, TestRepository } from "../support/tuf-repository.ts";

/** The tree for bundles: same root and targets keys and role files, own snapshot and timestamp keys with long lives. */
function offlineTreeOf(online: TestRepository): TestRepository {
  const offline = new TestRepository();
  offline.tree = "offline";
  offline.root.keys = online.root.keys;
  offline.targets.keys = online.targets.keys;
  offline.timestamp.expires = start + 180n * day;
  offline.snapshot.expires = start + 180n * day;
  copyRoles(online, offline);
  offline.publishRoot();
  offline.publishSnapshot();
  offline.publishTimestamp();
  return offline;
}

function copyRoles(from: TestRepository, to: TestRepository): void {
  for (const [name, role] of from.roles) to.roles.set(name, { ...role });
  to.targets.version = from.targets.version;
  for (const [path, bytes] of from.served) {
    if (!/root|snapshot|timestamp/.test(path)) to.served.set(path, bytes);
  }
}

const bundleReader = (offline: TestRepository): TestClient => new TestClient(offline, { policy: { tree: "offline" } });

describeTufAttacks("the offline tree, served to a poller", [
  {
    row: "59",
    threat: "T-TUF-WRONG-TREE",
    name: "its timestamp",
    attack: (repository) => {
      repository.served.set("timestamp.json", offlineTreeOf(repository).file("timestamp.json"));
    },
    answer: { code: "wrong-tree", file: "timestamp.json", expected: "online", offered: "offline" },
  },
  {
    row: "59",
    threat: "T-TUF-WRONG-TREE",
    name: "its root as the next root, signed by the root keys both trees share",
    attack: (repository) => {
      const offline = offlineTreeOf(repository);
      offline.publishRoot();
      repository.served.set("2.root.json", offline.file("2.root.json"));
    },
    answer: { code: "wrong-tree", file: "2.root.json", expected: "online", offered: "offline" },
  },
]);

describe.each(clientKinds)("row 59, T-TUF-WRONG-TREE, client %s", (kind) => {
  test("a root of the other tree as factory data stops before the first request", () => {
    const online = TestRepository.withLine();
    const offline = offlineTreeOf(online);
    const client = clientOf(kind, offline);
    expect(client.refresh()).toMatchObject({ ok: false, error: { code: "wrong-tree", offered: "offline" } });
    expect(client.requests).toEqual([]);
    expect(client.stored.size).toBe(0);
  });
});

describe("bundles", () => {
  test("the offline tree is read by who expects it, and the online tree is not", () => {
    const online = TestRepository.withLine();
    const offline = offlineTreeOf(online);
    expect(bundleReader(offline).update(knownTarget)).toMatchObject({ ok: true });
    const wrong = new TestClient(online, { policy: { tree: "offline" } });
    expect(wrong.refresh()).toMatchObject({ ok: false, error: { code: "wrong-tree", offered: "online" } });
  });

  test("row 55, T-TUF-WRONG-TREE: an online timestamp inside a bundle", () => {
    const online = TestRepository.withLine();
    const offline = offlineTreeOf(online);
    const reader = bundleReader(offline);
    reader.refresh();
    const before = new Map(reader.stored);
    online.tree = "online";
    online.publishTimestamp();
    offline.served.set("timestamp.json", online.file("timestamp.json"));
    expect(reader.refresh()).toMatchObject({ ok: false, error: { code: "wrong-tree", offered: "online" } });
    expect(changed(before, reader.stored)).toEqual([]);
  });

  test("row 56, T-TUF-BUNDLE-OLD: a bundle older than what is known installs what the newest role file still lists", () => {
    const online = TestRepository.withLine();
    const reader = bundleReader(offlineTreeOf(online));
    online.release("drives/dx9/1.2.0.suit");
    reader.otherTree = new Map([["line-drives", online.file("2.line-drives.json")]]);
    expect(reader.update(knownTarget)).toMatchObject({ ok: true, value: { roleVersion: 2 } });
  });

  test.each<readonly [string, (online: TestRepository) => void]>([
    ["withdrawn", (online) => void delete online.role("line-drives").targets[knownTarget]],
    ["replaced", (online) => online.addTarget("line-drives", knownTarget, "another envelope")],
  ])("row 56, T-TUF-BUNDLE-OLD: an old bundle with a release that was %s since", (_, change) => {
    const online = TestRepository.withLine();
    const reader = bundleReader(offlineTreeOf(online));
    change(online);
    online.publishRole("line-drives");
    reader.otherTree = new Map([["line-drives", online.file("2.line-drives.json")]]);
    expect(reader.update(knownTarget)).toMatchObject({
      ok: false,
      error: { code: "rollback", role: "line-drives", have: 2, offered: 1 },
    });
  });

  test("row 56, T-TUF-BUNDLE-OLD: a line key that was withdrawn since signs no bundle", () => {
    const online = TestRepository.withLine();
    const reader = bundleReader(offlineTreeOf(online));
    online.role("line-drives").keys = [repositoryKey()];
    online.publishTargets();
    reader.otherTree = new Map([["targets", online.file("2.targets.json")]]);
    expect(reader.update(knownTarget)).toMatchObject({
      ok: false,
      error: { code: "threshold-not-met", role: "line-drives", authority: "targets" },
    });
  });

  test("a bundle newer than what is known needs nothing of it", () => {
    const online = TestRepository.withLine();
    const old = online.file("1.line-drives.json");
    online.release("drives/dx9/1.2.0.suit");
    const reader = bundleReader(offlineTreeOf(online));
    reader.otherTree = new Map([["line-drives", old]]);
    expect(reader.update("drives/dx9/1.2.0.suit")).toMatchObject({ ok: true, value: { roleVersion: 2 } });
  });
});

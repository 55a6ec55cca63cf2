import { createHash } from "node:crypto";
import type { PlainJson } from "@sumac/tuf";
import { describe, expect, test } from "vitest";
import { describeTufAttacks, knownTarget, type TufAttack } from "../support/tuf-attack.ts";
import { TestClient } from "../support/tuf-client.ts";
import { repositoryKey } from "../support/tuf-key.ts";
import { type Body, TestRepository } from "../support/tuf-repository.ts";

const other = "motors/m1/1.0.0.suit";

/** Two lines, each with its own key. */
function twoLines(): TestRepository {
  const repository = TestRepository.withLine();
  repository.delegate("line-motors", ["motors/*/*"]);
  repository.addTarget("line-motors", other, "envelope of a motor");
  repository.publishAll();
  return repository;
}

/** Changes a delegation as it is written into targets. */
function editDelegations(repository: TestRepository, change: (roles: Body[]) => void): void {
  repository.edit = (role, body) => {
    if (role === "targets") change((body["delegations"] as unknown as { roles: Body[] }).roles);
  };
  repository.publishTargets();
  repository.publishSnapshot();
  repository.publishTimestamp();
}

const roles: readonly TufAttack[] = [
  {
    row: "25",
    threat: "T-TUF-FOREIGN-LINE-KEY",
    name: "a line's key signs a target of another line",
    before: twoLines,
    attack: (repository) => {
      repository.addTarget("line-motors", "drives/dx9/9.9.9.suit", "envelope of a stranger");
      repository.publishRole("line-motors");
      repository.publishSnapshot();
      repository.publishTimestamp();
    },
    target: "drives/dx9/9.9.9.suit",
    answer: { code: "target-unknown", target: "drives/dx9/9.9.9.suit" },
    learns: ["snapshot.json", "timestamp.json"],
    freshLearns: ["line-drives.json", "snapshot.json", "targets.json", "timestamp.json"],
  },
  {
    row: "25",
    threat: "T-TUF-FOREIGN-LINE-KEY",
    name: "a line's role signed by the key of another line",
    before: twoLines,
    attack: (repository) => {
      const line = repository.role("line-drives");
      line.foreignSigners = repository.role("line-motors").keys;
      repository.publishRole("line-drives");
      repository.publishSnapshot();
      repository.publishTimestamp();
    },
    answer: { code: "threshold-not-met", role: "line-drives", authority: "targets", have: 0, need: 1 },
    learns: ["snapshot.json", "timestamp.json"],
    freshLearns: ["snapshot.json", "targets.json", "timestamp.json"],
  },
  {
    row: "44",
    threat: "T-TUF-DIAMOND",
    name: "a line key is replaced, and the stored role still has the old signature",
    attack: (repository) => {
      repository.role("line-drives").keys = [repositoryKey()];
      repository.publishTargets();
      repository.publishSnapshot();
      repository.publishTimestamp();
    },
    answer: { code: "threshold-not-met", role: "line-drives", have: 0, need: 1 },
    learns: ["snapshot.json", "targets.json", "timestamp.json"],
  },
  {
    row: "44",
    threat: "T-TUF-DIAMOND",
    name: "two delegators lead to one role",
    before: () => {
      const repository = twoLines();
      repository.role("line-drives").terminating = false;
      return repository;
    },
    attack: (repository) => {
      const paths = ["drives/*/*", "motors/*/*"];
      const shared = repository.delegate("release", paths, { delegator: "line-drives", terminating: false });
      repository.publishRole("line-drives");
      shared.delegator = "line-motors";
      repository.publishRole("line-motors");
      repository.publishRole("release");
      // The search comes to it through the first line, goes on, and finds that the second leads there too.
      repository.role("line-drives").paths = ["*/*/*"];
      repository.publishTargets();
      repository.publishSnapshot();
      repository.publishTimestamp();
    },
    target: "motors/m1/2.0.0.suit",
    answer: { code: "role-ambiguous", role: "release", delegators: ["line-drives", "line-motors"] },
    learns: ["line-drives.json", "line-motors.json", "release.json", "snapshot.json", "targets.json", "timestamp.json"],
  },
  {
    row: "48",
    threat: "T-TUF-DELEGATION-NAMES",
    name: "one role delegated to twice",
    before: twoLines,
    attack: (repository) => {
      editDelegations(repository, (list) => {
        for (const role of list) role["name"] = "line-drives";
      });
    },
    answer: { code: "malformed", reason: "duplicate-name" },
    learns: ["snapshot.json", "timestamp.json"],
  },
  {
    row: "48",
    threat: "T-TUF-DELEGATION-NAMES",
    name: "a delegated role called like a top-level one",
    attack: (repository) => {
      editDelegations(repository, (list) => {
        for (const role of list) role["name"] = "snapshot";
      });
    },
    answer: { code: "malformed", reason: "wrong-value", field: "signed.delegations.roles.name" },
    learns: ["snapshot.json", "timestamp.json"],
  },
  {
    row: "48",
    threat: "T-TUF-DELEGATION-NAMES",
    name: "paths and path_hash_prefixes at once",
    attack: (repository) => {
      editDelegations(repository, (list) => {
        for (const role of list) role["path_hash_prefixes"] = ["00"];
      });
    },
    answer: { code: "malformed", reason: "not-allowed-here" },
    learns: ["snapshot.json", "timestamp.json"],
  },
  {
    row: "48",
    threat: "T-TUF-DELEGATION-NAMES",
    name: "a threshold of nothing",
    attack: (repository) => {
      editDelegations(repository, (list) => {
        for (const role of list) role["threshold"] = 0;
      });
    },
    answer: { code: "malformed", reason: "wrong-value" },
    learns: ["snapshot.json", "timestamp.json"],
  },
  {
    row: "48",
    threat: "T-TUF-DELEGATION-NAMES",
    name: "one key id listed twice in a role",
    attack: (repository) => {
      editDelegations(repository, (list) => {
        for (const role of list)
          role["keyids"] = [...(role["keyids"] as PlainJson[]), ...(role["keyids"] as PlainJson[])];
      });
    },
    answer: { code: "malformed", reason: "duplicate-name" },
    learns: ["snapshot.json", "timestamp.json"],
  },
  {
    row: "48",
    threat: "T-TUF-DELEGATION-NAMES",
    name: "a pattern with `!` is a literal, not a negation",
    attack: (repository) => {
      editDelegations(repository, (list) => {
        for (const role of list) role["paths"] = ["!motors/*/*"];
      });
    },
    answer: { code: "target-unknown", target: knownTarget },
    learns: ["snapshot.json", "targets.json", "timestamp.json"],
  },
  {
    row: "44",
    threat: "T-TUF-DIAMOND",
    name: "a role that is delegated to and not listed in the snapshot",
    attack: (repository) => {
      repository.delegate("line-new", ["new/*/*"]);
      repository.publishTargets();
      repository.edit = (role, body) => {
        if (role === "snapshot") delete (body["meta"] as Body)["line-new.json"];
      };
      repository.role("line-new").version = 0;
      repository.publishRole("line-new");
      repository.publishSnapshot();
      repository.publishTimestamp();
    },
    target: "new/n1/1.0.0.suit",
    answer: { code: "role-missing", role: "line-new" },
    learns: ["snapshot.json", "targets.json", "timestamp.json"],
  },
];

describeTufAttacks("roles and delegations", roles);

test("row 44, T-TUF-DIAMOND: by the plain policy a role is verified anew for each delegator", () => {
  const repository = new TestRepository();
  for (const parent of ["parent-a", "parent-b"]) {
    repository.delegate(parent, [`${parent}/*`], { terminating: false });
  }
  const shared = repository.delegate("release", ["*/*"], { delegator: "parent-a", terminating: false });
  repository.addTarget("release", "parent-a/x", "a");
  repository.addTarget("release", "parent-b/x", "b");
  repository.publishRoot();
  repository.publishRole("parent-a");
  repository.publishRole("release");
  // The second parent delegates to the same name with a key that never signed.
  const { keys } = shared;
  shared.delegator = "parent-b";
  shared.keys = [repositoryKey()];
  repository.publishRole("parent-b");
  shared.keys = keys;
  repository.publishTargets();
  repository.publishSnapshot();
  repository.publishTimestamp();
  const client = new TestClient(repository, { policy: { ambiguousRoles: "verify-for-each" } });
  expect(client.update("parent-a/x")).toMatchObject({ ok: true });
  expect(client.find("parent-b/x")).toMatchObject({
    ok: false,
    error: { code: "threshold-not-met", role: "release", authority: "parent-b" },
  });
});

describe("the search", () => {
  function asked(client: TestClient): string[] {
    return client.requests.map((path) => path.split(".").at(-2) ?? "");
  }

  test("row 48, T-TUF-DELEGATION-NAMES: integer-like names keep the order of the file", () => {
    const repository = new TestRepository();
    for (const name of ["10", "2", "b", "a"]) repository.delegate(name, ["drives/*/*"], { terminating: false });
    repository.publishAll();
    const client = new TestClient(repository);
    expect(client.update(knownTarget)).toMatchObject({ ok: false, error: { code: "target-unknown" } });
    expect(asked(client).slice(-4)).toEqual(["10", "2", "b", "a"]);
  });

  test("goes into depth before it goes on, and ends at a terminating delegation", () => {
    const repository = new TestRepository();
    const at = (name: string, delegator: string, terminating: boolean) =>
      repository.delegate(name, ["*/*/*"], { delegator, terminating });
    at("one", "targets", false);
    at("two", "one", false);
    at("three", "targets", true);
    at("four", "targets", false);
    repository.publishAll();
    const client = new TestClient(repository);
    expect(client.update(knownTarget)).toMatchObject({ ok: false, error: { code: "target-unknown" } });
    expect(asked(client).slice(-3)).toEqual(["one", "two", "three"]);
  });

  test("a terminating delegation further down ends it for those above too", () => {
    const repository = new TestRepository();
    repository.delegate("one", ["*/*/*"], { terminating: false });
    repository.delegate("two", ["*/*/*"], { delegator: "one", terminating: true });
    repository.delegate("three", ["*/*/*"], { terminating: false });
    repository.addTarget("three", knownTarget, "envelope");
    repository.publishAll();
    const client = new TestClient(repository);
    expect(client.update(knownTarget)).toMatchObject({ ok: false, error: { code: "target-unknown" } });
    expect(asked(client).slice(-2)).toEqual(["one", "two"]);
  });

  test("visits no role twice, so a circle ends", () => {
    const repository = new TestRepository();
    repository.delegate("one", ["*/*/*"], { terminating: false });
    repository.delegate("two", ["*/*/*"], { delegator: "one", terminating: false });
    repository.edit = (role, body) => {
      if (role !== "two") return;
      const { keys, threshold } = repository.role("one");
      const [key = repositoryKey()] = keys;
      body["delegations"] = {
        keys: { [key.id]: key.object },
        roles: [{ name: "one", keyids: [key.id], threshold, paths: ["*/*/*"], terminating: false }],
      };
    };
    repository.publishAll();
    const client = new TestClient(repository, { policy: { ambiguousRoles: "verify-for-each" } });
    expect(client.update(knownTarget)).toMatchObject({ ok: false, error: { code: "target-unknown" } });
  });

  test("ends after 32 roles", () => {
    const repository = new TestRepository();
    for (let n = 0; n < 40; n++) repository.delegate(`role-${n}`, ["*/*/*"], { terminating: false });
    repository.publishAll();
    const client = new TestClient(repository);
    expect(client.update(knownTarget)).toMatchObject({ ok: false, error: { code: "search-too-long", limit: 32 } });
    // Root, timestamp, snapshot, and the 32 roles, targets among them.
    expect(client.requests.length).toBe(3 + 32);
  });

  test.each(["", "/drives/dx9/1.0.0.suit", "drives/../x", "drives//x", "drives/./x", "a\\b", "a\nb"])(
    "%j is asked of nobody",
    (path) => {
      const client = new TestClient(TestRepository.withLine());
      client.refresh();
      const before = client.requests.length;
      expect(client.find(path)).toMatchObject({ ok: false, error: { code: "target-unknown", target: path } });
      expect(client.requests.length).toBe(before);
    },
  );

  test("hash prefixes lead to the role whose prefix the path's digest has", () => {
    const repository = new TestRepository();
    for (const name of ["low", "high"]) repository.delegate(name, [], { terminating: true });
    const prefixes = { low: "01234567", high: "89abcdef" };
    repository.edit = (role, body) => {
      if (role !== "targets") return;
      for (const entry of (body["delegations"] as unknown as { roles: Body[] }).roles) {
        delete entry["paths"];
        entry["path_hash_prefixes"] = [...prefixes[entry["name"] as "low" | "high"]];
      }
    };
    // SHA-256 of the first begins with a digit below 8, of the second above.
    repository.addTarget("low", "file-1", "1");
    repository.addTarget("high", "file-1", "1");
    repository.publishAll();
    const found = new TestClient(repository).update("file-1");
    expect(found).toMatchObject({ ok: true, value: { role: firstDigit("file-1") < 8 ? "low" : "high" } });
  });
});

function firstDigit(path: string): number {
  return Number.parseInt(createHash("sha256").update(path).digest("hex").slice(0, 1), 16);
}

describe("baseline", () => {
  test.each(["ed25519", "p256"] as const)(
    "rows 1-4, T-TUF-BASELINE: %s, and a second poll with nothing new takes two requests",
    (kind) => {
      const client = new TestClient(TestRepository.withLine(kind));
      expect(client.update(knownTarget)).toMatchObject({ ok: true, value: { role: "line-drives" } });
      expect(client.requests).toEqual([
        "2.root.json",
        "timestamp.json",
        "1.snapshot.json",
        "1.targets.json",
        "1.line-drives.json",
      ]);
      expect(client.update(knownTarget)).toMatchObject({ ok: true });
      expect(client.requests).toEqual(["2.root.json", "timestamp.json"]);
    },
  );

  test("a repository without consistent snapshots is read by its plain names", () => {
    const repository = new TestRepository();
    repository.consistentSnapshot = false;
    repository.delegate("line-drives", ["drives/*/*"]);
    repository.addTarget("line-drives", knownTarget, "envelope");
    repository.publishAll();
    const client = new TestClient(repository);
    expect(client.update(knownTarget)).toMatchObject({ ok: true });
    expect(client.requests).toEqual([
      "2.root.json",
      "timestamp.json",
      "snapshot.json",
      "targets.json",
      "line-drives.json",
    ]);
  });
});

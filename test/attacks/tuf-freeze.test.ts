import { formatUtcTime } from "@sumac/tuf";
import { describe, expect, test } from "vitest";
import { describeTufAttacks, knownTarget, type TufAttack } from "../support/tuf-attack.ts";
import { TestClient } from "../support/tuf-client.ts";
import { day, start, TestRepository } from "../support/tuf-repository.ts";

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

/** Published with one role that ends first. */
function ending(role: "timestamp" | "snapshot" | "targets" | "root" | "line-drives", days: bigint): TestRepository {
  const repository = new TestRepository();
  repository.delegate("line-drives", ["drives/*/*"]);
  repository.addTarget("line-drives", knownTarget, "envelope of 1.0.0");
  for (const other of [repository.timestamp, repository.snapshot]) other.expires = start + 60n * day;
  const signed = role === "line-drives" ? repository.role(role) : repository[role];
  signed.expires = start + days * day;
  repository.publishAll();
  return repository;
}

/** A client without a clock learns the time from the repository, if at all: here it does not, and can only say so. */
const late = (days: bigint): TufAttack["attack"] => {
  return (_, client) => {
    client.now = start + days * day;
  };
};

const expiryThreats = {
  root: "T-TUF-ROOT-EXPIRED",
  timestamp: "T-TUF-TIMESTAMP-EXPIRED",
  snapshot: "T-TUF-SNAPSHOT-EXPIRED",
  targets: "T-TUF-TARGETS-EXPIRED",
  "line-drives": "T-TUF-LINE-EXPIRED",
} as const;

const expiries: readonly TufAttack[] = (["root", "timestamp", "snapshot", "targets", "line-drives"] as const).map(
  (role) => ({
    row: { root: "18", timestamp: "12", snapshot: "13", targets: "14", "line-drives": "17" }[role],
    threat: expiryThreats[role],
    name: `${role} served after its expiry`,
    before: () => ending(role, 5n),
    attack: late(5n),
    answer: {
      "with state": { code: "expired", role, expires: start + 5n * day, time: start + 5n * day },
      fresh: { code: "expired", role, expires: start + 5n * day, time: start + 5n * day },
      "without a clock": "accept",
    },
    freshLearns: {
      root: [],
      timestamp: [],
      snapshot: ["timestamp.json"],
      targets: ["snapshot.json", "timestamp.json"],
      "line-drives": ["snapshot.json", "targets.json", "timestamp.json"],
    }[role],
  }),
);

describeTufAttacks("frozen metadata", expiries);

describeTufAttacks("freshness", [
  {
    row: "11",
    threat: "T-TUF-TIMESTAMP-EXPIRED",
    name: "a timestamp in its last second",
    before: () => ending("timestamp", 5n),
    attack: (_, client) => {
      client.now = start + 5n * day - 1n;
    },
    answer: "accept",
  },
  {
    row: "15",
    threat: "T-TUF-RESIGNED",
    name: "signed again after its expiry",
    before: () => ending("timestamp", 5n),
    attack: (repository, client) => {
      client.now = start + 6n * day;
      repository.timestamp.expires = start + 7n * day;
      repository.publishTimestamp();
    },
    answer: "accept",
  },
  {
    row: "53",
    threat: "T-TUF-CLOCK",
    name: "a clock in 1970",
    attack: (_, client) => {
      client.now = 0n;
    },
    answer: {
      "with state": { code: "freshness-unknown", roles: ["root", "timestamp", "snapshot", "targets"] },
      fresh: { code: "freshness-unknown", roles: ["root", "timestamp", "snapshot", "targets"] },
      "without a clock": "accept",
    },
    freshLearns: ["snapshot.json", "targets.json", "timestamp.json"],
  },
  {
    row: "53",
    threat: "T-TUF-CLOCK",
    name: "a clock in 2100",
    attack: (_, client) => {
      client.now = 4_102_444_800n;
    },
    answer: {
      "with state": { code: "clock-implausible", clock: 4_102_444_800n },
      fresh: { code: "clock-implausible", clock: 4_102_444_800n },
      "without a clock": "accept",
    },
  },
]);

test("row 16, T-TUF-LINE-EXPIRED: an expired line role does not stop a refresh", () => {
  const repository = ending("line-drives", 5n);
  const client = new TestClient(repository);
  client.now = start + 6n * day;
  expect(client.refresh()).toMatchObject({ ok: true });
});

test("row 53, T-TUF-CLOCK: a clock that is set back leaves the stored time, and proves nothing", () => {
  const client = new TestClient(TestRepository.withLine());
  client.now = start + 3600n;
  expect(client.refresh()).toMatchObject({ ok: true });
  expect(text(client.stored.get("time"))).toBe(formatUtcTime(start + 3600n));
  client.now = start;
  expect(client.refresh()).toMatchObject({ ok: false, error: { code: "freshness-unknown" } });
  expect(text(client.stored.get("time"))).toBe(formatUtcTime(start + 3600n));
});

test("a clock set back cannot revive what has expired", () => {
  const client = new TestClient(ending("timestamp", 5n));
  client.now = start + 4n * day;
  client.refresh();
  client.now = start + 6n * day;
  expect(client.refresh()).toMatchObject({ ok: false, error: { code: "expired", role: "timestamp" } });
  client.stored.set("time", new TextEncoder().encode(formatUtcTime(start + 6n * day)));
  client.now = start;
  expect(client.refresh()).toMatchObject({ ok: false, error: { code: "expired", role: "timestamp" } });
});

test("an implausible clock stops before the first request, and its time is not stored", () => {
  const client = new TestClient(TestRepository.withLine());
  client.now = 4_102_444_800n;
  expect(client.refresh()).toMatchObject({ ok: false, error: { code: "clock-implausible" } });
  expect(client.requests).toEqual([]);
  expect(client.stored.has("time")).toBe(false);
});

describe("a client without a clock", () => {
  test("waits for a time, unless its policy accepts not to know", () => {
    const repository = TestRepository.withLine();
    const waiting = new TestClient(repository, { clock: "none" });
    expect(waiting.refresh()).toMatchObject({ ok: false, error: { code: "freshness-unknown" } });
    expect([...waiting.stored.keys()].sort()).toEqual(["snapshot.json", "targets.json", "timestamp.json"]);

    const recording = new TestClient(repository, { clock: "none", policy: { unknownFreshness: "accept-and-note" } });
    expect(recording.refresh()).toMatchObject({
      ok: true,
      value: { unknownFreshness: ["root", "timestamp", "snapshot", "targets"] },
    });
    expect(recording.notes).toContainEqual({ code: "freshness-not-known", role: "timestamp" });
  });

  test("learns from each timestamp that it is at least this late", () => {
    const repository = ending("snapshot", 5n);
    repository.issued = start + 6n * day;
    const client = new TestClient(repository, { clock: "none", policy: { unknownFreshness: "accept-and-note" } });
    repository.publishTimestamp();
    expect(client.refresh()).toMatchObject({ ok: true });
    expect(client.refresh()).toMatchObject({
      ok: false,
      error: { code: "expired", role: "snapshot", time: start + 6n * day },
    });
  });

  test("is not told a time beyond the timestamp's own expiry", () => {
    const repository = TestRepository.withLine();
    repository.issued = start + 1_000n * day;
    repository.publishTimestamp();
    const client = new TestClient(repository, { clock: "none", policy: { unknownFreshness: "accept-and-note" } });
    client.refresh();
    expect(client.refresh()).toMatchObject({ ok: true });
  });
});

describe("an unconfirmed clock", () => {
  test("is no proof by default", () => {
    const client = new TestClient(TestRepository.withLine(), { clock: "unconfirmed" });
    expect(client.refresh()).toMatchObject({ ok: false, error: { code: "freshness-unknown" } });
  });

  test("proves freshness by policy, and is doubted when it is past the root's life", () => {
    const repository = TestRepository.withLine();
    const policy = { unconfirmedClock: "proves-freshness" } as const;
    const client = new TestClient(repository, { clock: "unconfirmed", policy });
    expect(client.refresh()).toMatchObject({ ok: true, value: { unknownFreshness: [] } });
    expect(client.stored.has("time")).toBe(false);
    client.now = start + 400n * day;
    expect(client.refresh()).toMatchObject({
      ok: false,
      error: { code: "clock-implausible", limit: start + 365n * day },
    });
  });
});

describe("without the server", () => {
  const offline = (client: TestClient): void => {
    client.network = () => "unreachable";
  };

  test("row 19, T-TUF-OFFLINE-CACHE: an unexpired store is accepted, and the want of a server told", () => {
    const client = new TestClient(TestRepository.withLine());
    client.update(knownTarget);
    offline(client);
    expect(client.update(knownTarget)).toMatchObject({ ok: true });
    expect(client.notes).toContainEqual({ code: "server-not-reached", file: "timestamp.json" });
  });

  test("row 21, T-TUF-CACHE-EXPIRED: an expired one is refused as expired", () => {
    const client = new TestClient(ending("timestamp", 5n));
    client.refresh();
    offline(client);
    client.now = start + 6n * day;
    expect(client.refresh()).toMatchObject({ ok: false, error: { code: "expired", role: "timestamp" } });
  });

  test("a role that was never fetched is not there", () => {
    const client = new TestClient(TestRepository.withLine());
    client.refresh();
    offline(client);
    expect(client.update(knownTarget)).toMatchObject({
      ok: false,
      error: { code: "not-stored", file: "1.line-drives.json" },
    });
    const fresh = new TestClient(TestRepository.withLine());
    offline(fresh);
    expect(fresh.refresh()).toMatchObject({ ok: false, error: { code: "not-stored", file: "timestamp.json" } });
    expect(fresh.stored.size).toBe(0);
  });
});

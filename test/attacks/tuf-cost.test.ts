import { expect, test } from "vitest";
import { TestClient } from "../support/tuf-client.ts";
import { TestRepository } from "../support/tuf-repository.ts";

function repositoryOf(entries: number): TestRepository {
  const repository = new TestRepository();
  const line = repository.delegate("line-drives", ["drives/*/*"]);
  const hashes = { sha256: "ab".repeat(32) };
  for (let n = 0; n < entries; n++) line.targets[`drives/dx9/${n}.suit`] = { length: 1234, hashes };
  repository.publishAll();
  return repository;
}

/** Microseconds of processor time, the best of several first refreshes with a look-up: a busy machine adds to all others. */
function cost(repository: TestRepository, target: string): number {
  const times = Array.from({ length: 15 }, () => {
    const client = new TestClient(repository);
    const since = process.cpuUsage();
    const result = client.update(target);
    const { user, system } = process.cpuUsage(since);
    expect(result.ok).toBe(true);
    return user + system;
  });
  return Math.min(...times);
}

test("row 58, T-TUF-LARGE: ten times the entries of a role cost at most twelve times as much", () => {
  const small = repositoryOf(1_000);
  const large = repositoryOf(10_000);
  cost(small, "drives/dx9/7.suit");
  const ratio = cost(large, "drives/dx9/7.suit") / cost(small, "drives/dx9/7.suit");
  expect(ratio).toBeLessThan(12);
});

test("row 58, T-TUF-LARGE: a thousand roles, of which one is asked, cost one file", () => {
  const repository = new TestRepository();
  for (let n = 0; n < 1_000; n++) repository.delegate(`line-${n}`, [`l${n}/*/*`], { keys: repository.root.keys });
  repository.addTarget("line-999", "l999/m/1.suit", "envelope");
  repository.publishAll();
  const client = new TestClient(repository);
  expect(client.update("l999/m/1.suit")).toMatchObject({ ok: true });
  expect(client.requests.length).toBe(5);
});

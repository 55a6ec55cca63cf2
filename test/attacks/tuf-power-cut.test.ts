import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { openTrustedFiles } from "@sumac/tuf/node";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { knownTarget } from "../support/tuf-attack.ts";
import { TestClient } from "../support/tuf-client.ts";
import { repositoryKey } from "../support/tuf-key.ts";
import { TestRepository } from "../support/tuf-repository.ts";

class PowerCut extends Error {}

/** A store that dies before its n-th change. */
class DyingStore extends Map<string, Uint8Array> {
  left: number | undefined;

  override set(name: string, bytes: Uint8Array): this {
    this.change();
    return super.set(name, bytes);
  }

  override delete(name: string): boolean {
    this.change();
    return super.delete(name);
  }

  // Called by the constructor of Map too, before there are fields.
  private change(): void {
    if (this.left !== undefined && this.left-- <= 0) throw new PowerCut();
  }
}

/** A new root with new online keys, and a new version of everything: the refresh that changes most. */
function rotated(): { repository: TestRepository; client: TestClient } {
  const repository = TestRepository.withLine();
  const client = new TestClient(repository);
  client.update(knownTarget);
  repository.timestamp.keys = [repositoryKey()];
  repository.publishRoot();
  repository.publishTargets();
  repository.release("drives/dx9/1.2.0.suit");
  return { repository, client };
}

describe("row 54, T-TUF-STATE-POWER-CUT: power fails at a change of the state", () => {
  const { client } = rotated();
  let changes = 0;
  const counting = new Proxy(client.stored, {
    get: (target, property) => {
      if (property === "set" || property === "delete") changes++;
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  client.stored = counting;
  expect(client.update("drives/dx9/1.2.0.suit")).toMatchObject({ ok: true });

  test("there are as many as there are files, and two to forget", () => {
    // Root, two forgotten, timestamp, snapshot, targets, line; the trusted time is the same as before.
    expect(changes).toBe(7);
  });

  test.each(Array.from({ length: 7 }, (_, cut) => cut))("before change %i", (cut) => {
    const { repository, client } = rotated();
    const old = new Map(client.stored);
    const dying = new DyingStore(client.stored);
    dying.left = cut;
    client.stored = dying;
    expect(() => client.update("drives/dx9/1.2.0.suit")).toThrow(PowerCut);

    const after = new TestClient(repository);
    after.stored = new Map(dying);
    const known = new Set([...old.values(), ...repository.served.values()]);
    for (const bytes of after.stored.values())
      expect(known.has(bytes) || after.stored.get("time") === bytes).toBe(true);
    expect(after.update("drives/dx9/1.2.0.suit")).toMatchObject({ ok: true });
    expect(after.stored.get("root.json")).toBe(repository.file("2.root.json"));
    expect(after.stored.get("line-drives.json")).toBe(repository.file("2.line-drives.json"));
  });
});

describe("row 54, T-TUF-STATE-POWER-CUT: a stored file that is damaged is as if it were not there", () => {
  test.each(["root.json", "timestamp.json", "snapshot.json", "targets.json", "line-drives.json", "time"])(
    "%s",
    (name) => {
      const repository = TestRepository.withLine();
      repository.publishRoot();
      repository.publishRoot();
      const client = new TestClient(repository);
      client.update(knownTarget);
      const good = client.stored.get(name) ?? new Uint8Array();
      expect(good.length).toBeGreaterThan(10);
      for (const damaged of [new Uint8Array(), good.subarray(0, good.length >> 1), good.with(good.length >> 1, 0xff)]) {
        client.stored.set(name, damaged);
        expect(client.update(knownTarget)).toMatchObject({ ok: true });
        if (name !== "time") expect(client.stored.get(name)).toEqual(good);
      }
    },
  );

  test("a truncated root: the chain is gone through again from the factory's", () => {
    const repository = TestRepository.withLine();
    repository.publishRoot();
    repository.publishRoot();
    const client = new TestClient(repository);
    client.update(knownTarget);
    client.stored.set("root.json", repository.file("3.root.json").subarray(0, 100));
    expect(client.refresh()).toMatchObject({ ok: true, value: { root: { version: 3 } } });
    expect(client.requests.slice(0, 3)).toEqual(["2.root.json", "3.root.json", "4.root.json"]);
    expect(client.notes).toContainEqual(expect.objectContaining({ code: "stored-file-unusable", file: "root.json" }));
  });

  test("software with a newer root than the stored one begins with its own", () => {
    const repository = TestRepository.withLine();
    const first = repository.firstRoot;
    for (let n = 0; n < 3; n++) repository.publishRoot();
    const client = new TestClient(repository, { factoryRoot: repository.file("4.root.json") });
    client.stored.set("root.json", first);
    expect(client.refresh()).toMatchObject({ ok: true, value: { root: { version: 4 } } });
    expect(client.requests[0]).toBe("5.root.json");
  });

  test("a factory root that is damaged stops before the first request", () => {
    const repository = TestRepository.withLine();
    const client = new TestClient(repository, { factoryRoot: repository.firstRoot.subarray(1) });
    expect(client.refresh()).toMatchObject({ ok: false, error: { code: "malformed", file: "root.json" } });
    expect(client.requests).toEqual([]);
  });
});

describe("files on disk", () => {
  test("a file that was being written when power failed is dropped, the old one counts", async () => {
    const folder = temporaryFolder();
    const files = await openTrustedFiles(folder);
    await files.store("root.json", new Uint8Array([1]));
    writeFileSync(path.join(folder, "root.json.new"), "half a ro");
    const again = await openTrustedFiles(folder);
    expect(readdirSync(folder)).toEqual(["root.json"]);
    expect(await again.load("root.json")).toEqual(new Uint8Array([1]));
    await again.store("root.json", new Uint8Array([2]));
    expect(new Uint8Array(readFileSync(path.join(folder, "root.json")))).toEqual(new Uint8Array([2]));
    await again.forget("root.json");
    await again.forget("root.json");
    expect(await again.load("root.json")).toBeUndefined();
  });

  test("a folder that cannot be written is a fault with a name", async () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, "file"), "");
    await expect(openTrustedFiles(path.join(folder, "file"))).rejects.toMatchObject({ code: "storage-failed" });
  });
});

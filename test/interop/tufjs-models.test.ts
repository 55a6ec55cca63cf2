import { formatUtcTime } from "@sumac/tuf";
import {
  Key,
  Metadata,
  MetadataKind,
  MetaFile,
  Root,
  Signature,
  Snapshot,
  TargetFile,
  Targets,
  Timestamp,
} from "@tufjs/models";
import { describe, expect, test } from "vitest";
import { TestClient } from "../support/tuf-client.ts";
import { type RepositoryKey, repositoryKey } from "../support/tuf-key.ts";
import { day, hash, start, TestRepository } from "../support/tuf-repository.ts";

/** A repository that another implementation wrote; ours only makes keys and signatures. */
type Signed = Root | Timestamp | Snapshot | Targets;

const common = (days: bigint) => ({ version: 1, specVersion: "1.0.31", expires: formatUtcTime(start + days * day) });

function foreignKey(key: RepositoryKey): Key {
  const object = key.object as { keytype: string; scheme: string; keyval: { public: string } };
  return new Key({ keyID: key.id, keyType: object.keytype, scheme: object.scheme, keyVal: object.keyval });
}

function written(signed: Signed, keys: readonly RepositoryKey[]): Uint8Array {
  const metadata = new Metadata(signed);
  for (const key of keys) metadata.sign((data) => new Signature({ keyID: key.id, sig: key.sign(data) }), true);
  return new TextEncoder().encode(JSON.stringify(metadata.toJSON()));
}

const meta = (bytes: Uint8Array): MetaFile =>
  new MetaFile({ version: 1, length: bytes.length, hashes: { sha256: hash(bytes) } });

interface Story {
  readonly repository: TestRepository;
  readonly path: string;
}

/** Text of paths and custom members that needs escapes, in case two canonical forms differ in them. */
function writeRepository(kind: "ed25519" | "p256", path: string, custom: Record<string, string>): Story {
  const [rootKey, other, online, line] = Array.from({ length: 4 }, () => repositoryKey(kind)) as [
    RepositoryKey,
    RepositoryKey,
    RepositoryKey,
    RepositoryKey,
  ];
  const root = new Root({ ...common(365n), consistentSnapshot: true });
  for (const key of [rootKey, other]) root.addKey(foreignKey(key), "root");
  root.addKey(foreignKey(rootKey), "targets");
  root.addKey(foreignKey(online), "snapshot");
  root.addKey(foreignKey(online), "timestamp");

  const lineTargets = new Targets(common(90n));
  const content = new TextEncoder().encode("the envelope");
  const unrecognizedFields = { custom };
  lineTargets.addTarget(
    new TargetFile({ path, length: content.length, hashes: { sha256: hash(content) }, unrecognizedFields }),
  );
  // Delegations are not exported; the library makes them from JSON.
  const targets = Targets.fromJSON({
    _type: MetadataKind.Targets,
    spec_version: "1.0.31",
    version: 1,
    expires: common(90n).expires,
    targets: {},
    "x-note": 'zürich \u{1F600} \uFF5E "quoted" \\',
    delegations: {
      keys: { [line.id]: foreignKey(line).toJSON() },
      roles: [{ name: "line-drives", keyids: [line.id], threshold: 1, terminating: true, paths: ["drives/*/*"] }],
    },
  });
  const repository = new TestRepository();
  const serve = (name: string, bytes: Uint8Array): Uint8Array => {
    repository.served.set(name, bytes);
    return bytes;
  };
  serve("1.root.json", written(root, [rootKey, other]));
  const lineBytes = serve("1.line-drives.json", written(lineTargets, [line]));
  const targetsBytes = serve("1.targets.json", written(targets, [rootKey]));
  const listed = { "targets.json": meta(targetsBytes), "line-drives.json": meta(lineBytes) };
  const snapshot = serve("1.snapshot.json", written(new Snapshot({ ...common(14n), meta: listed }), [online]));
  serve("timestamp.json", written(new Timestamp({ ...common(1n), snapshotMeta: meta(snapshot) }), [online]));
  return { repository, path };
}

describe.each(["ed25519", "p256"] as const)("a repository written by @tufjs/models is read, %s", (kind) => {
  test.each<readonly [string, string, Record<string, string>]>([
    ["plain", "drives/dx9/1.0.0.suit", { line: "drives" }],
    ["with texts that need care", 'drives/dx9/é "1" {x}.suit', { note: 'a\nb\tc \\ " \u{1F600}', "z\u00fc": "" }],
  ])("%s", (_, path, custom) => {
    const { repository } = writeRepository(kind, path, custom);
    const client = new TestClient(repository);
    expect(client.update(path)).toMatchObject({
      ok: true,
      value: { role: "line-drives", target: { path, length: 12 } },
    });
    expect(client.update(path)).toMatchObject({ ok: true });
    expect(client.requests).toEqual(["2.root.json", "timestamp.json"]);
    expect(client.notes).toEqual([]);
  });

  test("and refused once a byte of it is changed", () => {
    const { repository, path } = writeRepository(kind, "drives/dx9/1.0.0.suit", {});
    for (const [name, bytes] of repository.served) {
      if (name === "1.root.json") continue;
      const text = new TextDecoder().decode(bytes).replace('"version":1', '"version":2');
      const changed = new TestClient(repository);
      changed.network = (asked) => (asked === name ? new TextEncoder().encode(text) : undefined);
      expect(changed.update(path).ok, name).toBe(false);
    }
  });
});

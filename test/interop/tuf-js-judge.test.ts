import { createRequire } from "node:module";
import { plainTufPolicy } from "@sumac/tuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { knownTarget } from "../support/tuf-attack.ts";
import { TestClient } from "../support/tuf-client.ts";
import { repositoryKey } from "../support/tuf-key.ts";
import { day, start, TestRepository } from "../support/tuf-repository.ts";

/** The part of tuf-js that decides, which is not exported: its clock can be set, and it needs no network. */
interface ForeignStore {
  referenceTime: Date;
  readonly root: { readonly signed: { readonly version: number; readonly consistentSnapshot: boolean } };
  readonly timestamp: { readonly signed: { readonly snapshotMeta: { readonly version: number } } } | undefined;
  readonly snapshot:
    | { readonly signed: { readonly meta: Readonly<Record<string, { readonly version: number }>> } }
    | undefined;
  updateRoot(bytes: Buffer): unknown;
  updateTimestamp(bytes: Buffer): unknown;
  updateSnapshot(bytes: Buffer, trusted?: boolean): unknown;
  updateDelegatedTargets(bytes: Buffer, role: string, delegator: string): void;
}

const { TrustedMetadataStore } = createRequire(import.meta.url)(
  createRequire(import.meta.resolve("tuf-js")).resolve("./store.js"),
) as { TrustedMetadataStore: new (root: Buffer) => ForeignStore };

/** A poller that decides by tuf-js, and keeps what it accepted as its own updater does. */
class ForeignClient {
  readonly stored = new Map<string, Uint8Array>();
  readonly #repository: TestRepository;

  constructor(repository: TestRepository) {
    this.#repository = repository;
    this.stored.set("root", repository.firstRoot);
  }

  /** Whether the top-level metadata and the line's role are accepted. */
  update(now: bigint): boolean {
    try {
      this.#update(now);
      return true;
    } catch {
      return false;
    }
  }

  #update(now: bigint): void {
    const store = new TrustedMetadataStore(this.#held("root"));
    store.referenceTime = new Date(Number(now) * 1000);
    for (;;) {
      const next = this.#repository.served.get(`${store.root.signed.version + 1}.root.json`);
      if (next === undefined) break;
      store.updateRoot(Buffer.from(next));
      this.stored.set("root", next);
    }
    this.#tried("timestamp", (bytes) => store.updateTimestamp(bytes));
    try {
      this.#fetched("timestamp", "timestamp.json", (bytes) => store.updateTimestamp(bytes));
    } catch (error) {
      if (!(error instanceof Error) || error.constructor.name !== "EqualVersionError") throw error;
    }
    if (!this.#tried("snapshot", (bytes) => store.updateSnapshot(bytes, true))) {
      const version = store.timestamp?.signed.snapshotMeta.version;
      this.#fetched("snapshot", `${version}.snapshot.json`, (bytes) => store.updateSnapshot(bytes));
    }
    for (const [role, delegator] of [
      ["targets", "root"],
      ["line-drives", "targets"],
    ] as const) {
      const accept = (bytes: Buffer): void => store.updateDelegatedTargets(bytes, role, delegator);
      if (this.#tried(role, accept)) continue;
      const version = store.snapshot?.signed.meta[`${role}.json`]?.version;
      this.#fetched(role, `${version}.${role}.json`, accept);
    }
  }

  #held(role: string): Buffer {
    return Buffer.from(this.stored.get(role) ?? new Uint8Array());
  }

  #tried(role: string, accept: (bytes: Buffer) => unknown): boolean {
    if (!this.stored.has(role)) return false;
    try {
      accept(this.#held(role));
      return true;
    } catch {
      return false;
    }
  }

  #fetched(role: string, path: string, accept: (bytes: Buffer) => unknown): void {
    const bytes = this.#repository.file(path);
    accept(Buffer.from(bytes));
    this.stored.set(role, bytes);
  }
}

interface Story {
  readonly repository: TestRepository;
  readonly past: Uint8Array[];
  /** What the wire changed, to be undone after the poll: the repository itself does not list forged files. */
  readonly changed: Map<string, Uint8Array>;
  now: bigint;
}

const republish = ({ repository, now }: Story): void => {
  for (const role of [repository.timestamp, repository.snapshot, repository.targets, repository.role("line-drives")]) {
    role.expires = now + 10n * day;
  }
  repository.publishAll();
};

function serve({ repository, changed }: Story, name: string, bytes: Uint8Array): void {
  changed.set(name, repository.file(name));
  repository.served.set(name, bytes);
}

/** What may happen between two polls; `n` chooses within it. */
const events: Readonly<Record<string, (story: Story, n: number) => void>> = {
  release: ({ repository }, n) => repository.release(`drives/dx9/2.0.${n}.suit`),
  "time passes": (story, n) => {
    story.now += BigInt(n % 60) * 3600n;
  },
  "signed again": republish,
  "timestamp of the past": (story, n) => {
    const { past } = story;
    serve(story, "timestamp.json", past[n % past.length] ?? new Uint8Array());
  },
  "a byte is changed": (story, n) => {
    const { repository } = story;
    const newest = [
      "timestamp.json",
      `${repository.snapshot.version}.snapshot.json`,
      `${repository.targets.version}.targets.json`,
    ];
    const name = newest[n % newest.length] ?? "timestamp.json";
    const bytes = repository.file(name);
    const at = (n * 7919) % bytes.length;
    serve(story, name, bytes.with(at, (bytes[at] ?? 0) ^ 1));
  },
  "targets by fewer keys": ({ repository }, n) => {
    repository.targets.signers = repository.targets.keys.slice(n % 2);
    repository.publishTargets();
    delete repository.targets.signers;
    repository.publishSnapshot();
    repository.publishTimestamp();
  },
  "root by some keys": ({ repository }, n) => {
    const old = repository.root.keys;
    const fresh = repositoryKey();
    const keys = n % 2 === 0 ? [...old.slice(1), fresh] : old;
    const signers = [...old, fresh].filter((_, index) => ((n >> 1) & (1 << index)) === 0);
    repository.root.keys = keys;
    repository.root.signers = signers;
    repository.publishRoot();
    delete repository.root.signers;
  },
  "timestamp key replaced": (story, n) => {
    story.repository.timestamp.keys = [repositoryKey()];
    story.repository.publishRoot();
    if (n % 3 > 0) republish(story);
  },
  "line key replaced": ({ repository }, n) => {
    const line = repository.role("line-drives");
    line.keys = [repositoryKey()];
    if (n % 3 > 0) repository.publishRole("line-drives");
    repository.publishTargets();
    repository.publishSnapshot();
    repository.publishTimestamp();
  },
  "fast forward": ({ repository }, n) => {
    repository.timestamp.version += n;
    repository.publishTimestamp();
  },
};

test("two clients with one memory each say the same about every poll of every story", () => {
  const happening = fc.tuple(fc.constantFrom(...Object.keys(events)), fc.nat({ max: 255 }));
  const verdicts = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(fc.array(happening, { minLength: 1, maxLength: 8 }), (happenings) => {
      const repository = TestRepository.withLine();
      const story: Story = { repository, past: [repository.file("timestamp.json")], changed: new Map(), now: start };
      const foreign = new ForeignClient(repository);
      const ours = new TestClient(repository, { policy: plainTufPolicy });
      for (const [name, n] of happenings) {
        events[name]?.(story, n);
        story.past.push(repository.file("timestamp.json"));
        ours.now = story.now;
        const theirs = foreign.update(story.now);
        const result = ours.update(knownTarget);
        verdicts[theirs ? "accepted" : "refused"]++;
        expect(
          result.ok,
          `${name} ${n}: ${result.ok ? "" : JSON.stringify({ ...result.error, expires: 0, time: 0 })}`,
        ).toBe(theirs);
        for (const role of ["timestamp", "snapshot", "targets", "line-drives"]) {
          if (ours.stored.has(`${role}.json`))
            expect(ours.stored.get(`${role}.json`), role).toBe(foreign.stored.get(role));
        }
        for (const [path, bytes] of story.changed) repository.served.set(path, bytes);
        story.changed.clear();
      }
    }),
    { numRuns: 150 },
  );
  expect(Math.min(verdicts.accepted, verdicts.refused)).toBeGreaterThan(100);
});

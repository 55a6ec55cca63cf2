import { createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { canonicalJson, jsonValue, mlDsa65Scheme, type PlainJson, standardSchemes } from "@sumac/tuf";
import { describe, expect, test } from "vitest";
import { clientKinds, clientOf, describeTufAttacks, knownTarget, type TufAttack } from "../support/tuf-attack.ts";
import { TestClient } from "../support/tuf-client.ts";
import { idOf, type RepositoryKey, repositoryKey, respelled } from "../support/tuf-key.ts";
import { type Body, TestRepository } from "../support/tuf-repository.ts";

/** Replaces the third root key; `signers` decides who signs the new root. */
function rotate(signers: (old: RepositoryKey[], fresh: RepositoryKey) => RepositoryKey[]): TufAttack["attack"] {
  return (repository) => {
    const old = repository.root.keys;
    const fresh = repositoryKey();
    repository.root.keys = [...old.slice(0, 2), fresh];
    repository.root.signers = signers(old, fresh);
    repository.publishRoot();
  };
}

const pick = (keys: readonly RepositoryKey[], ...indices: number[]): RepositoryKey[] =>
  keys.filter((_, index) => indices.includes(index));

/** Publishes targets and everything above it. */
function publishTargets(repository: TestRepository): void {
  repository.publishTargets();
  repository.publishSnapshot();
  repository.publishTimestamp();
}

/** The file as it is published, with its signatures changed. */
function resign(repository: TestRepository, path: string, change: (signatures: PlainJson[]) => void): void {
  const file = JSON.parse(new TextDecoder().decode(repository.file(path))) as { signatures: PlainJson[] };
  change(file.signatures);
  repository.served.set(path, new TextEncoder().encode(JSON.stringify(file)));
}

const signatures: readonly TufAttack[] = [
  {
    row: "32",
    threat: "T-TUF-THRESHOLD",
    name: "targets signed by one of two",
    attack: (repository) => {
      repository.targets.signers = pick(repository.targets.keys, 0);
      publishTargets(repository);
    },
    answer: { code: "threshold-not-met", role: "targets", authority: "root", have: 1, need: 2 },
    learns: ["snapshot.json", "timestamp.json"],
  },
  {
    row: "33",
    threat: "T-TUF-DUPLICATE-SIGNATURE",
    name: "one signature listed twice",
    attack: (repository) => {
      repository.publishTimestamp();
      resign(repository, "timestamp.json", (list) => list.push(list[0] ?? null));
    },
    answer: { code: "duplicate-signature", file: "timestamp.json" },
  },
  {
    row: "34",
    threat: "T-TUF-THRESHOLD-MET",
    name: "two of two again",
    attack: (repository) => {
      repository.targets.signers = pick(repository.targets.keys, 0);
      publishTargets(repository);
      delete repository.targets.signers;
      publishTargets(repository);
    },
    answer: "accept",
  },
  {
    row: "35",
    threat: "T-TUF-ROOT-THRESHOLD",
    name: "a new root signed by one of three",
    attack: rotate((old) => pick(old, 0)),
    answer: { code: "threshold-not-met", role: "root", authority: "root 1", have: 1, need: 2 },
  },
  {
    row: "36",
    threat: "T-TUF-ROOT-NEW-KEYS-ONLY",
    name: "a new root signed by its new key only",
    attack: rotate((_, fresh) => [fresh]),
    answer: { code: "threshold-not-met", role: "root", authority: "root 1", have: 0, need: 2 },
  },
  {
    row: "36",
    threat: "T-TUF-ROOT-NEW-KEYS-ONLY",
    name: "a new root signed by the old threshold, not by its own",
    attack: rotate((old) => pick(old, 1, 2)),
    answer: { code: "threshold-not-met", role: "root", authority: "root 2", have: 1, need: 2 },
  },
  {
    row: "37",
    threat: "T-TUF-ROOT-ROTATION",
    name: "a new root signed by both thresholds",
    attack: rotate((old) => pick(old, 0, 1)),
    answer: "accept",
  },
  {
    row: "38",
    threat: "T-TUF-ROOT-GAP",
    name: "a root version skipped",
    attack: (repository) => {
      repository.publishRoot({ version: 4 });
      repository.served.set("2.root.json", repository.file("4.root.json"));
    },
    answer: { code: "root-version-gap", expected: 2, offered: 4 },
  },
  {
    row: "38",
    threat: "T-TUF-ROOT-GAP",
    name: "an old root served as the next",
    attack: (repository) => repository.served.set("2.root.json", repository.firstRoot),
    answer: { code: "root-version-gap", expected: 2, offered: 1 },
  },
  {
    row: "39",
    threat: "T-TUF-REVOKED-ONLINE-KEY",
    name: "online keys withdrawn, old metadata served",
    attack: (repository) => {
      repository.timestamp.keys = [repositoryKey()];
      repository.publishRoot();
    },
    answer: { code: "threshold-not-met", role: "timestamp", authority: "root", have: 0, need: 1 },
    learns: ["root.json", "snapshot.json", "timestamp.json"],
    freshLearns: ["root.json"],
  },
  {
    row: "40",
    threat: "T-TUF-REVOKED-ONLINE-KEY",
    name: "online keys withdrawn, metadata signed again",
    attack: (repository) => {
      repository.timestamp.keys = [repositoryKey()];
      repository.publishRoot();
      repository.publishTimestamp();
    },
    answer: "accept",
  },
  {
    row: "32",
    threat: "T-TUF-THRESHOLD",
    name: "a signature over something else",
    attack: (repository) => {
      repository.publishTimestamp();
      resign(repository, "timestamp.json", (list) => {
        list[0] = { keyid: repository.timestamp.keys[0]?.id ?? "", sig: "00".repeat(64) };
      });
    },
    answer: { code: "threshold-not-met", role: "timestamp", have: 0, need: 1 },
  },
];

describeTufAttacks("signatures and thresholds", signatures);

const ecdsaHex = (key: RepositoryKey): PlainJson => ({
  keytype: "ecdsa",
  scheme: "ecdsa-sha2-nistp256",
  keyval: { public: Buffer.from(key.publicKey.bytes).toString("hex") },
});

/** The point with only the sign of its y, in a PEM. */
function compressedPem(key: RepositoryKey): PlainJson {
  const { bytes } = key.publicKey;
  const prefix = Buffer.from("3039301306072a8648ce3d020106082a8648ce3d030107032200", "hex");
  const point = Buffer.from([2 + ((bytes.at(-1) ?? 0) & 1), ...bytes.subarray(1, 33)]);
  const body = Buffer.concat([prefix, point]).toString("base64");
  const pem = `-----BEGIN PUBLIC KEY-----\n${body}\n-----END PUBLIC KEY-----\n`;
  return { keytype: "ecdsa", scheme: "ecdsa-sha2-nistp256", keyval: { public: pem } };
}

const ed25519Pem = (key: RepositoryKey): PlainJson => {
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), key.publicKey.bytes]);
  const pem = createPublicKey({ key: der, format: "der", type: "spki" }).export({ format: "pem", type: "spki" });
  return { keytype: "ed25519", scheme: "ed25519", keyval: { public: String(pem) } };
};

const spellings: readonly (readonly [string, "ed25519" | "p256", (key: RepositoryKey) => PlainJson])[] = [
  ["with a member more", "ed25519", (key) => ({ ...(key.object as Body), keyid_hash_algorithms: ["sha256"] })],
  ["Ed25519 as PEM", "ed25519", ed25519Pem],
  [
    "Ed25519 in capitals",
    "ed25519",
    (key) => withPublic(key, Buffer.from(key.publicKey.bytes).toString("hex").toUpperCase()),
  ],
  [
    "Ed25519, the negative point",
    "ed25519",
    (key) =>
      withPublic(key, Buffer.from(key.publicKey.bytes.with(31, (key.publicKey.bytes[31] ?? 0) ^ 0x80)).toString("hex")),
  ],
  ["P-256 as a hex point", "p256", ecdsaHex],
  ["P-256, compressed", "p256", compressedPem],
  ["P-256 by its older key type", "p256", (key) => ({ ...(key.object as Body), keytype: "ecdsa-sha2-nistp256" })],
  ["P-256 with other line ends", "p256", (key) => withPublic(key, publicText(key).replaceAll("\n", "\r\n"))],
];

const publicText = (key: RepositoryKey): string => (key.object as { keyval: { public: string } }).keyval.public;

const withPublic = (key: RepositoryKey, text: string): PlainJson => ({
  ...(key.object as Body),
  keyval: { public: text },
});

describeTufAttacks(
  "one key under two ids",
  spellings.map(([name, kind, object]) => ({
    row: name.includes("member") ? "41" : "46",
    threat: name.includes("member") ? "T-TUF-KEY-TWO-IDS" : "T-TUF-KEY-TWO-FORMS",
    name,
    before: () => TestRepository.withLine(kind),
    attack: (repository) => {
      const key = repository.timestamp.keys[0] ?? repositoryKey();
      repository.timestamp.keys = [key, respelled(key, object(key))];
      repository.timestamp.threshold = 2;
      repository.publishRoot();
      repository.publishTimestamp();
    },
    answer: { code: "duplicate-key", file: "2.root.json" },
  })),
);

describeTufAttacks("key ids", [
  {
    row: "45",
    threat: "T-TUF-KEYID-MISMATCH",
    name: "an id that is not the hash of its key",
    attack: (repository) => {
      const key = repositoryKey();
      repository.timestamp.keys = [{ ...key, id: "ab".repeat(32) }];
      repository.publishRoot();
      repository.publishTimestamp();
    },
    answer: { code: "keyid-mismatch", file: "2.root.json", keyId: "ab".repeat(32) },
  },
  {
    row: "45",
    threat: "T-TUF-KEYID-MISMATCH",
    name: "the right hash of a key object with a member more",
    attack: (repository) => {
      const key = repositoryKey();
      repository.timestamp.keys = [respelled(key, { ...(key.object as Body), "x-holder": "A. Moser" })];
      repository.publishRoot();
      repository.publishTimestamp();
    },
    answer: "accept",
  },
  {
    row: "41",
    threat: "T-TUF-KEY-TWO-IDS",
    name: "a second id for a line key, in the delegation",
    attack: (repository) => {
      const line = repository.role("line-drives");
      const [key = repositoryKey()] = line.keys;
      line.keys = [key, respelled(key, { ...(key.object as Body), note: "the same" })];
      line.threshold = 2;
      repository.publishRole("line-drives");
      publishTargets(repository);
    },
    answer: { code: "duplicate-key", file: "2.targets.json" },
    learns: ["snapshot.json", "timestamp.json"],
  },
]);

/** A key that only this test knows how to use. */
function p384Key(): RepositoryKey {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const object = {
    keytype: "ecdsa",
    scheme: "ecdsa-sha2-nistp384",
    keyval: { public: String(publicKey.export({ format: "pem", type: "spki" })) },
  };
  const der = publicKey.export({ format: "der", type: "spki" });
  return {
    id: idOf(object),
    object,
    publicKey: { scheme: "ecdsa-p384-sha384", bytes: new Uint8Array(der.subarray(-97)) },
    sign: (message) => sign("sha384", message, privateKey).toString("hex"),
  };
}

describeTufAttacks("algorithms", [
  {
    row: "57",
    threat: "T-TUF-WRONG-HASH",
    name: "P-384 with SHA-384",
    attack: (repository) => {
      repository.timestamp.keys = [p384Key()];
      repository.publishRoot();
      repository.publishTimestamp();
    },
    answer: { code: "algorithm-not-allowed", role: "timestamp", scheme: "ecdsa-sha2-nistp384" },
    learns: ["root.json", "snapshot.json", "timestamp.json"],
    freshLearns: ["root.json"],
  },
  {
    row: "57",
    threat: "T-TUF-WRONG-HASH",
    name: "P-384 beside a key that is enough",
    attack: (repository) => {
      repository.timestamp.keys.push(p384Key());
      repository.publishRoot();
      repository.publishTimestamp();
    },
    answer: "accept",
  },
]);

describe.each(clientKinds)("what is beside enough signatures, client %s", (kind) => {
  test("empty and invalid ones are told and do not refuse", () => {
    const repository = TestRepository.withLine();
    const client = clientOf(kind, repository);
    const other = repositoryKey();
    repository.timestamp.keys.push(other, repositoryKey());
    repository.timestamp.signers = repository.timestamp.keys.slice(0, 1);
    repository.publishRoot();
    repository.publishTimestamp();
    const stranger = repositoryKey();
    resign(repository, "timestamp.json", (list) => {
      list.push({ keyid: other.id, sig: "" }, { keyid: stranger.id, sig: "00" });
    });
    expect(client.update(knownTarget)).toMatchObject({ ok: true });
    expect(client.notes).toContainEqual({ code: "signature-ignored", role: "timestamp", keyId: other.id });
  });
});

test("a foreign valid signature never counts", () => {
  const repository = TestRepository.withLine();
  const client = new TestClient(repository);
  repository.timestamp.signers = repository.snapshot.keys;
  repository.publishTimestamp();
  expect(client.refresh()).toMatchObject({ ok: false, error: { code: "threshold-not-met", have: 0 } });
});

test("ML-DSA-65 counts only where it was asked for", () => {
  const repository = TestRepository.withLine();
  const { publicKey, privateKey } = generateKeyPairSync("ml-dsa-65");
  const bytes = new Uint8Array(publicKey.export({ format: "der", type: "spki" }).subarray(-1952));
  const object = { keytype: "ml-dsa", scheme: "ml-dsa-65", keyval: { public: Buffer.from(bytes).toString("hex") } };
  const key: RepositoryKey = {
    id: idOf(object),
    object,
    publicKey: { scheme: "ml-dsa-65", bytes },
    sign: (message) => sign(null, message, privateKey).toString("hex"),
  };
  repository.timestamp.keys = [key];
  repository.publishRoot();
  repository.publishTimestamp();
  const refused = new TestClient(repository).refresh();
  expect(refused).toMatchObject({ ok: false, error: { code: "algorithm-not-allowed", scheme: "ml-dsa-65" } });
  const asked = new TestClient(repository, { policy: { schemes: [...standardSchemes, mlDsa65Scheme] } });
  expect(asked.refresh()).toMatchObject({ ok: true });
});

test("the signed bytes are the canonical form of what was received, unknown members included", () => {
  const repository = TestRepository.withLine();
  repository.edit = (_, body) => {
    body["x-extension"] = { zeta: [1, null, true], 'quote"s': "back\\slash" };
  };
  repository.publishTimestamp();
  expect(canonicalJson(jsonValue({ b: '"', a: "\\" }))).toEqual(new TextEncoder().encode('{"a":"\\\\","b":"\\""}'));
  expect(new TestClient(repository).refresh()).toMatchObject({ ok: true });
});

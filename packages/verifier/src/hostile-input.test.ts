import { encode, Tagged } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  buildEnvelope,
  type CommandInput,
  type ComponentId,
  defaultLimits,
  encloseBytes,
  encodeDigest,
  firmwareEncryption24,
  type ManifestInput,
  manifestDigest,
  type SequenceInput,
  serializeManifest,
  trustDomains12,
  updateManagement14,
} from "@sumac/suit";
import { describe, expect, test } from "vitest";
import { blockBy, classId, roleOf, testKey, vendorId } from "./signed-release.test.support.ts";
import { type VerifyContext, verifyEnvelope } from "./verify-envelope.ts";

/** Inputs as large as the limit allows, made to be expensive. What they cost is counted, not timed. */

const size = defaultLimits.maxBytes;
const key = testKey("ed25519");
const stranger = testKey("ed25519");

interface Work {
  signatures: number;
  digested: number;
  /** How often the state of a component was asked for. */
  looks: number;
}

function measured(bytes: Uint8Array): { readonly code: string; readonly work: Work } {
  const work: Work = { signatures: 0, digested: 0, looks: 0 };
  const crypto: Crypto = {
    ...nodeCrypto,
    verify: (...given) => {
      work.signatures += 1;
      return nodeCrypto.verify(...given);
    },
    startDigest: (name) => {
      const running = nodeCrypto.startDigest(name);
      const update = (chunk: Uint8Array): void => {
        work.digested += chunk.length;
        running.update(chunk);
      };
      return { update, digest: () => running.digest() };
    },
  };
  const context: VerifyContext = {
    crypto,
    trust: { roles: [roleOf("release", [key])], legacyAlgorithms: [] },
    recipient: { vendorIds: "any", classIds: "any", components: "any" },
    installed: { floor: 0n },
    limits: { ...defaultLimits, extensions: [trustDomains12, updateManagement14, firmwareEncryption24] },
    dependencies: { installed: () => ({ floor: 0n }) },
    facts: {
      componentImage: () => {
        work.looks += 1;
        return undefined;
      },
    },
  };
  const answer = verifyEnvelope(bytes, context);
  return { code: answer.ok ? "accepted" : answer.error.code, work };
}

interface Parts {
  readonly manifest?: Uint8Array;
  readonly blocks?: (digest: Uint8Array) => readonly Uint8Array[];
  readonly payloads?: ReadonlyMap<string, Uint8Array>;
}

const plain: ManifestInput = { sequenceNumber: 1n, components: [[Uint8Array.of(1)]] };

function envelope({
  manifest = serializeManifest(plain),
  blocks = (digest) => [blockBy(key, digest)],
  payloads,
}: Parts): Uint8Array {
  const digest = manifestDigest(encloseBytes(manifest), "sha-256", nodeCrypto);
  const digestElement = encodeDigest(digest);
  const integratedPayloads = payloads ?? new Map();
  return buildEnvelope({ digestElement, blocks: blocks(digestElement), manifestBytes: manifest, integratedPayloads });
}

const nested = (open: number, depth: number): Uint8Array => new Uint8Array(depth).fill(open);
const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const sequence = (...commands: CommandInput[]): SequenceInput => ({ commands });
const identity: CommandInput[] = [
  { kind: "set-component-index", index: "all" },
  { kind: "override-parameters", parameters: { vendorIdentifier: vendorId, classIdentifier: classId } },
  { kind: "condition", condition: "vendor-identifier", policy: 15 },
  { kind: "condition", condition: "class-identifier", policy: 15 },
];
const digest = { algorithm: "sha-256", bytes: new Uint8Array(32) } as const;

/** 32 components with identifiers of nearly 2 kB each, and commands for all of them. */
const wide = (...commands: CommandInput[]): Uint8Array => {
  const components: ComponentId[] = many(32, (i) => [new Uint8Array(1700).fill(i)]);
  return serializeManifest({
    ...plain,
    components,
    shared: sequence(...identity),
    install: { at: "inline", value: sequence(...commands) },
  });
};
const each = (commands: readonly CommandInput[]): CommandInput[] => [
  { kind: "set-component-index", index: "all" },
  ...commands,
];
const matches: readonly CommandInput[] = [
  { kind: "override-parameters", parameters: { imageDigest: digest } },
  ...many(120, (): CommandInput => ({ kind: "condition", condition: "image-match", policy: 15 })),
];
const failing: SequenceInput = sequence({ kind: "condition", condition: "abort", policy: 15 });
/** Both alternatives of every level do their work for each component, and then fail. Without a limit: 64 to the fourth. */
const branching = (depth: number): CommandInput => {
  const inner = depth === 0 ? [] : each([branching(depth - 1)]);
  return { kind: "try-each", sequences: many(2, () => sequence(...inner, ...failing.commands)), orNil: true };
};

const hostile: readonly (readonly [name: string, bytes: Uint8Array, code: string])[] = [
  ["zeros", new Uint8Array(size), "malformed"],
  ["a byte too many", new Uint8Array(size + 1), "too-large"],
  ["an array of 65,533 numbers", Uint8Array.of(0x99, 0xff, 0xfd, ...new Uint8Array(size - 3)), "limit-exceeded"],
  [
    "the same with the right tag",
    Uint8Array.of(0xd8, 0x6b, 0x99, 0xff, 0xfb, ...new Uint8Array(size - 5)),
    "limit-exceeded",
  ],
  ["arrays in arrays", Uint8Array.of(0xd8, 0x6b, ...nested(0x81, size - 2)), "malformed"],
  ["maps in maps", Uint8Array.of(0xd8, 0x6b, ...nested(0xa1, size - 2)), "malformed"],
  ["65,531 empty texts", Uint8Array.of(0xd8, 0x6b, 0x99, 0xff, 0xfb, ...nested(0x60, size - 5)), "limit-exceeded"],
  ["65,531 empty maps", Uint8Array.of(0xd8, 0x6b, 0x99, 0xff, 0xfb, ...nested(0xa0, size - 5)), "limit-exceeded"],
  ["a count of 2^64 - 1", Uint8Array.of(0xd8, 0x6b, 0xbb, ...nested(0xff, size - 3)), "malformed"],
  [
    "13,000 integrated payloads",
    envelope({ payloads: new Map(many(13_000, (i) => [i.toString(36), new Uint8Array()])) }),
    "limit-exceeded",
  ],
  [
    "500 signatures by a trusted key's id",
    envelope({ blocks: (d) => many(500, () => blockBy(stranger, d, { keyId: key.trusted.keyId })) }),
    "limit-exceeded",
  ],
  [
    "as many as are looked at",
    envelope({ blocks: (d) => many(16, () => blockBy(stranger, d, { keyId: key.trusted.keyId })) }),
    "signature-invalid",
  ],
  [
    "as many without any key id",
    envelope({ blocks: (d) => many(16, () => blockBy(stranger, d, { keyId: "none" })) }),
    "signature-invalid",
  ],
  [
    "a protected header of 60 kB",
    envelope({
      blocks: () => [
        encode(
          new Tagged(18, [encode(new Map(many(15_000, (i) => [i + 10_000, 0]))), new Map(), null, new Uint8Array(64)]),
        ),
      ],
    }),
    "limit-exceeded",
  ],
  ["signed: a manifest of 60,000 numbers", envelope({ manifest: encode(many(60_000, () => 0)) }), "limit-exceeded"],
  [
    "signed: 20,000 commands",
    envelope({
      manifest: serializeManifest({
        ...plain,
        validate: sequence(...many(20_000, (): CommandInput => ({ kind: "condition", condition: "abort", policy: 0 }))),
      }),
    }),
    "limit-exceeded",
  ],
  [
    "signed: 5,000 components",
    envelope({ manifest: serializeManifest({ ...plain, components: many(5_000, (i) => [Uint8Array.of(i >> 8, i)]) }) }),
    "limit-exceeded",
  ],
  [
    "signed: 10,000 dependencies",
    envelope({ manifest: serializeManifest({ ...plain, dependencies: many(10_000, (index) => ({ index })) }) }),
    "limit-exceeded",
  ],
  [
    "signed: try-each with 8,000 sequences",
    envelope({
      manifest: serializeManifest({
        ...plain,
        validate: sequence({ kind: "try-each", sequences: many(8_000, () => failing), orNil: true }),
      }),
    }),
    "limit-exceeded",
  ],
  [
    "signed: a list of 30,000 indices",
    envelope({
      manifest: serializeManifest({
        ...plain,
        validate: sequence({ kind: "set-component-index", index: many(30_000, () => 0) }),
      }),
    }),
    "limit-exceeded",
  ],
  ["signed: commands for 32 long-named components each", envelope({ manifest: wide(...each(matches)) }), "accepted"],
  [
    "signed: more of them than are carried out",
    envelope({ manifest: wide(...each([...matches, ...matches.slice(1, 10)])) }),
    "command-failed",
  ],
  ["signed: alternatives that multiply", envelope({ manifest: wide(...each([branching(4)])) }), "command-failed"],
  [
    "signed: a text of 60 kB in every place",
    envelope({ manifest: serializeManifest({ ...plain, referenceUri: "\u{1f9e8}".repeat(15_000) }) }),
    "identity-missing",
  ],
];

describe("hostile input", () => {
  for (const [name, bytes, code] of hostile) {
    test(`${name}: ${code}, with bounded work`, () => {
      expect(bytes.length).toBeLessThanOrEqual(size + 1);
      const answer = measured(bytes);
      expect(answer.code).toBe(code);
      expect(answer.work.signatures).toBeLessThanOrEqual(defaultLimits.maxBlocks);
      // The manifest once; nothing else here has a digest.
      expect(answer.work.digested).toBeLessThanOrEqual(bytes.length);
      // Twice the commands of a procedure: identity first, then the plan of the update (and of the invocation).
      expect(answer.work.looks).toBeLessThanOrEqual(2 * 4096);
    });
  }
});

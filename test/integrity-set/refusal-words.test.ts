import { readFileSync } from "node:fs";
import path from "node:path";
import { bytesToHex, equalBytes } from "@sumac/crypto";
import { type DeviceProblem, explainDevice, explainDeviceWord, explainFault } from "@sumac/device";
import { type Explanation, explain, explainTrustRecord } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import { flip } from "../support/crafted-envelope.ts";
import { fixture } from "../support/example-product.ts";
import {
  foreign,
  imageOf,
  newer,
  offer,
  ownerPart,
  provisioned,
  release,
  trustUpdate,
  vendorPart,
} from "../support/sample-device.ts";

const packages = path.resolve(import.meta.dirname, "../../packages");
const casesIn = (file: string): string[] => {
  const source = readFileSync(path.join(packages, file), "utf8");
  return Array.from(source.matchAll(/^ {4}case "([a-z-]+)"/gm), ([, code = ""]) => code);
};
const faultCodes = (): string[] => {
  const source = readFileSync(path.join(packages, "device/src/explain.ts"), "utf8");
  const table = source.slice(source.indexOf("const faults:"));
  return Array.from(table.matchAll(/^ {2}"?([a-z-]+)"?: say\(/gm), ([, code = ""]) => code);
};

const digest = "ab".repeat(32);
/**
 * Every fact that a sentence may use, reviewed: numbers, names, public ids and digests. None is a key's private half, a
 * passphrase, a token, or bytes of an image or of memory. A sentence with another fact in it is found.
 */
const reviewed: Readonly<Record<string, unknown>> = {
  ...{ offset: 12, size: 5n, limit: 4n, label: 7, have: 1, need: 2, attempts: 3, threshold: 4, keys: 3, line: 3 },
  ...{ excess: 1, capacity: 9, sequence: 5n, floor: 6n, offered: 5n, kept: 6n, useBefore: 1n, now: 2n, received: 3n },
  ...{ index: 3, dependency: 0, manifest: [0, 1], section: "install", againInMs: 60_000 },
  ...{ field: "manifest.common", reason: "wrong-type", member: "install", condition: "image-match", command: "fetch" },
  ...{ role: "release", part: "any", profile: "classic", of: "manifest", digest: "sha-256", scheme: "ed25519" },
  ...{ ring: "general", slot: "a", fault: "storage-failed", algorithm: -8, component: "66697265" },
  ...{ keyId: digest, keyIds: [digest], claimed: digest, computed: digest, expected: digest },
  ...{
    how: "exit code 3",
    file: "unit/events.log",
    wrong: 1,
    asked: 34,
    name: "ed25519: a good update",
    answered: "signature-invalid",
  },
  ...{ by: "anna", seconds: 7200n, longest: 3600n, from: 1n, until: 2n },
  ...{ device: [[Uint8Array.of(0x66)]], missing: [[Uint8Array.of(0x66)]] },
};
/** The same name for different facts. */
const special: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "command-failed": { because: "parameter-missing" },
  "decryption-failed": { because: "tag-mismatch" },
  "dependency-refused": { because: { code: "rollback", offered: 5n, floor: 6n } },
  "trust-new-root-refused": { because: { code: "signer-unknown", keyIds: [digest] } },
  "trust-update-strands-device": { because: { code: "signer-unknown", keyIds: [digest] } },
  "trust-record-refused": { part: "vendor", problem: { code: "trust-no-root-role" } },
  "state-unreadable": { because: "no-valid-copy" },
  "state-malformed": { problem: { code: "malformed", reason: "missing", field: "state.floor", offset: 1 } },
  "no-usable-slot": { slots: { a: { code: "slot-empty" }, b: { code: "slot-damaged" } } },
  "components-misfit": { slots: [[Uint8Array.of(0x66)]] },
  "backup-invalid": { because: "digest-differs" },
  "limit-exceeded": { limit: "commands" },
  "report-impossible": { because: "no-reference-uri" },
};

const unreviewed: string[] = [];
const factsOf = (code: string): { readonly code: string } =>
  new Proxy(
    { code },
    {
      get(_, name) {
        if (name === "code") return code;
        if (typeof name !== "string") return undefined;
        const fact = special[code]?.[name] ?? reviewed[name];
        if (fact === undefined) unreviewed.push(`${name} of ${code}`);
        return fact;
      },
    },
  );

const tables: readonly (readonly [string, readonly string[], (problem: never) => Explanation])[] = [
  ["verifier/src/explain.ts", casesIn("verifier/src/explain.ts"), explain as (problem: never) => Explanation],
  [
    "verifier/src/explain-report.ts",
    casesIn("verifier/src/explain-report.ts"),
    explain as (problem: never) => Explanation,
  ],
  ["verifier/src/explain-trust-record.ts", casesIn("verifier/src/explain-trust-record.ts"), explainTrustRecord],
  ["device/src/explain.ts", casesIn("device/src/explain.ts"), explainDevice as (problem: never) => Explanation],
  ["device/src/log/explain-log.ts", casesIn("device/src/log/explain-log.ts"), explainDeviceWord],
];

/** A sentence for people and logs: one line, plain, with nothing that fell out of a program. */
function expectSober({ problem, remedy }: Explanation, code: string): void {
  for (const sentence of [problem, remedy]) {
    expect(sentence, code).toMatch(/^[a-z0-9][^\n\r]{5,}$/i);
    expect(sentence, code).not.toMatch(
      /undefined|null|\[object|NaN|Error|\bat .*:\d+:\d+|\.ts\b|node:|\/(home|root|tmp)\//,
    );
    expect(sentence, code).not.toMatch(/-----BEGIN|private key is|passphrase is/i);
  }
}

describe("CR 3.7: a refusal says what kind it is, and nothing of keys or memory", () => {
  for (const [file, codes, say] of tables) {
    test(`CR 3.7: every sentence of ${file} is made of reviewed facts`, () => {
      expect(codes.length).toBeGreaterThan(5);
      unreviewed.length = 0;
      for (const code of codes) expectSober(say(factsOf(code) as never), code);
      expect(unreviewed).toEqual([]);
    });
  }

  test("CR 3.7: every fault of the world has a sentence without a place in the program", () => {
    const codes = faultCodes();
    expect(codes.length).toBeGreaterThan(20);
    for (const code of codes) expectSober(explainFault(code as Parameters<typeof explainFault>[0]), code);
  });

  test("CR 3.7: what a device answers to attacks carries no byte of a private key, of the image it runs or of the one sent", async () => {
    const sample = await provisioned({ owner: ownerPart() });
    const sent: readonly Parameters<typeof offer>[1][] = [
      { ...newer, envelope: newer.envelope.subarray(0, 90) },
      { ...newer, envelope: flip(newer.envelope, 60) },
      await release(6n, [foreign]),
      await release(4n),
      newer,
      await trustUpdate({ part: "vendor", sequence: 1n, record: vendorPart(), signers: [foreign] }),
    ];
    const approved = await provisioned();
    const answers: DeviceProblem[] = [];
    for (const each of sent) {
      const answer = await offer(sample.device, each);
      if (!answer.ok) answers.push(answer.error);
    }
    for (const image of [flip(newer.image, 9), newer.image.subarray(1), Uint8Array.of(...newer.image, 1)]) {
      const answer = await offer(approved.device, { ...newer, image });
      if (!answer.ok) answers.push(answer.error);
    }
    expect(answers.length).toBe(sent.length + 3);
    const said = answers.map((answer) => {
      const { problem, remedy } = explainDevice(answer);
      return `${JSON.stringify(answer, (_, value) => (typeof value === "bigint" ? `${value}` : value))} ${problem} ${remedy}`;
    });
    for (const secret of [...privateKeys(), imageOf(5n), newer.image]) {
      for (const text of said) expect(carried(text, secret)).toEqual([]);
    }
  });

  test("CR 3.7: comparing secrets takes the same steps wherever they differ", () => {
    const expected = new Uint8Array(32).fill(7);
    const reads = (given: Uint8Array): number => {
      let count = 0;
      const watched = new Proxy(given, {
        get(target, name) {
          if (typeof name === "string" && /^\d+$/.test(name)) count++;
          return Reflect.get(target, name, target) as unknown;
        },
      });
      equalBytes(watched, expected);
      return count;
    };
    const counts = Array.from({ length: 32 }, (_, at) => reads(expected.with(at, 8)));
    expect(new Set([...counts, reads(expected)])).toEqual(new Set([32]));
  });
});

/** Of the TEST ONLY keys: the last 32 bytes of each PKCS#8 file are the secret itself, for Ed25519. */
function privateKeys(): Uint8Array[] {
  return ["vendor", "owner", "foreign"].map((holder) => {
    const pem = readFileSync(fixture("keys", `${holder}.test-only.private.pem`), "utf8");
    const base64 = pem.replace(/-----[^-]+-----/g, "").replace(/\s/g, "");
    return new Uint8Array(Buffer.from(base64, "base64")).slice(-32);
  });
}

/** Runs of eight bytes of the secret that stand in the text, as hex, Base64 or decimal numbers. */
function carried(text: string, secret: Uint8Array): string[] {
  const found: string[] = [];
  for (let at = 0; at + 8 <= secret.length; at += 4) {
    const part = secret.subarray(at, at + 8);
    const forms = [bytesToHex(part), Buffer.from(part).toString("base64").slice(0, 10), part.join(",")];
    found.push(...forms.filter((form) => text.includes(form)));
  }
  return found;
}

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type CborValue, decode, encode, Tagged } from "@sumac/cbor";
import { nodeCrypto } from "@sumac/crypto/node";
import { readPublicKey } from "@sumac/signing/node";
import {
  buildEnvelope,
  type CommandInput,
  type Condition,
  type Directive,
  digestOf,
  encloseBytes,
  encodeDigest,
  type ManifestInput,
  manifestDigest,
  type Parameters,
  serializeManifest,
} from "@sumac/suit";
import { serializeTrustRecord, type TrustRecord, trustKey } from "@sumac/verifier";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type BuiltRelease,
  buildRelease,
  emptyFolder,
  fixture,
  type Said,
  sumac,
  testPublicKey,
  twoLines,
} from "../sumac.test.support.ts";

let release: BuiltRelease;
let twice: BuiltRelease;
let unsigned: BuiltRelease;

beforeAll(async () => {
  release = await buildRelease(emptyFolder());
  twice = await buildRelease(emptyFolder(), { signers: ["vendor", "owner"] });
  unsigned = await buildRelease(emptyFolder(), { signers: [] });
});

const inspect = (...words: readonly string[]): Promise<Said> => sumac(["release", "inspect", ...words]);
const inspectBytes = (bytes: Uint8Array, ...words: readonly string[]): Promise<Said> =>
  sumac(["release", "inspect", "-", ...words], { stdin: bytes });
const vendor = ["--key", testPublicKey("vendor")];

/** A trust record that demands the plant's approval on top of the vendor's signature. */
async function trustFile(): Promise<string> {
  const key = async (holder: string) => {
    const read = await readPublicKey(testPublicKey(holder));
    if (!read.ok) throw new Error(read.error.code);
    return trustKey(read.value.publicKey, nodeCrypto);
  };
  const record: TrustRecord = {
    roles: [
      { name: "release/rtu", purpose: "release", threshold: 1, keys: [await key("vendor")], components: "any" },
      { name: "owner", purpose: "approval", threshold: 1, keys: [await key("owner")], components: "any" },
    ],
    legacyAlgorithms: [],
  };
  const file = path.join(emptyFolder(), "trust.cbor");
  writeFileSync(file, serializeTrustRecord(record));
  return file;
}

describe("the page", () => {
  test("tells what a person has to know before approving, digests in full", async () => {
    const said = await inspect(release.envelope);
    expect(said.code).toBe(0);
    const digest = release.uri.slice("sha256-".length, -".bin".length);
    for (const text of [
      "format          draft-ietf-suit-manifest-37\n",
      `vendor          ${release.vendorId} = "vendor.example"\n`,
      `class           ${release.classId} = "rtu-demo"\n`,
      'component 0     "firmware" (6669726d77617265)\n',
      "sequence        2 (the number that devices compare)\n",
      'version         "1.1.0" (for people: devices do not compare it)\n',
      "use before      no limit\n",
      "size            16488 bytes (16.1 KiB)\n",
      `sha-256         ${digest}\n`,
      `fetched from    "${release.uri}"\n`,
      "  to install\n",
      "    stop unless the component has the image digest  (reported)\n",
      "TEXT OF THE AUTHOR: for display only, no device reads it\n",
      `manifest        sha-256 ${release.manifestDigest}\n`,
    ]) {
      expect(said.stdout).toContain(text);
    }
  });
  test("says plainly that signatures were not checked, and only then", async () => {
    const unchecked = await inspect(release.envelope);
    expect(unchecked.stdout).toContain("SIGNATURES: NOT CHECKED\n");
    expect(unchecked.stdout).toContain("Ed25519 (-19): not checked\n");
    const checked = await inspect(release.envelope, ...vendor);
    expect(checked.stdout).toContain("SIGNATURES: CHECKED\n");
    expect(checked.stdout).not.toMatch(/not checked/i);
    expect(checked.stdout).toMatch(/Ed25519 \(-19\): VALID, release\n {18}key [0-9a-f]{64}\n/);
  });
  test("a trust record names the role of each signature, and the approval that is still open", async () => {
    const trust = ["--trust", await trustFile()];
    const both = await inspect(twice.envelope, ...trust);
    expect(both.code).toBe(0);
    expect(both.stdout).toContain("VALID, release/rtu\n");
    expect(both.stdout).toContain("VALID, owner\n");
    const one = await inspect(release.envelope, ...trust);
    expect(one.code).toBe(0);
    expect(one.stdout).toContain("role owner      0 of 1 needed: still to be approved\n");
  });
  test("a name that does not make the identifier is not taken for proof", async () => {
    const config = path.join(emptyFolder(), "sumac.yaml");
    const description = readFileSync(fixture("sumac.yaml"), "utf8");
    writeFileSync(config, description.replace("vendor.example", "other.example").replace("rtu-demo", "rtu-other"));
    const json = (await inspect(release.envelope, "--config", config, "--json")).json();
    expect(json).toMatchObject({ identity: { vendors: [{ id: release.vendorId, provedName: "vendor.example" }] } });
    expect((await inspect(release.envelope, "--config", config)).stdout).not.toContain("other.example");
  });
});

describe("bytes", () => {
  test("every byte stands once in the hex column, in the order of the file", async () => {
    const { stdout } = await inspect(release.envelope, "--bytes");
    expect(hexColumn(stdout)).toBe(readFileSync(release.envelope).toString("hex"));
  });
  test("the hash input, the digest and what each key signs can be computed again", async () => {
    const file = readFileSync(twice.envelope);
    const said = await inspect(twice.envelope, "--bytes", "--json");
    const { bytes, manifestDigest } = said.json() as {
      bytes: {
        digestInput: { offset: number; length: number };
        toBeSigned: string[];
        elements: { offset?: number; length?: number; bytes?: string }[];
      };
      manifestDigest: { value: string };
    };
    const { offset, length } = bytes.digestInput;
    const running = nodeCrypto.startDigest("sha-256");
    running.update(file.subarray(offset, offset + length));
    expect(Buffer.from(running.digest()).toString("hex")).toBe(manifestDigest.value);
    expect(manifestDigest.value).toBe(twice.manifestDigest);
    expect(bytes.toBeSigned).toHaveLength(2);
    for (const hex of bytes.toBeSigned) {
      const structure = decode(Buffer.from(hex, "hex"), { field: "Sig_structure" });
      expect(structure).toMatchObject({ ok: true, value: { items: [{ value: "Signature1" }, {}, {}, {}] } });
      expect(hex).toContain(twice.manifestDigest);
    }
    const placed = bytes.elements.filter((element) => element.offset !== undefined);
    expect(placed.length).toBeGreaterThan(25);
    for (const { offset: at = 0, length: size = 0, bytes: hex } of placed) {
      expect(file.subarray(at, at + size).toString("hex")).toBe(hex);
    }
    const page = (await inspect(twice.envelope, "--bytes")).stdout;
    expect(page).toContain(`manifest: bytes ${offset} to ${offset + length - 1} (${length}), byte string head`);
    for (const hex of bytes.toBeSigned) expect(page).toContain(` ${hex}\n`);
  });
});

/** The dump without its offsets and words. */
function hexColumn(page: string): string {
  const start = page.indexOf("BYTES: ");
  const dump = page.slice(start, page.indexOf("WHAT IS HASHED", start)).split("\n").slice(1);
  return dump.map((line) => line.slice(9, 41).trim()).join("");
}

describe("judged", () => {
  const flipped = (file: string, at: (bytes: Buffer) => number): Uint8Array => {
    const bytes = readFileSync(file);
    const offset = at(bytes);
    bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset);
    return bytes;
  };
  test.each([
    ["signed as demanded", () => readFileSync(release.envelope), () => vendor, 0, undefined, "signed"],
    ["by nobody asked", () => readFileSync(release.envelope), () => [], 0, undefined, "not-checked"],
    ["unsigned", () => readFileSync(unsigned.envelope), () => vendor, 3, "threshold-not-met", "refused"],
    [
      "by a stranger",
      () => readFileSync(release.envelope),
      () => ["--key", testPublicKey("foreign")],
      3,
      "signer-unknown",
      "refused",
    ],
    [
      "one signature of two",
      () => readFileSync(release.envelope),
      () => [...vendor, "--key", testPublicKey("owner"), "--threshold", "2"],
      3,
      "threshold-not-met",
      "refused",
    ],
    [
      "a bit of the signature",
      () => flipped(release.envelope, () => 120),
      () => vendor,
      3,
      "signature-invalid",
      "refused",
    ],
    [
      "a bit of the image digest, though the signature holds",
      () => flipped(release.envelope, (bytes) => bytes.indexOf(Buffer.from("0e194068", "hex")) - 2),
      () => vendor,
      3,
      "manifest-digest-mismatch",
      "refused",
    ],
    [
      "the same where nobody is asked",
      () => flipped(release.envelope, (bytes) => bytes.indexOf(Buffer.from("0e194068", "hex")) - 2),
      () => [],
      3,
      "manifest-digest-mismatch",
      "refused",
    ],
    [
      "a bit of a text beside the manifest",
      () => flipped(release.envelope, (bytes) => bytes.length - 1),
      () => vendor,
      3,
      "severed-member-mismatch",
      "refused",
    ],
  ])("%s", async (_, bytes, words, exit, code, verdict) => {
    const said = await inspectBytes(bytes(), ...words(), "--json");
    expect(said.code).toBe(exit);
    expect(said.json()).toMatchObject({ verdict, ...(code === undefined ? {} : { code }), sequence: 2 });
    expect(said.stderr).toMatch(code === undefined ? /^$/ : twoLines(code));
    const page = await inspectBytes(bytes(), ...words());
    expect(page.stdout).toContain("WHAT A DEVICE DOES");
    expect(page.code).toBe(exit);
  });
  test.each([
    ["two ways to say whom to trust", () => ["--trust", "t", ...vendor], "options-conflict", 2],
    ["a threshold of no keys", () => ["--threshold", "2"], "missing-option", 2],
    ["a profile of no keys", () => ["--profile", "hybrid"], "missing-option", 2],
    ["a key where a trust record is expected", () => ["--trust", testPublicKey("vendor")], "malformed", 4],
    ["a trust record that is not there", () => ["--trust", "nowhere"], "file-not-found", 5],
  ])("%s", async (_, words, code, exit) => {
    const said = await inspect(release.envelope, ...words());
    expect(said.stderr).toMatch(twoLines(code));
    expect(said).toMatchObject({ code: exit, stdout: "" });
  });
});

describe("other layouts are named, with a remedy", () => {
  test.each([
    ["without its tag", () => readFileSync(release.envelope).subarray(2), /without its tag 107/, /D8 6B/],
    ["with install under key 17", () => earlier("17"), /draft before -27/, /draft-ietf-suit-manifest-37/],
    ["of draft -09", () => earlier("10"), /early draft such as -09/, /draft-ietf-suit-manifest-37/],
  ])("%s", async (_, bytes, problem, remedy) => {
    const said = await inspectBytes(bytes());
    expect(said.code).toBe(4);
    expect(said.stderr).toMatch(/^error\[other-layout\]: /);
    expect(said.stderr.split("\n")[0]).toMatch(problem);
    expect(said.stderr.split("\n")[1]).toMatch(remedy);
  });

  /** An unsigned envelope whose manifest has one member under this key. */
  function earlier(key: "10" | "17"): Uint8Array {
    const manifest = encode(
      new Map<number, CborValue>([
        [1, 1],
        [2, 1],
        [3, encode(new Map([[2, [[Uint8Array.of(0)]]]]))],
        [Number(key), encode([3, 15])],
      ]),
    );
    const digest = encode([-16, new Uint8Array(32)]);
    const members = new Map<number, CborValue>([
      [2, encode([digest])],
      [3, manifest],
    ]);
    return encode(new Tagged(107, members));
  }
});

const vectors = path.resolve(import.meta.dirname, "..", "..", "..", "..", "..", "shared", "vectors", "suit");
const published = existsSync(vectors)
  ? ["draft-37", "libcsuit", "trust-domains", "firmware-encryption"].flatMap((folder) =>
      readdirSync(path.join(vectors, folder))
        .filter((name) => /\.(cbor|suit)$/.test(name))
        .map((name) => path.join(folder, name)),
    )
  : [];
if (published.length === 0) console.warn(`skipped: no published vectors in ${vectors}`);

describe.skipIf(published.length === 0)("published envelopes", () => {
  test("are all there", () => {
    expect(published).toHaveLength(28);
  });
  test.each(published)("%s", async (name) => {
    const file = path.join(vectors, name);
    const said = await inspect(file, "--bytes");
    expect(said).toMatchObject({ code: 0, stderr: "" });
    expect(hexColumn(said.stdout)).toBe(readFileSync(file).toString("hex"));
    expect(said.stdout.includes("draft-ietf-suit-trust-domains-12")).toBe(/trust-domains|dependency/.test(name));
    expect(said.stdout.includes("draft-ietf-suit-firmware-encryption-24")).toBe(name.startsWith("firmware-encryption"));
    expect((await inspect(file, "--json", "--bytes")).json()).toMatchObject({ verdict: "not-checked" });
  });
  test("images that a device chooses from are told as a choice", async () => {
    const said = await inspect(path.join(vectors, "draft-37", "example3.signed.cbor"));
    expect(said.stdout.match(/\n {4}or, depending on the device\n {4}size {12}76834 bytes/g)).toHaveLength(1);
    const single = await inspect(path.join(vectors, "draft-37", "example1.signed.cbor"));
    expect(single.stdout).not.toContain("depending on the device");
  });
  test("an envelope inside is shown with its own signatures", async () => {
    const file = path.join(vectors, "trust-domains", "example2_integrated.cbor");
    const said = await inspect(file, "--key", path.join(vectors, "draft-37", "key.public.pem"));
    expect(said.code).toBe(0);
    expect(said.stdout).toContain('THE ENVELOPE INSIDE, "#dependent.suit"');
    expect(said.stdout.match(/VALID, release\n/g)).toHaveLength(2);
    expect(said.stdout).toContain('arguments of invoke: 9 bytes, 636174203030203130 = "cat 00 10"');
  });
});

/** An unsigned envelope around a manifest. */
function unsignedEnvelope(input: ManifestInput): Uint8Array {
  const manifestBytes = serializeManifest(input);
  const digest = manifestDigest(encloseBytes(manifestBytes), "sha-256", nodeCrypto);
  const digestElement = encodeDigest(digest);
  return buildEnvelope({ digestElement, blocks: [], manifestBytes, severed: new Map(), integratedPayloads: new Map() });
}
const set = (parameters: Parameters): CommandInput => ({ kind: "override-parameters", parameters });
const run = (directive: Directive): CommandInput => ({ kind: "directive", directive, policy: 0 });
const when = (condition: Condition): CommandInput => ({ kind: "condition", condition, policy: 0 });

test("the page and JSON say what runs, not what is set", async () => {
  const [good, evil] = [1, 2].map((byte) => digestOf(nodeCrypto, "sha-256", Uint8Array.of(byte)));
  if (good === undefined || evil === undefined) throw new Error("two digests");
  const bytes = unsignedEnvelope({
    sequenceNumber: 1n,
    components: [[Uint8Array.of(0)]],
    setVersion: [9, 9],
    shared: {
      commands: [
        set({ vendorIdentifier: new Uint8Array(16), deviceIdentifier: new Uint8Array(16), imageDigest: good }),
        when("vendor-identifier"),
      ],
    },
    install: {
      at: "inline",
      value: {
        commands: [
          set({ uri: "good.bin", useBefore: 4_000_000_000n }),
          run("fetch"),
          when("image-match"),
          set({ uri: "x" }),
        ],
      },
    },
    load: { commands: [set({ uri: "http://evil", imageDigest: evil }), run("fetch"), when("image-match")] },
  });
  const { stdout } = await inspectBytes(bytes);
  expect(stdout).toContain("vendor          00000000-0000-0000-0000-000000000000 (its name is not known)\n");
  expect(stdout).toContain("class           no command asks for one: devices refuse it\n");
  expect(stdout).toContain(
    "device          00000000-0000-0000-0000-000000000000: is set, but no command asks for it\n",
  );
  expect(stdout).toContain("set version     9.9 (signed: the version that is then installed)\n");
  expect(stdout).toMatch(/use before {6}no limit\n {2}use before {6}2096-.*: is set, but no command asks for it\n/);
  expect(stdout).toMatch(
    /to install\n {4}sha-256 .*\n {4}fetched from {4}"good.bin"\n {4}at each start\n {4}sha-256 .*\n {4}fetched from {4}"http:\/\/evil"\n/,
  );
  expect(stdout).not.toMatch(/depending on the device|fetched from {4}"x"/);
  const json = (await inspectBytes(bytes, "--json")).json();
  expect(json).toMatchObject({
    useBefore: [{ seconds: 4_000_000_000, asked: "never" }],
    identity: { devices: [{ asked: "never" }] },
    images: [
      { component: 0, procedure: "install", ways: [[{ does: "fetch", uri: "good.bin", isInside: false }]] },
      { component: 0, procedure: "start", ways: [[{ does: "fetch", uri: "http://evil" }]] },
    ],
    doubts: [],
    mentionedImages: [],
  });
});

describe("hostile input", () => {
  test("long identifiers that commands name again and again are written once", async () => {
    const index = Array.from({ length: 32 }, (_, i) => i);
    const again = Array.from({ length: 115 }, (): CommandInput => ({ kind: "set-component-index", index }));
    const bytes = unsignedEnvelope({
      sequenceNumber: 1n,
      components: index.map((i) => [new Uint8Array(1500).fill(i)]),
      shared: { commands: again },
      validate: { commands: again },
    });
    expect(bytes.length).toBeLessThan(65_536);
    for (const words of [[], ["--json"], ["--bytes"], ["--bytes", "--json"]]) {
      const { stdout } = await inspectBytes(bytes, ...words);
      expect(stdout.length).toBeLessThan(5_000_000);
      if (words.length === 0) expect(stdout.length).toBeLessThan(500_000);
    }
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\p{Default_Ignorable_Code_Point}]/u;

  test("never throws and never writes a control character, whichever byte is changed", {
    timeout: 120_000,
  }, async () => {
    const bytes = readFileSync(release.envelope);
    for (let at = 0; at < bytes.length; at++) {
      for (const value of [0x00, 0x1b, 0xff]) {
        const said = await inspectBytes(bytes.with(at, value), ...vendor, "--bytes");
        if (![0, 3, 4].includes(said.code) || unsafe.test(said.stdout + said.stderr)) {
          throw new Error(`byte ${at} = ${value}: ${said.code} ${said.stderr}`);
        }
      }
    }
  });
  test("texts, names and addresses that would move the cursor or turn the line round are shown escaped", async () => {
    const evil = "\u001b[2J\u202e\nSIGNATURES: CHECKED\u0007\u3164\u{e0100}";
    const component = [new TextEncoder().encode("c")];
    const ofOtherBytes = digestOf(nodeCrypto, "sha-256", Uint8Array.of(2));
    const manifestBytes = serializeManifest({
      sequenceNumber: 1n,
      components: [component],
      referenceUri: evil,
      install: {
        at: "inline",
        value: {
          commands: [
            {
              kind: "override-parameters",
              parameters: { uri: evil, imageDigest: ofOtherBytes, invokeArgs: new TextEncoder().encode(evil) },
            },
            { kind: "directive", directive: "fetch", policy: 0 },
          ],
        },
      },
      text: {
        at: "inline",
        value: {
          languages: [
            {
              language: "en",
              manifestDescription: evil,
              components: [{ component, version: evil, vendorDomain: evil }],
            },
          ],
        },
      },
    });
    const digest = manifestDigest(encloseBytes(manifestBytes), "sha-256", nodeCrypto);
    const bytes = buildEnvelope({
      digestElement: encodeDigest(digest),
      blocks: [],
      manifestBytes,
      severed: new Map(),
      integratedPayloads: new Map([[evil, Uint8Array.of(1)]]),
    });
    const said = await inspectBytes(bytes, "--bytes");
    expect(said.code).toBe(0);
    expect(said.stdout).not.toMatch(unsafe);
    expect(said.stdout).not.toMatch(/^SIGNATURES: CHECKED/m);
    expect(said.stdout).toContain(
      'version         "\\u{1b}[2J\\u{202e}\\nSIGNATURES: CHECKED\\u{7}\\u{3164}\\u{e0100}"',
    );
    expect(said.stdout).toContain("1 byte, UNSIGNED: nothing fetches it and compares it with its digest");
    const json = (await inspectBytes(bytes, "--json")).stdout;
    expect(json).not.toMatch(unsafe);
    expect(JSON.parse(json)).toMatchObject({ texts: [{ manifestDescription: evil }] });
  });
});

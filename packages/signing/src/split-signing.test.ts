import { createPublicKey, generateKeyPairSync, sign as signBytes } from "node:crypto";
import { decodeBase64, encodeBase64 } from "@sumac/cose";
import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { beforeAll, describe, expect, test } from "vitest";
import { explain } from "./explain.ts";
import { privateKeySigner } from "./node-private-key.ts";
import { build, makeSigner, opened, testDescription, testRelease } from "./release.test.support.ts";
import { signEnvelope } from "./sign-envelope.ts";
import type { Signer } from "./signer.ts";
import {
  parseSigningRequest,
  prepareSigning,
  type RequestedKey,
  type RequestedRole,
  type SigningRequest,
} from "./signing-request.ts";
import type { SplitRefusal } from "./split-refusal.ts";
import {
  type CarriedSignature,
  checkSignatures,
  combineSignatures,
  signingStatus,
  signRequest,
} from "./split-signing.ts";

const context = { crypto: nodeCrypto };
const unsigned = build().envelope;
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (written: string): Uint8Array => new TextEncoder().encode(written);

const [alice, bob, carol, mallory] = [makeSigner(), makeSigner(), makeSigner(), makeSigner()];
const p256 = makeSigner("esp256");
const key = ({ publicKey }: Signer, holder?: string): RequestedKey => ({
  publicKey,
  ...(holder === undefined ? {} : { holder }),
});
const twoOfThree: RequestedRole = {
  name: "release",
  threshold: 2,
  keys: [key(alice, "alice"), key(bob, "bob"), key(carol)],
};

function prepare(roles: readonly RequestedRole[] = [twoOfThree], envelope = unsigned): SigningRequest {
  const request = prepareSigning(envelope, roles, context);
  if (!request.ok) throw new Error(request.error.code);
  return request.value;
}

async function signatureOf(
  request: SigningRequest,
  signer: Signer,
  name = "signature.json",
): Promise<CarriedSignature> {
  const signed = await signRequest(request, signer, context);
  if (!signed.ok) throw new Error(signed.error.code);
  return { name, bytes: signed.value };
}

async function directly(signers: readonly Signer[], envelope = unsigned): Promise<Uint8Array> {
  let signed = envelope;
  for (const signer of signers) {
    const next = await signEnvelope(signed, signer, context);
    if (!next.ok) throw new Error(next.error.code);
    signed = next.value.envelope;
  }
  return signed;
}

/** The file with some of its members changed. */
const changed = (file: Uint8Array, members: Readonly<Record<string, unknown>>): Uint8Array =>
  bytes(JSON.stringify({ ...JSON.parse(text(file)), ...members }, null, 2));

const code = (result: { readonly ok: boolean; readonly error?: { readonly code: string } }): string | undefined =>
  result.error?.code;

describe("prepare", () => {
  test("says in words and digests what is to be signed and who is asked", () => {
    const { file } = prepare();
    const written = JSON.parse(text(file)) as { summary: string[]; toSign: { algorithm: string; bytes: string }[] };
    const digest = bytesToHex(opened(unsigned).digest.bytes);
    expect(written.summary.slice(0, 7)).toEqual([
      'vendor     "Example Vendor" ("vendor.example")',
      expect.stringMatching(/^vendor id {2}[0-9a-f-]{36}$/),
      'model      "rtu-demo"',
      expect.stringMatching(/^class id {3}[0-9a-f-]{36}$/),
      'version    "1.1.0"',
      "sequence   7",
      'component  "firmware" (6669726d77617265)',
    ]);
    expect(written.summary.slice(7)).toEqual([
      expect.stringMatching(/^image {6}sha-256 [0-9a-f]{64}, 15 bytes$/),
      `manifest   sha-256 ${digest}`,
      "role       release: 2 of 3",
      `key        ${bytesToHex(alice.keyId)} (Ed25519) of alice`,
      `key        ${bytesToHex(bob.keyId)} (Ed25519) of bob`,
      `key        ${bytesToHex(carol.keyId)} (Ed25519)`,
    ]);
    expect(written.toSign.map(({ algorithm }) => algorithm)).toEqual(["Ed25519"]);
  });

  test("gives the same file for the same input, which reads back as itself", () => {
    const request = prepare();
    expect(prepare().file).toEqual(request.file);
    const read = parseSigningRequest(request.file, context);
    expect(read.ok && [read.value.file, read.value.id]).toEqual([request.file, request.id]);
    const otherLineBreaks = bytes(text(request.file).replaceAll("\n", "\r\n"));
    const again = parseSigningRequest(otherLineBreaks, context);
    expect(again.ok && again.value.id).toEqual(request.id);
  });

  test("the bytes to sign are all that another tool needs", async () => {
    const pair = generateKeyPairSync("ed25519");
    const signer = privateKeySigner(pair.privateKey);
    if (!signer.ok) throw new Error(signer.error);
    const request = prepare([{ name: "release", threshold: 1, keys: [key(signer.value)] }]);
    const { toSign } = JSON.parse(text(request.file)) as { toSign: { bytes: string }[] };
    const message = decodeBase64(toSign[0]?.bytes ?? "") ?? new Uint8Array();
    const file = (await signatureOf(request, signer.value)).bytes;
    const byHand = changed(file, {
      signature: encodeBase64(new Uint8Array(signBytes(null, message, pair.privateKey))),
    });
    const combined = combineSignatures(request, [{ name: "by-hand", bytes: byHand }], context);
    expect(combined).toEqual({ ok: true, value: await directly([signer.value]) });
    expect(createPublicKey(pair.privateKey).asymmetricKeyType).toBe("ed25519");
  });

  const keys = twoOfThree.keys;
  test.each<[string, RequestedRole[]]>([
    ["no-role", []],
    ["no-key", [{ name: "a", threshold: 1, keys: [] }]],
    ["threshold", [{ name: "a", threshold: 4, keys }]],
    ["threshold", [{ name: "a", threshold: 0, keys }]],
    ["threshold", [{ name: "a", threshold: 1.5, keys }]],
    ["key-twice", [{ name: "a", threshold: 1, keys: [key(alice), key(alice, "other-name")] }]],
    ["role-twice", [twoOfThree, twoOfThree]],
    ["name", [{ name: "a\u202eb", threshold: 1, keys }]],
    ["name", [{ name: "a", threshold: 1, keys: [key(alice, "a b")] }]],
    ["too-many", Array.from({ length: 22 }, (_, i) => ({ name: `r${i}`, threshold: 1, keys }))],
  ])("refuses roles: %s", (reason, roles) => {
    expect(prepareSigning(unsigned, roles, context)).toMatchObject({
      ok: false,
      error: { code: "request-roles-invalid", reason },
    });
  });

  test("refuses an envelope that is not one thing", () => {
    const broken = unsigned.with(unsigned.length - 1, (unsigned.at(-1) ?? 0) ^ 1);
    expect(prepareSigning(broken, [twoOfThree], context).ok).toBe(false);
    expect(code(prepareSigning(bytes("{}"), [twoOfThree], context))).toBe("malformed");
  });
});

describe("combine", () => {
  test("gives the bytes of signing directly, whatever the order of the files", async () => {
    const request = prepare();
    const [a, b, c] = [
      await signatureOf(request, alice),
      await signatureOf(request, bob),
      await signatureOf(request, carol),
    ];
    const all = await directly([alice, bob, carol]);
    expect(combineSignatures(request, [a, b], context)).toEqual({ ok: true, value: await directly([alice, bob]) });
    expect(combineSignatures(request, [b, a], context)).toEqual({ ok: true, value: await directly([alice, bob]) });
    expect(combineSignatures(request, [c, b, a], context)).toEqual({ ok: true, value: all });
    expect(combineSignatures(request, [a, c], context)).toEqual({ ok: true, value: await directly([alice, carol]) });
  });

  test("several algorithms and roles: each signs its own bytes", async () => {
    const mlDsa = makeSigner("ml-dsa-65");
    const roles = [
      { name: "release", threshold: 1, keys: [key(alice), key(p256)] },
      { name: "post-quantum", threshold: 1, keys: [key(mlDsa)] },
      { name: "both", threshold: 2, keys: [key(p256), key(mlDsa)] },
    ];
    const request = prepare(roles);
    const files = [await signatureOf(request, mlDsa), await signatureOf(request, p256)];
    const combined = combineSignatures(request, files, context);
    if (!combined.ok) throw new Error(combined.error.code);
    const { blocks, digestElement } = opened(combined.value);
    expect(blocks.map((block) => block.kind === "sign1" && block.sign1.algorithm)).toEqual([-9, -49]);
    expect(digestElement).toEqual(opened(unsigned).digestElement);
    const signedAgain = await signEnvelope(combined.value, p256, context);
    expect(signedAgain.ok && signedAgain.value.outcome).toBe("already-signed");
  });

  test("a signature that the envelope bears counts, and its key is not asked again", async () => {
    const request = prepare([twoOfThree], await directly([bob]));
    const [status] = signingStatus(request, [], context);
    expect([status?.have, status?.need]).toEqual([1, 2]);
    expect(status?.keys.map(({ signed }) => signed)).toEqual(["no", "in-envelope", "no"]);
    expect(await signRequest(request, bob, context)).toMatchObject({ error: { code: "signature-twice" } });
    const combined = combineSignatures(request, [await signatureOf(request, alice)], context);
    expect(combined).toEqual({ ok: true, value: await directly([bob, alice]) });
  });

  test("status tells who is missing, with the files that are there", async () => {
    const request = prepare();
    const checked = checkSignatures(request, [await signatureOf(request, carol)], context);
    if (!checked.ok) throw new Error(checked.error.code);
    const [status] = signingStatus(request, checked.value, context);
    expect(status?.keys.map(({ holder, signed }) => [holder, signed])).toEqual([
      ["alice", "no"],
      ["bob", "no"],
      [undefined, "in-file"],
    ]);
    expect(status?.have).toBe(1);
  });
});

describe("T-SIGN-REQUEST: what is refused", () => {
  const request = prepare();
  const otherRelease = prepare([twoOfThree], build({ version: "1.1.1" }).envelope);
  const otherKeys = prepare([{ ...twoOfThree, keys: [...twoOfThree.keys, key(mallory)] }]);
  let [good, second]: CarriedSignature[] = [];
  beforeAll(async () => {
    good = await signatureOf(request, alice);
    second = await signatureOf(request, bob);
  });

  test("too few signatures, with the keys that have not signed", () => {
    const keyIds = [bob.keyId, carol.keyId];
    const error = { code: "signatures-missing", role: "release", have: 1, need: 2, keyIds };
    expect(combineSignatures(request, [good as CarriedSignature], context)).toEqual({ ok: false, error });
    expect(code(combineSignatures(request, [], context))).toBe("signatures-missing");
  });

  test("a signature twice, in one file or in two of different names", () => {
    const again = { ...(good as CarriedSignature), name: "again.json" };
    const error = { code: "signature-twice", file: "again.json", keyId: alice.keyId };
    expect(combineSignatures(request, [good as CarriedSignature, again], context)).toEqual({ ok: false, error });
  });

  test("a key that is not asked: when it signs, and when its file comes", async () => {
    const refused = await signRequest(request, mallory, context);
    expect(refused).toEqual({ ok: false, error: { code: "signer-not-asked", keyId: mallory.keyId } });
    const foreign = await signatureOf(otherKeys, mallory, "m.json");
    const forged = changed(foreign.bytes, { request: bytesToHex(request.id) });
    expect(combineSignatures(request, [{ name: "m.json", bytes: forged }], context)).toEqual({
      ok: false,
      error: { code: "signature-by-stranger", file: "m.json", keyId: mallory.keyId },
    });
  });

  test("a signature of another release, or for another request of this one", async () => {
    for (const [other, sameRelease] of [
      [otherRelease, "no"],
      [otherKeys, "yes"],
    ] as const) {
      const file = await signatureOf(other, alice, "a.json");
      const error = { code: "signature-other-request", file: "a.json", sameRelease };
      expect(combineSignatures(request, [file], context)).toEqual({ ok: false, error });
    }
    // Told to be for this request, it does not verify.
    const moved = changed((await signatureOf(otherRelease, alice)).bytes, {
      request: bytesToHex(request.id),
      manifestDigest: JSON.parse(text(request.file)).manifestDigest,
    });
    expect(code(combineSignatures(request, [{ name: "a", bytes: moved }], context))).toBe("signature-unverified");
  });

  test("a signature under another key's name", () => {
    const renamed = changed((good as CarriedSignature).bytes, { keyId: bytesToHex(bob.keyId) });
    expect(combineSignatures(request, [{ name: "b", bytes: renamed }], context)).toEqual({
      ok: false,
      error: { code: "signature-unverified", file: "b", keyId: bob.keyId },
    });
  });

  test("one bad file spoils the step, however many good ones there are", () => {
    const bad = { name: "bad", bytes: bytes("{}") };
    const files = [good as CarriedSignature, second as CarriedSignature, bad];
    expect(code(combineSignatures(request, files, context))).toBe("split-file-wrong");
  });

  const malformed: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ["version", { version: 2 }],
    ["request", { request: "00" }],
    ["manifestDigest", { manifestDigest: 1 }],
    ["manifestDigest", { manifestDigest: "sha-256 00" }],
    ["keyId", { keyId: "alice" }],
    ["signature", { signature: "***" }],
    ["algorithm", { algorithm: "ES256" }],
    ["an unknown member", { comment: "hello" }],
  ];
  test.each(malformed)("a signature file with a wrong %s: %o", (field, members) => {
    const file = { name: "s", bytes: changed((good as CarriedSignature).bytes, members) };
    const error = { code: "split-file-malformed", wanted: "envelope-signature", field, file: "s" };
    expect(combineSignatures(request, [file], context)).toEqual({ ok: false, error });
  });

  test("the wrong file at a step, named as what it is", () => {
    const found = (given: Uint8Array) => {
      const result = parseSigningRequest(given, context, "f");
      return result.ok || result.error.code !== "split-file-wrong" ? undefined : result.error.found;
    };
    expect(found((good as CarriedSignature).bytes)).toBe("envelope-signature");
    expect(found(unsigned)).toBe("suit-envelope");
    expect(found(bytes("<html>"))).toBe("html");
    expect(found(new Uint8Array())).toBe("empty");
    expect(found(bytes("[]"))).toBe("unknown");
    const asSignature = combineSignatures(request, [{ name: "r", bytes: request.file }], context);
    expect(asSignature).toMatchObject({
      error: { code: "split-file-wrong", wanted: "envelope-signature", found: "signing-request", file: "r" },
    });
  });

  test("a file that was cut anywhere", () => {
    for (let length = 40; length < request.file.length - 1; length += 97) {
      expect(parseSigningRequest(request.file.subarray(0, length), context, "r")).toEqual({
        ok: false,
        error: { code: "split-file-malformed", wanted: "signing-request", field: "end", file: "r" },
      });
    }
  });

  const written = JSON.parse(text(request.file));
  const altered: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
    ["another version in its words", { summary: ['version    "9.9.9"'] }, "summary"],
    ["other bytes to sign", { toSign: [{ ...written.toSign[0], bytes: encodeBase64(bytes("x")) }] }, "toSign"],
    ["another digest", { manifestDigest: `sha-256 ${"0".repeat(64)}` }, "manifestDigest"],
    ["another release", { envelope: JSON.parse(text(otherRelease.file)).envelope }, "summary"],
    ["one more member", { urgent: true }, "urgent"],
    ["a lower threshold", { roles: [{ ...written.roles[0], threshold: 1 }] }, "summary"],
    ["another key under the same id", { roles: JSON.parse(text(otherKeys.file)).roles }, "summary"],
  ];
  test.each(altered)("a request with %s", (_, members, member) => {
    expect(parseSigningRequest(changed(request.file, members), context)).toEqual({
      ok: false,
      error: { code: "request-altered", member },
    });
  });

  test("a request whose envelope was altered inside", () => {
    const envelope = decodeBase64(written.envelope) ?? new Uint8Array();
    const broken = envelope.with(envelope.length - 3, (envelope.at(-3) ?? 0) ^ 1);
    const file = changed(request.file, { envelope: encodeBase64(broken) });
    expect(parseSigningRequest(file, context).ok).toBe(false);
  });

  test.each([
    ["version", { version: 7 }],
    ["envelope", { envelope: 1 }],
    ["envelope", { envelope: "%" }],
    ["roles", { roles: {} }],
    ["roles", { roles: [{ name: "a", threshold: 1, keys: [{ publicKey: "x" }] }] }],
    ["roles", { roles: [null] }],
  ])("a request with a wrong %s: %o", (field, members) => {
    expect(parseSigningRequest(changed(request.file, members), context, "r")).toEqual({
      ok: false,
      error: { code: "split-file-malformed", wanted: "signing-request", field, file: "r" },
    });
  });

  test("a signer that answers nonsense", async () => {
    const faulty: Signer = { ...alice, sign: async () => new Uint8Array(64) };
    expect(await signRequest(request, faulty, context)).toMatchObject({ error: { code: "signer-faulty" } });
  });

  test("flipped bits of a request are refused or change nothing, those of a signature file are refused", () => {
    for (let at = 0; at < request.file.length; at += 13) {
      const result = parseSigningRequest(request.file.with(at, (request.file[at] ?? 0) ^ 4), context);
      if (result.ok) expect(result.value.id).toEqual(request.id);
    }
    const file = (good as CarriedSignature).bytes;
    for (let at = 0; at < file.length; at++) {
      const flipped = { name: "s", bytes: file.with(at, (file[at] ?? 0) ^ 4) };
      expect(checkSignatures(request, [flipped], context).ok, `byte ${at}`).toBe(false);
    }
  });

  test("every refusal is one line and one remedy", () => {
    const facts: readonly SplitRefusal[] = [
      { code: "request-roles-invalid", reason: "threshold", role: "a" },
      { code: "split-file-wrong", wanted: "signing-request", found: "envelope-signature", file: "f" },
      { code: "split-file-wrong", wanted: "envelope-signature", found: "html", file: "f" },
      { code: "signature-twice", keyId: alice.keyId },
      { code: "signature-other-request", file: "f", sameRelease: "yes" },
      { code: "signature-other-request", file: "f", sameRelease: "no" },
    ];
    for (const fact of facts) {
      const { problem, remedy } = explain(fact);
      expect(`${problem}\n${remedy}`).toMatch(/^[^A-Z\n][^\n]*[^.\n]\n[^A-Z\n][^\n]*[^.\n]$/);
    }
  });
});

test("texts of a hostile author cannot leave their line", () => {
  const description = { ...testDescription, vendorName: "Good\u001b[2J\nsequence   9\u202e" };
  const { file } = prepare([twoOfThree], build({ description }).envelope);
  const { summary } = JSON.parse(text(file)) as { summary: string[] };
  expect(summary[0]).toMatch(/^vendor {5}"Good/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is there is what is tested
  for (const line of summary) expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
  expect(summary.filter((line) => line.startsWith("sequence"))).toEqual([`sequence   ${testRelease.sequence}`]);
});

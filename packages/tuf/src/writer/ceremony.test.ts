import { nodeCrypto } from "@sumac/crypto/node";
import { beforeAll, describe, expect, test } from "vitest";
import { authoritiesOf, combine } from "./combine.ts";
import { describeDraft } from "./describe-change.ts";
import { draftFlaw } from "./draft-shape.ts";
import { nextRoot } from "./root-change.ts";
import type { MetadataSigner } from "./seal-file.ts";
import { parseSignatureFile, type SignatureFile, serializeSignatureFile, signRequest } from "./signature-file.ts";
import { parseRequest, type SigningRequest, serializeRequest } from "./signing-request.ts";
import { must, TestVendor, testContext, testKey, testNow } from "./vendor.test.support.ts";
import type { WireMetadata, WireRoot } from "./wire-metadata.ts";

const id = (signer: MetadataSigner): string => Buffer.from(signer.keyId).toString("hex");
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe("a root ceremony", () => {
  let vendor: TestVendor;
  let draft: WireRoot;
  let file: Uint8Array;
  let request: SigningRequest;
  let holders: readonly MetadataSigner[];
  const newKey = testKey("p256");

  beforeAll(async () => {
    vendor = await TestVendor.begin();
    holders = vendor.keys.root;
    const remove = [id(holders[2] as MetadataSigner)];
    const change = { role: "root", add: [newKey.publicKey], remove } as const;
    draft = must(nextRoot(vendor.wireRoot(), [change], testContext()));
    const authorities = must(authoritiesOf({ role: "root", draft }, { ...vendor.inForce(), crypto: nodeCrypto }));
    const people = new Map([[id(newKey), "Ada"]]);
    file = serializeRequest({ role: "root", draft, previous: vendor.wireRoot(), authorities, people }, nodeCrypto);
    request = must(parseRequest(file, nodeCrypto));
  });

  const sign = async (signer: MetadataSigner | undefined, of: SigningRequest = request): Promise<SignatureFile> => {
    const signed = must(await signRequest(of, signer as MetadataSigner, { now: testNow }));
    return must(parseSignatureFile(serializeSignatureFile(signed)));
  };
  const joined = (signatures: readonly SignatureFile[], current = 1) =>
    combine(request, signatures, { ...vendor.inForce(), crypto: nodeCrypto, now: testNow, current });

  test("asks for the old threshold and the new one", () => {
    expect(request.needs.map(({ authority, threshold }) => [authority, threshold])).toEqual([
      ["root 1", 2],
      ["root 2", 2],
    ]);
  });

  test("says in words what is signed", () => {
    const { heading, lines } = describeDraft("root", draft, request.previous, (key) => request.people.get(key));
    const said = lines.map(({ sign: mark, text: line }) => `${mark} ${line}`);
    expect(heading).toBe("root version 2: the keys that everything else rests on");
    expect(said).toContain("- version 1");
    expect(said).toContain("+ version 2");
    expect(said).toContain(`+ root key Ada (${id(newKey).slice(0, 16)})`);
    expect(said).toContain(`- root key ${id(holders[2] as MetadataSigner).slice(0, 16)}`);
  });

  test("is complete with two who were there and stay", async () => {
    const done = must(joined([await sign(holders[0]), await sign(holders[1])]));
    expect(done.missing).toEqual([]);
  });

  test("tells who is missing, in each key list", async () => {
    const done = must(joined([await sign(holders[0])]));
    expect(done.missing).toEqual([
      {
        authority: "root 1",
        have: 1,
        need: 2,
        open: [id(holders[1] as MetadataSigner), id(holders[2] as MetadataSigner)],
      },
      { authority: "root 2", have: 1, need: 2, open: [id(holders[1] as MetadataSigner), id(newKey)] },
    ]);
  });

  test("is not complete with the new key alone: the old threshold counts", async () => {
    const done = must(joined([await sign(newKey), await sign(holders[0])]));
    expect(done.missing.map(({ authority, have }) => [authority, have])).toEqual([["root 1", 1]]);
  });

  test("refuses the signature of a stranger, on both sides", async () => {
    const stranger = testKey();
    expect(await signRequest(request, stranger, { now: testNow })).toMatchObject({
      error: { code: "signer-not-asked" },
    });
    const forged = await sign(stranger, {
      ...request,
      needs: [{ authority: "x", threshold: 1, keyIds: [id(stranger)] }],
    });
    expect(joined([forged])).toMatchObject({ ok: false, error: { code: "signer-not-asked", keyId: id(stranger) } });
  });

  test("refuses a signature of another draft, and one that does not verify", async () => {
    const good = await sign(holders[0]);
    expect(joined([{ ...good, digest: "00" }])).toMatchObject({ error: { code: "signature-of-other-draft" } });
    expect(joined([{ ...good, keyId: id(holders[1] as MetadataSigner) }])).toMatchObject({
      error: { code: "signature-invalid" },
    });
    expect(joined([{ ...good, signature: "zz" }])).toMatchObject({ error: { code: "signature-invalid" } });
  });

  test.each([
    [2, "request-outdated"],
    [0, "request-outdated"],
  ])("refuses a draft when the repository is at version %s", (current, code) => {
    expect(joined([], current)).toMatchObject({ ok: false, error: { code, version: 2, current } });
  });

  test.each([
    ["a year later", 366n, "draft-expired"],
    ["with a clock at 1970", -20000n, "draft-lives-too-long"],
  ])("is not signed %s", async (_, days, code) => {
    const now = days < 0n ? 0n : testNow + days * 86_400n;
    const signer = holders[0] as MetadataSigner;
    expect(await signRequest(request, signer, { now })).toMatchObject({ ok: false, error: { code } });
    const context = { ...vendor.inForce(), crypto: nodeCrypto, now, current: 1 };
    expect(combine(request, [], context)).toMatchObject({ ok: false, error: { code } });
  });

  test("refuses a request whose draft was changed on the way", () => {
    const changed = text(file).replace('"threshold":2', '"threshold":1');
    expect(parseRequest(new TextEncoder().encode(changed), nodeCrypto)).toMatchObject({
      ok: false,
      error: { code: "request-altered" },
    });
  });

  test.each([
    ["nothing", new Uint8Array()],
    ["another JSON", bytesOf({ a: 1 })],
    ["a signature file", bytesOf({ format: "sumac-signature-1" })],
    ["a list", bytesOf([])],
  ])("takes %s for no request, and for no signature", (_, bytes) => {
    expect(parseRequest(bytes, nodeCrypto)).toMatchObject({ ok: false, error: { code: "not-a-request" } });
    expect(parseSignatureFile(bytes)).toMatchObject({ ok: false, error: { code: "not-a-signature-file" } });
  });

  test("refuses a request that calls the draft another role", () => {
    const renamed = text(file).replace('"role":"root"', '"role":"targets"');
    expect(parseRequest(new TextEncoder().encode(renamed), nodeCrypto)).toMatchObject({
      ok: false,
      error: { code: "not-a-request", reason: "draft of type root" },
    });
  });

  const altered = (change: (outer: Altered) => void): Uint8Array => {
    const outer = JSON.parse(text(file)) as Altered;
    change(outer);
    return bytesOf(outer);
  };

  test.each<[string, (outer: Altered) => void, string]>([
    ["a member that nobody shows", ({ draft: wire }) => Object.assign(wire, { x: 1 }), "unknown member x"],
    [
      "a fifth role",
      ({ draft: wire }) => Object.assign(wire.roles, { mirrors: wire.roles["root"] }),
      "role mirrors in root",
    ],
    [
      "a previous version of another kind",
      ({ previous }) => Object.assign(previous, { _type: "snapshot" }),
      "previous: draft of type snapshot",
    ],
    [
      "a previous version without roles",
      (outer) => Object.assign(outer.previous, { roles: null }),
      "previous: signed.roles wrong-type",
    ],
  ])("refuses %s", (_, change, reason) => {
    expect(parseRequest(altered(change), nodeCrypto)).toEqual({ ok: false, error: { code: "not-a-request", reason } });
  });
});

interface Altered {
  readonly draft: { readonly roles: Record<string, unknown> };
  readonly previous: object;
}

describe("a draft of targets or of a line", () => {
  const base = {
    _type: "targets",
    expires: "2027-01-01T00:00:00Z",
    spec_version: "1.0.31",
    targets: {},
    version: 1,
  } as const;
  const role = { keyids: [], name: "line-a", paths: ["a/*/*"], terminating: true, threshold: 1 };
  const hashPrefixes = { keyids: [], name: "line-a", path_hash_prefixes: ["00"], terminating: true, threshold: 1 };
  const listed = (hashes: object) => ({ ...base, targets: { "a/b/c.suit": { hashes, length: 1 } } });
  const delegating = (...roles: readonly object[]) => ({ ...base, delegations: { keys: {}, roles } });

  test.each([
    ["nothing special", "targets", delegating(role), undefined],
    ["releases in targets", "targets", listed({ sha256: "00".repeat(32) }), "targets that lists releases"],
    ["a release without sha256", "line-a", listed({ sha512: "00".repeat(64) }), "a/b/c.suit without sha256"],
    ["delegations in a line", "line-a", delegating(role), "a line that delegates"],
    ["delegations that show no paths", "targets", delegating(hashPrefixes), "line-a without paths"],
    ["two of one path", "targets", delegating(role, { ...role, name: "line-b" }), "delegations-overlap"],
    ["a role with a bad name", "x/y", base, "role name"],
  ])("with %s: %s", (_, name, draft, flaw) => {
    expect(draftFlaw(name, draft as unknown as WireMetadata, nodeCrypto)).toBe(flaw);
  });
});

import { statSync } from "node:fs";
import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { Passphrase, SignerUnavailable } from "@sumac/signing";
import { signerContract } from "@sumac/signing/signer-contract";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { openPkcs11Key } from "./node-open-key.ts";
import type { OpenedTokenKey, PinRequest } from "./open-key.ts";
import { parsePkcs11Uri } from "./pkcs11-uri.ts";
import { SoftHsm, softHsmMissing, testPin } from "./softhsm.test.support.ts";

const missing = await softHsmMissing();
if (missing !== undefined) console.warn(`skipped: signing with a PKCS#11 token; ${missing}`);

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

function pinOf(text: string): Passphrase {
  const pin = Passphrase.parse(new TextEncoder().encode(text));
  if (!pin.ok) throw new Error(pin.error.code);
  return pin.value;
}

const asked: PinRequest[] = [];

async function tryOpen(text: string, pin = testPin, modulePath?: string) {
  const uri = parsePkcs11Uri(text);
  if (!uri.ok) throw new Error(uri.error.code);
  asked.length = 0;
  const opened = await openPkcs11Key(uri.value, {
    modulePath,
    obtainPin: async (request) => {
      asked.push(request);
      return pinOf(pin);
    },
  });
  if (opened.ok) closing.push(opened.value.close);
  return opened;
}

async function open(text: string): Promise<OpenedTokenKey> {
  const opened = await tryOpen(text);
  if (!opened.ok) throw new Error(opened.error.code);
  return opened.value;
}

describe.skipIf(missing !== undefined)("T-KEY-COPIED: a token of SoftHSM", async () => {
  if (missing !== undefined) return;
  const hsm = await SoftHsm.make();
  afterAll(() => hsm.remove());
  const id = (byte: number) => Uint8Array.of(byte);
  hsm.makeToken("release", [
    { label: "line-a", id: id(1), algorithm: "ed25519" },
    { label: "line-b", id: id(2), algorithm: "p-256" },
    { label: "twice", id: id(3), algorithm: "ed25519" },
    { label: "twice", id: id(4), algorithm: "ed25519" },
    { label: "loose", id: id(5), algorithm: "ed25519", extractable: "yes" },
    { label: "shown", id: id(6), algorithm: "ed25519", sensitive: "no" },
    { label: "larger", id: id(7), algorithm: "p-384" },
    { label: "alone", id: id(8), algorithm: "ed25519", publicObject: "absent" },
    { label: "swapped", id: id(9), algorithm: "ed25519", publicObject: "of-another-key" },
    { label: "careful", id: id(10), algorithm: "p-256", alwaysAuthenticate: "yes" },
  ]);
  const serials = [hsm.makeToken("twin", [{ label: "k", id: id(1), algorithm: "ed25519" }]), hsm.makeToken("twin")];

  const keyUri = (words: string) => hsm.uri(`token=release;${words}`);
  signerContract("Ed25519 in a token", async () => (await open(keyUri("object=line-a"))).signer);
  signerContract("P-256 in a token", async () => (await open(keyUri("object=line-b"))).signer);

  test("the PIN is asked for once, with the name of the token, and the key was made inside", async () => {
    const { signer, warnings } = await open(keyUri("object=line-a;type=private"));
    expect(asked).toEqual([{ token: "release", tries: "normal" }]);
    expect(warnings).toEqual([]);
    expect(signer.publicKey.scheme).toBe("ed25519");
  });

  test("by label, by id and by both it is the same key", async () => {
    const ids: string[] = [];
    for (const words of ["object=line-b", "id=%02", "object=line-b;id=%02;type=private"]) {
      ids.push(bytesToHex((await open(keyUri(words))).signer.keyId));
    }
    expect(new Set(ids).size).toBe(1);
  });

  test("two keys of one token are open at the same time", async () => {
    const [a, b] = [await open(keyUri("object=line-a")), await open(keyUri("object=line-b"))];
    a.close();
    const signature = await b.signer.sign(Uint8Array.of(1));
    expect(nodeCrypto.verify(b.signer.publicKey, Uint8Array.of(1), signature)).toBe(true);
  });

  test("a key that wants the PIN each time gets it, asked once", async () => {
    const { signer } = await open(keyUri("object=careful"));
    for (const byte of [1, 2]) {
      const message = Uint8Array.of(byte);
      expect(nodeCrypto.verify(signer.publicKey, message, await signer.sign(message))).toBe(true);
    }
    expect(asked).toHaveLength(1);
  });

  const named = { signer: 'the token "release"' };
  test.each<[string, string, object]>([
    ["another label", "object=line-c", { code: "signing-key-not-found", ...named }],
    ["label and id of different keys", "object=line-a;id=%02", { code: "signing-key-not-found", ...named }],
    ["a label that two have", "object=twice", { code: "token-key-ambiguous", ids: ["03", "04"], ...named }],
    ["no key named", "type=private", { code: "token-key-ambiguous", ...named }],
    ["an extractable key", "object=loose", { code: "token-key-extractable", flaw: "extractable", ...named }],
    ["a key that is not sensitive", "object=shown", { code: "token-key-extractable", flaw: "not-sensitive", ...named }],
    ["a key on another curve", "object=larger", { code: "token-key-unsupported", ...named }],
    ["a key without its public half", "object=alone", { code: "token-public-key-missing", ...named }],
  ])("%s is refused", async (_, words, refusal) => {
    expect(await tryOpen(keyUri(words))).toMatchObject({ ok: false, error: refusal });
  });

  test("a public key of another key does not pass for the key's own", async () => {
    const { signer } = await open(keyUri("object=swapped"));
    const thrown = await signer.sign(Uint8Array.of(1)).catch((fault: unknown) => fault);
    expect(thrown).toBeInstanceOf(SignerUnavailable);
    expect(thrown).toMatchObject({ fault: { code: "signature-not-by-key", ...named } });
  });

  test("a wrong PIN is tried once, and the right one works afterwards", async () => {
    expect(await tryOpen(keyUri("object=line-a"), "000000")).toEqual({
      ok: false,
      error: { code: "pin-wrong", ...named },
    });
    expect(asked).toHaveLength(1);
    expect(await tryOpen(keyUri("object=line-a"), "1")).toMatchObject({ error: { code: "pin-wrong" } });
    await open(keyUri("object=line-a"));
  });

  test("a token that is not there, and one of two with the same label", async () => {
    const absent = await tryOpen(hsm.uri("token=relaese;object=line-a"));
    expect(absent).toEqual({ ok: false, error: { code: "token-absent", signer: 'the token "relaese"' } });
    expect(asked).toEqual([]);
    const ambiguous = await tryOpen(hsm.uri("token=twin;object=k"));
    expect(ambiguous).toMatchObject({ ok: false, error: { code: "token-ambiguous", signer: 'the token "twin"' } });
    if (!ambiguous.ok && ambiguous.error.code === "token-ambiguous") {
      expect(ambiguous.error.serials.toSorted()).toEqual(serials.toSorted());
    }
    expect(asked).toEqual([]);
    await open(hsm.uri(`token=twin;serial=${serials[0]};object=k`));
    expect(await tryOpen(hsm.uri(`serial=${serials[1]};object=k`))).toMatchObject({
      error: { code: "signing-key-not-found" },
    });
  });

  test("the driver may be named by the caller; a wrong one is refused by name", async () => {
    expect((await tryOpen("pkcs11:token=release;object=line-a", testPin, hsm.module)).ok).toBe(true);
    expect(await tryOpen("pkcs11:token=release;object=line-a")).toEqual({
      ok: false,
      error: { code: "pkcs11-module-unnamed" },
    });
    const unusable = (path: string) => tryOpen("pkcs11:token=release", testPin, path);
    expect(await unusable("/no/driver.so")).toMatchObject({
      error: { code: "pkcs11-module-unusable", path: "/no/driver.so", said: "there is no such file" },
    });
    const noLibrary = hsm.environment["SOFTHSM2_CONF"] ?? "";
    expect(statSync(noLibrary).isFile()).toBe(true);
    expect(await unusable(noLibrary)).toMatchObject({ error: { code: "pkcs11-module-unusable" } });
  });

  test("what the asking throws comes out, and the token is free again", async () => {
    const uri = parsePkcs11Uri(keyUri("object=line-a"));
    if (!uri.ok) throw new Error(uri.error.code);
    const opening = openPkcs11Key(uri.value, {
      obtainPin: async () => {
        throw new Error("nobody there");
      },
    });
    await expect(opening).rejects.toThrow("nobody there");
    await open(keyUri("object=line-a"));
  });
});

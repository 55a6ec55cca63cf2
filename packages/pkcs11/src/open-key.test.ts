// What no token in software does: PIN counters, PIN pads, tokens that are pulled out. A scripted module plays them.
import { generateKeyPairSync, sign } from "node:crypto";
import { hexToBytes } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { Passphrase } from "@sumac/signing";
import { describe, expect, test } from "vitest";
import type { Cryptoki } from "./cryptoki.ts";
import { attribute, keyType, returnValue, tokenFlag } from "./labels.ts";
import { openTokenKey, type PinRequest } from "./open-key.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const point = new Uint8Array(publicKey.export({ type: "spki", format: "der" })).subarray(-32);

const failing = (code: number): Error => Object.assign(new Error(`CKR_TEST:${code}`), { code });

interface Script {
  readonly flags?: number;
  readonly flagsAfterLogin?: number;
  readonly login?: number;
  readonly sign?: number;
  readonly extractable?: number;
  readonly sensitive?: number;
}

function scripted({
  flags = 0,
  flagsAfterLogin = flags,
  login,
  sign: signing,
  extractable = 0,
  sensitive = 1,
}: Script) {
  const read: (number | undefined)[] = [];
  const calls: string[] = [];
  let flagsNow = flags;
  const values = new Map<number, Uint8Array>([
    [attribute.extractable, Uint8Array.of(extractable)],
    [attribute.sensitive, Uint8Array.of(sensitive)],
    [attribute.sign, Uint8Array.of(1)],
    [attribute.keyType, Uint8Array.of(keyType.ecEdwards, 0, 0, 0, 0, 0, 0, 0)],
    [attribute.ecParams, hexToBytes("06032b6570")],
    [attribute.ecPoint, point],
  ]);
  const cryptoki: Cryptoki = {
    C_GetSlotList: () => [Uint8Array.of(1)],
    C_GetTokenInfo: () => ({
      label: "card".padEnd(32),
      manufacturerID: "",
      model: "",
      serialNumber: "",
      flags: flagsNow | tokenFlag.tokenInitialized | tokenFlag.loginRequired,
    }),
    C_OpenSession: () => Uint8Array.of(1),
    C_CloseSession: () => void calls.push("close"),
    C_Login: (_session, _user, pin) => {
      calls.push(`login ${pin}`);
      flagsNow = flagsAfterLogin;
      if (login !== undefined) throw failing(login);
    },
    C_FindObjectsInit: () => undefined,
    C_FindObjects: () => [Uint8Array.of(1)],
    C_FindObjectsFinal: () => undefined,
    C_GetAttributeValue: (_session, _object, [wanted]) => {
      read.push(wanted?.type);
      const value = values.get(wanted?.type ?? -1);
      if (value === undefined) throw failing(0x12);
      return [{ value }];
    },
    C_SignInit: () => undefined,
    C_SignAsync: async (_session, data) => {
      if (signing !== undefined) throw failing(signing);
      return new Uint8Array(sign(null, data, privateKey));
    },
  };
  const asked: PinRequest[] = [];
  const opening = openTokenKey(
    { token: "card" },
    {
      cryptoki,
      crypto: nodeCrypto,
      obtainPin: async (request) => {
        asked.push(request);
        const pin = Passphrase.parse(new TextEncoder().encode("1234"));
        if (!pin.ok) throw new Error(pin.error.code);
        return pin.value;
      },
    },
  );
  return { opening, calls, asked, read };
}

const signer = 'the token "card"';

describe("T-KEY-PIN-BLOCK: the PIN", () => {
  test("a blocked token is not even asked", async () => {
    const { opening, calls, asked } = scripted({ flags: tokenFlag.userPinLocked });
    expect(await opening).toEqual({ ok: false, error: { code: "pin-blocked", signer } });
    expect([calls, asked]).toEqual([["close"], []]);
  });

  test("the question says when few tries or one are left", async () => {
    for (const [flags, tries] of [
      [tokenFlag.userPinCountLow, "few"],
      [tokenFlag.userPinFinalTry | tokenFlag.userPinCountLow, "last"],
    ] as const) {
      const { opening, asked } = scripted({ flags });
      expect((await opening).ok).toBe(true);
      expect(asked).toEqual([{ token: "card", tries }]);
    }
  });

  test("a PIN pad is left to itself", async () => {
    const { opening, calls, asked } = scripted({ flags: tokenFlag.protectedAuthenticationPath });
    expect((await opening).ok).toBe(true);
    expect([calls, asked]).toEqual([["login undefined"], []]);
  });

  test.each<[string, Script, object]>([
    ["wrong", { login: returnValue.pinIncorrect }, { code: "pin-wrong" }],
    [
      "wrong, one try left",
      { login: returnValue.pinIncorrect, flagsAfterLogin: tokenFlag.userPinFinalTry },
      { code: "pin-wrong", triesLeft: 1 },
    ],
    [
      "wrong, and blocked by it",
      { login: returnValue.pinIncorrect, flagsAfterLogin: tokenFlag.userPinLocked },
      { code: "pin-blocked" },
    ],
    ["blocked", { login: returnValue.pinLocked }, { code: "pin-blocked" }],
    ["expired", { login: returnValue.pinExpired }, { code: "token-pin-expired" }],
    ["never set", { login: returnValue.userPinNotInitialized }, { code: "token-pin-unset" }],
    ["refused at the pad", { login: returnValue.functionCanceled }, { code: "user-refused" }],
    ["too late", { login: returnValue.deviceRemoved }, { code: "token-absent" }],
    ["not understood", { login: 0x54 }, { code: "signer-failed", said: "CKR_TEST" }],
  ])("%s: tried once, and the session is closed", async (_, script, error) => {
    const { opening, calls } = scripted(script);
    expect(await opening).toEqual({ ok: false, error: { ...error, signer } });
    expect(calls).toEqual(["login 1234", "close"]);
  });

  test("one login counts for all keys of a token", async () => {
    expect((await scripted({ login: returnValue.userAlreadyLoggedIn }).opening).ok).toBe(true);
  });
});

describe("signing", () => {
  test.each<[number, object]>([
    [returnValue.deviceRemoved, { code: "token-absent", signer }],
    [returnValue.functionRejected, { code: "user-refused", signer }],
    [returnValue.pinExpired, { code: "signer-failed", signer, said: "token-pin-expired" }],
    [0x68, { code: "signer-failed", signer, said: "CKR_TEST" }],
  ])("return value %i", async (code, fault) => {
    const opened = await scripted({ sign: code }).opening;
    if (!opened.ok) throw new Error(opened.error.code);
    await expect(opened.value.signer.sign(Uint8Array.of(1))).rejects.toMatchObject({ fault });
  });

  test("after a fault the next signature is made", async () => {
    const opened = await scripted({}).opening;
    if (!opened.ok) throw new Error(opened.error.code);
    const { sign: signWith, publicKey: key } = opened.value.signer;
    expect(nodeCrypto.verify(key, Uint8Array.of(1), await signWith(Uint8Array.of(1)))).toBe(true);
    expect(opened.value.warnings).toEqual([{ code: "token-key-imported", signer }]);
  });
});

describe("CR 1.9 RE 1: the private half stays in its token", () => {
  test.each<[string, Script, string]>([
    ["CR 1.9 RE 1: a key that may be extracted is refused", { extractable: 1 }, "extractable"],
    ["CR 1.9 RE 1: a key that may be read is refused", { sensitive: 0 }, "not-sensitive"],
  ])("%s", async (_, script, flaw) => {
    expect(await scripted(script).opening).toMatchObject({ ok: false, error: { code: "token-key-extractable", flaw } });
  });

  test("CR 1.9 RE 1: a key signs, and its value (CKA_VALUE) is never asked for", async () => {
    const { opening, read } = scripted({});
    const opened = await opening;
    if (!opened.ok) throw new Error(opened.error.code);
    await opened.value.signer.sign(new Uint8Array(3));
    expect(read).toContain(attribute.sensitive);
    expect(read).not.toContain(0x11);
  });
});

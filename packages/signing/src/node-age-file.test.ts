import { armor, Decrypter, Encrypter, Stanza } from "age-encryption";
import { describe, expect, test } from "vitest";
import { decryptAgeFile, encryptAgeFile } from "./node-age-file.ts";
import { passphraseOf, testPassphraseText } from "./passphrase.test.support.ts";

const plaintext = new TextEncoder().encode("TEST ONLY content");
const passphrase = () => passphraseOf(testPassphraseText);
const text = (file: Uint8Array): string => new TextDecoder().decode(file);
const bytes = (file: string): Uint8Array => new TextEncoder().encode(file);
const workFactor = 4;

const make = (): Promise<Uint8Array> => encryptAgeFile(plaintext, passphrase(), workFactor);
const makeBinary = async (): Promise<Uint8Array> => armor.decode(text(await make()));

describe("an age file", () => {
  test("opens again", async () => {
    expect(await decryptAgeFile(await make(), passphrase())).toEqual({ ok: true, value: { plaintext, workFactor } });
  });

  test("never looks the same twice", async () => {
    expect(text(await make())).not.toBe(text(await make()));
  });

  test("opens with the age library", async () => {
    const decrypter = new Decrypter();
    decrypter.addPassphrase(testPassphraseText);
    expect(await decrypter.decrypt(armor.decode(text(await make())))).toEqual(plaintext);
  });

  test.each(["armored", "binary"])("made by the age library opens here (%s)", async (form) => {
    const encrypter = new Encrypter();
    encrypter.setPassphrase(testPassphraseText);
    encrypter.setScryptWorkFactor(workFactor);
    const file = await encrypter.encrypt(plaintext);
    const stored = form === "binary" ? file : bytes(armor.encode(file).replaceAll("\n", "\r\n"));
    expect(await decryptAgeFile(stored, passphrase())).toEqual({ ok: true, value: { plaintext, workFactor } });
  });

  test("a wrong passphrase is told from a damaged file", async () => {
    const other = passphraseOf(`${testPassphraseText} `);
    expect(await decryptAgeFile(await make(), other)).toEqual({ ok: false, error: { code: "wrong-passphrase" } });
  });

  test("a file for a recipient is told from a wrong passphrase", async () => {
    const encrypter = new Encrypter();
    encrypter.addRecipient("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj");
    const file = await encrypter.encrypt(plaintext);
    expect(await decryptAgeFile(file, passphrase())).toEqual({
      ok: false,
      error: { code: "for-recipient", recipientTypes: ["X25519"] },
    });
  });

  test("a second way in beside the passphrase is damage: the format forbids it", async () => {
    const encrypter = new Encrypter();
    const stanza = new Stanza(["scrypt", "AAAAAAAAAAAAAAAAAAAAAA", "4"], new Uint8Array(32));
    encrypter.addRecipient({ wrapFileKey: () => [stanza, new Stanza(["X25519", "AAAA"], new Uint8Array(32))] });
    const opened = await decryptAgeFile(await encrypter.encrypt(plaintext), passphrase());
    expect(opened).toEqual({ ok: false, error: { code: "damaged" } });
  });

  test("a work factor that would take gigabytes is refused before it is tried", async () => {
    const file = (await makeBinary()).slice();
    const header = text(file).replace(/(-> scrypt \S+) 4\n/, "$1 29\n");
    const at = file.indexOf(0x0a, 30);
    const start = performance.now();
    const changed = Uint8Array.of(...bytes(header.slice(0, header.indexOf("29\n") + 2)), ...file.subarray(at));
    expect(await decryptAgeFile(changed, passphrase())).toEqual({
      ok: false,
      error: { code: "work-factor-too-high", workFactor: 29 },
    });
    expect(performance.now() - start).toBeLessThan(500);
  });

  test("every truncation of a binary file is refused as truncated or damaged", async () => {
    const file = await makeBinary();
    const codes = new Set<string>();
    for (let length = 22; length < file.length; length += 3) {
      const opened = await decryptAgeFile(file.subarray(0, length), passphrase());
      codes.add(opened.ok ? "opened" : opened.error.code);
    }
    expect([...codes].sort()).toEqual(["damaged", "truncated"]);
  });

  test("every truncation of an armored file is refused as truncated", async () => {
    const file = await make();
    for (let length = 30; length < file.length - 1; length += 7) {
      const opened = await decryptAgeFile(file.subarray(0, length), passphrase());
      expect(opened).toEqual({ ok: false, error: { code: "truncated" } });
    }
  });

  test("no flipped bit gets another content out", async () => {
    const file = await makeBinary();
    for (let at = 22; at < file.length; at += 5) {
      const opened = await decryptAgeFile(file.with(at, (file[at] ?? 0) ^ 1), passphrase());
      expect(opened.ok).toBe(false);
    }
  });

  test("armor with something else inside is damaged", async () => {
    const broken = text(await make()).replace(/\n(.)/, "\n!");
    expect(await decryptAgeFile(bytes(broken), passphrase())).toEqual({ ok: false, error: { code: "damaged" } });
  });
});

import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { passphraseOf } from "./passphrase.test.support.ts";
import { Passphrase } from "./passphrase.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("Passphrase", () => {
  test.each([
    ["nothing", new Uint8Array(), "empty"],
    ["a line break", bytes("two\nlines"), "control-character"],
    ["a NUL", bytes("a\0b"), "control-character"],
    ["DEL", bytes("a\u007fb"), "control-character"],
    ["Latin-1", Uint8Array.of(0x6d, 0xfc, 0x6c, 0x6c), "not-utf-8"],
    ["a kilobyte and one", new Uint8Array(1025).fill(0x61), "too-long"],
  ])("refuses %s", (_, input, reason) => {
    expect(Passphrase.parse(input)).toEqual({ ok: false, error: { code: "passphrase-unusable", reason } });
  });

  test("keeps spaces, accents and everything else as typed", () => {
    expect(passphraseOf(" grün und blau ").reveal()).toEqual(bytes(" grün und blau "));
  });

  test("counts characters, not bytes", () => {
    expect(passphraseOf("grün").length).toBe(4);
    expect(passphraseOf("🔑🔑").length).toBe(2);
  });

  test("overwrites the bytes it was given", () => {
    const typed = bytes("TEST ONLY");
    const parsed = Passphrase.parse(typed);
    if (!parsed.ok) throw new Error("refused");
    parsed.value.wipe();
    expect(typed).toEqual(new Uint8Array(9));
    expect(() => parsed.value.reveal()).toThrow("wiped");
    parsed.value.wipe();
  });

  test("has no text form", () => {
    const passphrase = passphraseOf("sesame-sesame");
    const shown = [String(passphrase), JSON.stringify({ passphrase }), inspect(passphrase, { showHidden: true })];
    for (const text of shown) expect(text).not.toMatch(/sesame|115/);
  });
});

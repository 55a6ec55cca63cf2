import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { makeElf } from "./elf.test.support.ts";
import { type FirmwareRefusal, readFirmwareImage } from "./firmware-image.ts";
import type { ContentKind } from "./recognise-content.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** Something that looks like nothing: a vector table with code behind it. */
const program = Uint8Array.of(0, 0x10, 0, 0x20, 0xc1, 0, 0, 0, 0xfe, 0xe7, 0x12, 0x34);
const padded = (start: string, length = 512): Uint8Array => {
  const file = new Uint8Array(length).fill(0xa5);
  file.set(latin1(start));
  return file;
};

function windowsProgram(): Uint8Array {
  const file = padded("MZ");
  new DataView(file.buffer).setUint32(60, 128, true);
  file.set(latin1("PE\0\0"), 128);
  return file;
}

function tarArchive(): Uint8Array {
  const file = padded("firmware.bin\0");
  file.set(latin1("ustar"), 257);
  return file;
}

const wrong: readonly (readonly [ContentKind, Uint8Array])[] = [
  ["empty", new Uint8Array()],
  ["blank", new Uint8Array(4096).fill(0xff)],
  ["blank", new Uint8Array(4096)],
  ["text", bytes("Dear colleague,\nfirmware follows.\n")],
  ["html", bytes("<!DOCTYPE html>\n<html><title>404</title>")],
  ["html", bytes("\n<html>")],
  ["xml", bytes('<?xml version="1.0"?><a/>')],
  ["json", bytes('{ "vendor": "x" }')],
  ["json", bytes('["a"]')],
  ["yaml", bytes("# sumac\nvendor: vendor.example\n")],
  ["yaml", bytes("---\n- a\n")],
  ["script", bytes("#!/bin/sh\nexit 0\n")],
  ["git-lfs-pointer", bytes("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n")],
  ["s-record", bytes("S00600004844521B\nS9030000FC\n")],
  ["uf2", padded("UF2\nWQ]\u009e")],
  ["zip", padded("PK\x03\x04")],
  ["gzip", padded("\x1f\x8b\x08")],
  ["bzip2", padded("BZh91AY&SY")],
  ["xz", padded("\xfd7zXZ\0")],
  ["zstd", padded("\x28\xb5\x2f\xfd")],
  ["7-zip", padded("7z\xbc\xaf\x27\x1c")],
  ["tar", tarArchive()],
  ["pdf", padded("%PDF-1.7\n")],
  ["png", padded("\x89PNG\r\n\x1a\n")],
  ["jpeg", padded("\xff\xd8\xff\xe0")],
  ["mach-o", padded("\xcf\xfa\xed\xfe")],
  ["windows-program", windowsProgram()],
  ["suit-envelope", Uint8Array.of(0xd8, 0x6b, 0xa2, 2, 3)],
  ["suit-manifest", Uint8Array.of(0xd9, 0x04, 0x2e, 0xa2)],
  ["age-file", bytes("age-encryption.org/v1\n-> scrypt")],
  ["age-file", bytes("-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n")],
  ["private-key", bytes("TEST ONLY\n-----BEGIN PRIVATE KEY-----\nMC4C\n")],
  ["encrypted-private-key", bytes("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMC4C\n")],
  ["public-key", bytes("-----BEGIN PUBLIC KEY-----\nMC4C\n")],
  ["certificate", bytes("-----BEGIN CERTIFICATE-----\nMC4C\n")],
];

const refusalOf = (file: Uint8Array): FirmwareRefusal | undefined => {
  const image = readFirmwareImage(file);
  return image.ok ? undefined : image.error;
};

describe("readFirmwareImage", () => {
  test.each(wrong)("says that it got %s", (looksLike, file) => {
    expect(refusalOf(file)).toEqual({ code: "not-firmware", looksLike, expected: "detect" });
  });

  test.each<[string, Uint8Array]>([
    ["a vector table", program],
    ["one byte", Uint8Array.of(0x80)],
    ["text with a NUL", bytes("abc\0")],
    ["text that is no UTF-8", Uint8Array.of(0x61, 0x62, 0xff)],
    ["MZ without a PE header", padded("MZ")],
    [
      "an arm64 kernel image, which has one",
      windowsProgram().with(56, 0x41).with(57, 0x52).with(58, 0x4d).with(59, 0x64),
    ],
    ["a colon by chance", padded(":0")],
    ["erased flash with one bit written", new Uint8Array(4096).fill(0xff).with(4095, 0xfe)],
    ["a U-Boot image", padded("\x27\x05\x19\x56")],
    ["a squashfs", padded("hsqs")],
  ])("takes %s for a raw binary, as it is", (_, file) => {
    expect(readFirmwareImage(file)).toEqual({ ok: true, value: { format: "binary", bytes: file, gapBytes: 0 } });
  });

  test("a format that is named goes before what it looks like", () => {
    const archive = padded("\x1f\x8b\x08");
    expect(readFirmwareImage(archive, { format: "binary" })).toMatchObject({ ok: true, value: { bytes: archive } });
    const elf = makeElf({ bits: 32, order: "little", segments: [{ physicalAddress: 0n, bytes: program }] });
    expect(readFirmwareImage(elf, { format: "binary" })).toMatchObject({ ok: true, value: { bytes: elf } });
    expect(readFirmwareImage(program, { format: "elf" })).toEqual({
      ok: false,
      error: { code: "not-firmware", looksLike: "unknown", expected: "elf" },
    });
    expect(readFirmwareImage(bytes("no hex\n"), { format: "intel-hex" })).toEqual({
      ok: false,
      error: { code: "intel-hex-malformed", reason: "no-colon", line: 1 },
    });
  });

  test.each(wrong.filter(([kind]) => ["private-key", "encrypted-private-key", "age-file", "empty"].includes(kind)))(
    "never takes %s, whatever format is named",
    (looksLike, file) => {
      const error = { code: "not-firmware", looksLike, expected: "binary" };
      expect(readFirmwareImage(file, { format: "binary" })).toEqual({ ok: false, error });
    },
  );

  test("keeps the limit for every format", () => {
    const elf = makeElf({ bits: 32, order: "little", segments: [{ physicalAddress: 0n, bytes: program }] });
    const hex = bytes(":0C00000000100020C1000000FEE71234D8\n:00000001FF\n");
    for (const file of [program, elf, hex]) {
      expect(readFirmwareImage(file, { maxBytes: 12 })).toMatchObject({ ok: true, value: { bytes: program } });
      const error = { code: "firmware-too-large", size: 12n, limit: 11 };
      expect(readFirmwareImage(file, { maxBytes: 11 })).toEqual({ ok: false, error });
    }
  });

  test("the default limit is 64 MiB, and is checked before anything is allocated", () => {
    const hex = bytes(":0100000001FE\n:020000040400F6\n:0100000002FD\n:00000001FF\n");
    expect(refusalOf(hex)).toEqual({
      code: "firmware-too-spread",
      format: "intel-hex",
      span: 2n ** 26n + 1n,
      limit: 2 ** 26,
      gapStart: 1n,
      gapEnd: 2n ** 26n,
    });
  });

  test("names the format in what the readers refuse", () => {
    expect(refusalOf(bytes(":00000001FF\n"))).toEqual({ code: "firmware-without-data", format: "intel-hex" });
    const segment = { physicalAddress: 0n, bytes: program };
    const elf = makeElf({ bits: 64, order: "big", segments: [segment, segment] });
    expect(refusalOf(elf)).toEqual({ code: "elf-overlap", start: 0n, end: 12n });
    expect(refusalOf(makeElf({ bits: 64, order: "big", segments: [] }))).toEqual({
      code: "firmware-without-data",
      format: "elf",
    });
  });
});

const fixtures = new URL("../../../firmware-fixtures/images/", import.meta.url);
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, fixtures)));

describe.each(["1.0.0", "1.1.0", "1.2.0"])("fixture firmware %s", (version) => {
  test("is the same image from .bin, .hex and .elf", () => {
    const [binary, hex, elf] = ["bin", "hex", "elf"].map((ending) =>
      readFirmwareImage(fixture(`rtu-demo-${version}.${ending}`)),
    );
    if (!binary?.ok || !hex?.ok || !elf?.ok) throw new Error("refused");
    expect([binary.value.format, hex.value.format, elf.value.format]).toEqual(["binary", "intel-hex", "elf"]);
    expect(Buffer.compare(hex.value.bytes, binary.value.bytes)).toBe(0);
    expect(Buffer.compare(elf.value.bytes, binary.value.bytes)).toBe(0);
    expect([hex.value.loadAddress, elf.value.loadAddress]).toEqual([0n, 0n]);
    expect(hex.value.gapBytes).toBe(elf.value.gapBytes);
    expect(hex.value.gapBytes).toBeGreaterThan(0);
  });
});

const hostProgram = "/bin/true";
const hasHostProgram = existsSync(hostProgram) && readFileSync(hostProgram).subarray(0, 4).equals(latin1("\x7fELF"));
if (!hasHostProgram) console.warn(`skipped: ${hostProgram} is no ELF file here, so no foreign ELF was tried`);

test.skipIf(!hasHostProgram)("a program of the host is an ELF file, and no firmware", () => {
  expect(refusalOf(new Uint8Array(readFileSync(hostProgram)))).toMatchObject({ code: "elf-not-firmware" });
});

import { describe, expect, test } from "vitest";
import { explain, signingCodes } from "./explain.ts";
import { readFirmwareImage } from "./firmware-image.ts";
import { parseReleaseDescription } from "./release-description.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("explain", () => {
  test("every code is kebab-case and has one place", () => {
    const codes = signingCodes();
    expect(codes.length).toBeGreaterThan(60);
    expect(codes.filter((code) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(code))).toEqual([]);
  });

  test.each<[Parameters<typeof explain>[0], string, string]>([
    [
      { code: "key-exists", path: "keys/a.pub.pem" },
      "keys/a.pub.pem exists, and a key is never overwritten",
      "choose another name, or move the old key away yourself",
    ],
    [
      { code: "firmware-too-spread", format: "elf", span: 5n, limit: 4, gapStart: 0x8000000n, gapEnd: 0x20000000n },
      "the firmware spans 5 bytes of memory, the limit is 4; nothing lies from 0x08000000 to 0x20000000",
      "leave out what is not in the slot (option bytes, fuses, RAM): objcopy --remove-section NAME",
    ],
    [
      { code: "elf-not-firmware", kind: "relocatable" },
      "this ELF file is no firmware: it is a relocatable object, not linked yet",
      "link it, and give the linked file",
    ],
    [
      { code: "private-key-readable-by-others", path: "a", mode: 0o644 },
      "others may read the private key a (mode 644)",
      "run `chmod 600 a`",
    ],
    [
      { severity: "notice", offset: 4, code: "reference-uri-missing" },
      "there is no reference URI",
      "add referenceUri to the release description; reports of devices refer to it",
    ],
  ])("%o", (fact, problem, remedy) => {
    expect(explain(fact)).toEqual({ problem, remedy });
  });

  test.each([
    ["", "this is no firmware image: it looks like an empty file"],
    ["<html>", "this is no firmware image: it looks like an HTML page"],
    [":00000001FE\n", "line 1 of the Intel HEX file has a wrong checksum"],
  ])("firmware %j", (content, problem) => {
    const image = readFirmwareImage(bytes(content));
    expect(!image.ok && explain(image.error).problem).toBe(problem);
  });

  test.each([
    ["vendr: x\n", 'line 1, column 1: there is no key "vendr"', "perhaps vendor was meant"],
    ["- a\n", "line 1, column 1: the file should be a map of keys and values, not list", /key/],
    ["a: 1\na: 2\n", 'line 2, column 1: the key "a" is there twice', "keep one of the two"],
  ])("description %j", (content, problem, remedy) => {
    const description = parseReleaseDescription(bytes(content));
    if (description.ok) throw new Error("accepted");
    expect(explain(description.error)).toEqual({ problem, remedy: expect.stringMatching(remedy) });
  });
});

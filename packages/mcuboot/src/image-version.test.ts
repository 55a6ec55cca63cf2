import { describe, expect, test } from "vitest";
import { automaticCounter, compareImageVersions, formatImageVersion, parseImageVersion } from "./image-version.ts";

describe("versions", () => {
  test.each([
    ["1.2.3", "1.2.3+0"],
    ["2.0.0+7", "2.0.0+7"],
    ["2.0.0.7", "2.0.0+7"],
    ["255.255.65535+4294967295", "255.255.65535+4294967295"],
  ])("%s", (text, formatted) => {
    const version = parseImageVersion(text);
    expect(version && formatImageVersion(version)).toBe(formatted);
  });

  test.each([
    "",
    "1",
    "1.2",
    "1.2.3.4.5",
    "1.2.3-4",
    "v1.2.3",
    "1.2.x",
    "-1.0.0",
    " 1.2.3",
    "256.0.0",
    "0.256.0",
    "0.0.65536",
    "0.0.0+4294967296",
  ])("%j is none", (text) => {
    expect(parseImageVersion(text)).toBeUndefined();
  });

  test("the order leaves the build number out", () => {
    const at = (text: string) => {
      const version = parseImageVersion(text);
      if (version === undefined) throw new Error(text);
      return version;
    };
    expect(compareImageVersions(at("1.2.3+1"), at("1.2.3+9"))).toBe(0);
    for (const [older, newer] of [
      ["1.2.3", "2.0.0"],
      ["1.2.3", "1.3.0"],
      ["1.2.3", "1.2.4"],
      ["1.2.9", "1.2.10"],
    ] as const) {
      expect(compareImageVersions(at(older), at(newer))).toBeLessThan(0);
      expect(compareImageVersions(at(newer), at(older))).toBeGreaterThan(0);
    }
  });

  test("the automatic counter", () => {
    expect(automaticCounter({ major: 3, minor: 0, revision: 0, build: 9 })).toBe(50_331_648);
    expect(automaticCounter({ major: 255, minor: 255, revision: 65535, build: 0 })).toBe(0xffffffff);
  });
});

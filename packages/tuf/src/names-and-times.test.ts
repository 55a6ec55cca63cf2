import { describe, expect, test } from "vitest";
import { isWritablePattern, isWritableTargetPath, matchesPattern } from "./path-pattern.ts";
import { encodeName, isLegalRoleName, isWritableRoleName, lineRoleName, metadataPath } from "./role-name.ts";
import { isLegalTargetPath, targetUrlPath } from "./target-path.ts";
import { formatUtcTime, parseUtcTime } from "./utc-time.ts";
import { freshness, verificationTime } from "./verification-time.ts";

describe("patterns", () => {
  test.each([
    ["a/*/*", "a/b/c", true],
    ["a/*/*", "a/b", false],
    ["a/*/*", "a/b/c/d", false],
    ["*", "a", true],
    ["*", "a/b", false],
    ["A/**", "A/b", true],
    ["A/**", "A/b/c", false],
    ["*", ".x", true],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["a?c", "a\u{1F600}c", true],
    ["*.suit", "x.suit", true],
    ["*a*b*", "xaxbx", true],
    ["*a*b*", "xbxax", false],
    ["", "", true],
    ["a", "a", true],
    ["a", "A", false],
    ["a*", "a", true],
    // Shell magic that is none.
    ["{x,y}", "x", false],
    ["{x,y}", "{x,y}", true],
    ["[ab]", "a", false],
    ["[^x]", "a", false],
    ["!A", "B", false],
    ["!A", "!A", true],
    ["#A", "#A", true],
    ["+(a)", "aa", false],
    ["\\*", "*", false],
  ])("%s on %s: %s", (pattern, path, answer) => {
    expect(matchesPattern(pattern, path)).toBe(answer);
  });

  test("no pattern takes for ever", () => {
    expect(matchesPattern(`${"*a".repeat(200)}b`, "a".repeat(5_000))).toBe(false);
  });

  test("what a writer may use", () => {
    expect(["drives/*/*", "drives/dx9-2026/*", "d?/*/1.*.suit"].every(isWritablePattern)).toBe(true);
    expect(["drives/*", "*", "!a/*/*", "a/{b}/*", "a/[b]/*", "A/*/*", "#a/*/*", "a//*"].some(isWritablePattern)).toBe(
      false,
    );
    expect(isWritableTargetPath("drives/dx9/2.4.0.suit")).toBe(true);
    expect(["drives/dx9", "Drives/dx9/x", "drives/../x", "drives/.x/y", "a/b/c/d"].some(isWritableTargetPath)).toBe(
      false,
    );
  });
});

describe("names", () => {
  test.each([
    ["line-drives", "line-drives"],
    ["?", "%3F"],
    ["#", "%23"],
    ["/delegatedrole", "%2Fdelegatedrole"],
    ["../delegatedrole", "..%2Fdelegatedrole"],
    ["a%2Fb", "a%252Fb"],
    ["\u00e9", "%C3%A9"],
    ["!'()*", "%21%27%28%29%2A"],
    ["a.b_c~d-e", "a.b_c~d-e"],
    ["a\\b\u0000", "a%5Cb%00"],
  ])("%j is encoded as %s", (name, encoded) => {
    expect(encodeName(name)).toBe(encoded);
    expect(decodeURIComponent(encodeName(name))).toBe(name);
  });

  test("role names for reading and for writing", () => {
    expect(["?", "../x", "10", "__proto__"].every(isLegalRoleName)).toBe(true);
    expect(["", "root", "timestamp", "snapshot", "targets"].some(isLegalRoleName)).toBe(false);
    expect(isWritableRoleName(lineRoleName("drives"))).toBe(true);
    expect(["Line", "10", "a/b", "targets", "", "-a", `a${"b".repeat(63)}`].some(isWritableRoleName)).toBe(false);
    expect(metadataPath("line-x", 7)).toBe("7.line-x.json");
    expect(metadataPath("timestamp")).toBe("timestamp.json");
  });

  test("paths of targets", () => {
    const target = { path: "drives/dx9/a b#?.suit", length: 1, hashes: new Map([["sha256", "ab"]]), custom: undefined };
    expect(targetUrlPath(target, true)).toBe("drives/dx9/ab.a%20b%23%3F.suit");
    expect(targetUrlPath(target, false)).toBe("drives/dx9/a%20b%23%3F.suit");
    expect(targetUrlPath({ ...target, path: "x" }, true)).toBe("ab.x");
    expect(
      targetUrlPath(
        {
          ...target,
          path: "x",
          hashes: new Map([
            ["sha512", "cd"],
            ["sha256", "ab"],
          ]),
        },
        true,
      ),
    ).toBe("ab.x");
    expect(targetUrlPath({ ...target, path: "x", hashes: new Map([["sha512", "c/d"]]) }, true)).toBe("c%2Fd.x");
    expect(["a", "a/b", "...", "a b"].every(isLegalTargetPath)).toBe(true);
    expect(["", "/a", "a/", "a//b", ".", "..", "a/../b", "a\\b", "a\tb", "\u007f"].some(isLegalTargetPath)).toBe(false);
  });
});

describe("times", () => {
  test.each([
    ["1970-01-01T00:00:00Z", 0n],
    ["2026-06-01T00:00:00Z", 1_780_272_000n],
    ["2000-02-29T23:59:59Z", 951_868_799n],
    ["2100-02-28T12:00:00Z", 4_107_499_200n],
    ["0001-01-01T00:00:00Z", -62_135_596_800n],
    ["9999-12-31T23:59:59Z", 253_402_300_799n],
  ])("%s", (text, seconds) => {
    expect(parseUtcTime(text)).toBe(seconds);
    expect(formatUtcTime(seconds)).toBe(text);
    expect(Number(seconds)).toBe(Date.parse(text) / 1000);
  });

  test.each([
    "2026-02-29T00:00:00Z",
    "2100-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-06-00T00:00:00Z",
    "2026-06-31T00:00:00Z",
    "2026-06-01T24:00:00Z",
    "2026-06-01T00:60:00Z",
    "2026-06-01T00:00:60Z",
    "2026-06-01T00:00:00.0Z",
    "2026-06-01T00:00:00",
    "2026-06-01t00:00:00z",
    "2026-06-01 00:00:00Z",
    "2026-6-1T00:00:00Z",
    "+002026-06-01T00:00:00Z",
    "2026-06-01T00:00:00Z\n",
    " 2026-06-01T00:00:00Z",
    "\u0662026-06-01T00:00:00Z",
  ])("%j is none", (text) => {
    expect(parseUtcTime(text)).toBeUndefined();
  });

  test("years that have no four digits are a bug", () => {
    expect(() => formatUtcTime(253_402_300_800n)).toThrow(RangeError);
  });
});

describe("the time of a verification", () => {
  const build = 1_780_000_000n;
  const year = 31_556_952n;

  test.each([
    ["no clock", undefined, "is-no-proof", { seconds: build + 5n, meaning: "not-before", source: "floor" }],
    ["trusted", [build + 9n, "trusted"], "is-no-proof", { seconds: build + 9n, meaning: "now", source: "trusted" }],
    [
      "trusted, behind",
      [0n, "trusted"],
      "is-no-proof",
      { seconds: build + 5n, meaning: "not-before", source: "floor" },
    ],
    [
      "trusted, at the floor",
      [build + 5n, "trusted"],
      "is-no-proof",
      { seconds: build + 5n, meaning: "now", source: "trusted" },
    ],
    [
      "unconfirmed",
      [build + 9n, "unconfirmed"],
      "is-no-proof",
      { seconds: build + 5n, meaning: "not-before", source: "floor" },
    ],
    [
      "unconfirmed, by policy",
      [build + 9n, "unconfirmed"],
      "proves-freshness",
      { seconds: build + 9n, meaning: "now", source: "unconfirmed" },
    ],
    [
      "unconfirmed and absurd, but not used",
      [build + 90n * year, "unconfirmed"],
      "is-no-proof",
      { seconds: build + 5n, meaning: "not-before", source: "floor" },
    ],
  ] as const)("%s", (_, clock, unconfirmed, expected) => {
    const reading = clock === undefined ? undefined : { seconds: clock[0], source: clock[1] };
    const result = verificationTime(build, [build - 1n, undefined, build + 5n], reading, unconfirmed);
    expect(result).toEqual({ ok: true, value: expected });
  });

  test("a clock ten years ahead of the software is wrong", () => {
    const at = (seconds: bigint) => verificationTime(build, [], { seconds, source: "trusted" }, "is-no-proof");
    expect(at(build + 10n * year)).toMatchObject({ ok: true });
    expect(at(build + 10n * year + 1n)).toMatchObject({ ok: false, error: { code: "clock-implausible" } });
  });

  test("expiry begins with the second it names, and a bound proves expiry but not freshness", () => {
    const now = { seconds: 100n, meaning: "now", source: "trusted" } as const;
    expect(freshness(101n, now)).toBe("fresh");
    expect(freshness(100n, now)).toBe("expired");
    expect(freshness(101n, { ...now, meaning: "not-before" })).toBe("unknown");
    expect(freshness(100n, { ...now, meaning: "not-before" })).toBe("expired");
  });
});

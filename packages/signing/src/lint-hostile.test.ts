import { readFileSync } from "node:fs";
import { dropSevered } from "@sumac/suit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findingsIn, good, install, override, tryEach } from "./lint.test.support.ts";
import { lintRelease } from "./lint.ts";
import { parseRecipientProfile } from "./recipient-profile.ts";
import { build, buildContext, commands, enclose, opened } from "./release.test.support.ts";

const profile = parseRecipientProfile(
  new Uint8Array(readFileSync(new URL("../profiles/minimal-recipient.yaml", import.meta.url))),
);
if (!profile.ok) throw new Error(profile.error.code);
const context = { ...buildContext, recipient: profile.value };

const release = build({ payload: { carried: "inside" } }).envelope;

describe("lintRelease on hostile input", () => {
  test("refuses every cut, and says of every flipped bit something or refuses it", () => {
    for (let length = 0; length < release.length; length++) {
      expect(lintRelease(release.subarray(0, length), context).ok, `${length} bytes`).toBe(false);
    }
    for (let bit = 0; bit < release.length * 8; bit++) {
      const flipped = release.with(bit >> 3, (release[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
      const result = lintRelease(flipped, context);
      // Only the payload is outside the digest, and its name outside everything.
      if (result.ok) expect(result.value.map(({ code }) => code)).toContain("integrated-payload-unmatched");
    }
  });

  test("never throws on anything", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(lintRelease(bytes, context).ok).toBe(false);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat({ max: release.length }), (bytes, at) => {
        lintRelease(Uint8Array.from([...release.subarray(0, at), ...bytes, ...release.subarray(at)]), context);
      }),
    );
  });

  test("the most commands that are allowed, in forks, take no time", () => {
    const branch = [override({ uri: "firmware.bin" }), "fetch", "image-match"];
    const forks = Array.from({ length: 24 }, () => tryEach(branch, branch, branch));
    const shared = { ...good, ...install(...forks) };
    const start = performance.now();
    expect(findingsIn(enclose(shared)).length).toBeGreaterThan(0);
    const components = Array.from({ length: 32 }, (_, i) => [Uint8Array.of(i)]);
    const all = { kind: "set-component-index", index: "all" } as const;
    const wide = {
      ...shared,
      components,
      shared: commands(all, ...(good.shared?.commands ?? [])),
      ...install(all, ...forks),
      validate: commands(all, "image-match"),
      invoke: commands(all, "invoke"),
    };
    findingsIn(enclose(wide));
    expect(performance.now() - start).toBeLessThan(3000);
  });

  test("members that were severed away are no error", () => {
    const severed = dropSevered(opened(build().envelope), ["install", "text"]);
    expect(findingsIn(severed)).toMatchObject([
      { severity: "notice", code: "member-absent", member: "install" },
      { severity: "notice", code: "member-absent", member: "text" },
    ]);
  });
});

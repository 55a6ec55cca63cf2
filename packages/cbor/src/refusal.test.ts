import { describe, expect, test } from "vitest";
import { attempt, refuse, refuseMalformed } from "./refusal.ts";
import { err, ok } from "./result.ts";

describe("what ends a parser", () => {
  test.each<{ name: string; parse: () => unknown; outcome: unknown }>([
    { name: "a value", parse: () => 7, outcome: ok(7) },
    { name: "a refusal", parse: () => refuse({ code: "too-large" }), outcome: err({ code: "too-large" }) },
    {
      name: "malformed bytes",
      parse: () => refuseMalformed("missing", "manifest.common", 4),
      outcome: err({ code: "malformed", reason: "missing", field: "manifest.common", offset: 4 }),
    },
    {
      name: "the outcome of a parser inside",
      parse: () => attempt(() => refuse("inner")),
      outcome: ok(err("inner")),
    },
  ])("becomes a value: $name", ({ parse, outcome }) => {
    expect(attempt(parse)).toEqual(outcome);
  });

  test.each([new TypeError("not an object"), "a string", undefined])(
    "stays an exception where it is a bug: %o",
    (bug) => {
      let thrown: unknown = "nothing";
      try {
        attempt(() => {
          throw bug;
        });
      } catch (caught) {
        thrown = caught;
      }
      expect(thrown).toBe(bug);
    },
  );
});

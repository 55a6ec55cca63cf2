import { expect, test } from "vitest";
import { explain, readAnswer } from "./explain.ts";
import { httpStatus } from "./refusal.ts";
import { unavailableCodes } from "./unavailable.ts";

test.each([...Object.keys(httpStatus), ...unavailableCodes])(
  "%s has a problem and a remedy of one plain line each",
  (code) => {
    const read = readAnswer({ code, refusal: { code: "x" } });
    if (read === undefined) throw new Error(`${code} is not read back`);
    for (const sentence of Object.values(explain(read))) {
      expect(sentence).toMatch(/^[a-z`][^\n]+[^.\n]$/);
    }
  },
);

test("a refused envelope keeps the verifier's code and facts", () => {
  const read = readAnswer({ code: "rollback", refused: "envelope", offered: "1", floor: "2" });
  expect(read).toEqual({ code: "envelope-refused", refusal: { code: "rollback", offered: "1", floor: "2" } });
});

test.each([null, 5, "x", {}, { code: 5 }, { code: "constructor" }, { code: "no-such-code" }, { code: "toString" }])(
  "%j is nobody's answer",
  (body) => {
    expect(readAnswer(body)).toBeUndefined();
  },
);

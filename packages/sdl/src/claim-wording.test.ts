import { expect, test } from "vitest";
import { overstatements } from "./claim-wording.ts";
import { claimSentence } from "./slc.ts";

test.each([
  ["The unit is certified to IEC 62443."],
  ["SL 2 certified"],
  ["It has achieved SL-A 3"],
  ["achieves security level 2"],
  ["fully 62443 compliant"],
  ["compliant with IEC 62443"],
  ["meets SL 2 of the standard"],
])("%s", (text) => {
  expect(overstatements(text).length).toBeGreaterThan(0);
});

test.each([
  [claimSentence("SI", 2, "sha256:00")],
  ["This is not a certificate and never an SL-A."],
  ["SL-C(SI)=2 with SL-T 1"],
  ["developed along IEC 62443-4-1"],
  ["slot SL is unused"],
])("%s may be said", (text) => {
  expect(overstatements(text)).toEqual([]);
});

test("line and column are given", () => {
  expect(overstatements("fine\nwe are certified for 62443\n")).toMatchObject([{ line: 2, column: 8 }]);
});

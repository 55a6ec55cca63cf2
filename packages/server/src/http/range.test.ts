import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideRange } from "./range.ts";

const all = { send: "all" } as const;
const none = { send: "unsatisfiable" } as const;
const part = (start: number, end: number) => ({ send: "part", start, end }) as const;

describe("decideRange, 1000 bytes", () => {
  test.each([
    ["no header", undefined, all],
    ["from the start", "bytes=0-", part(0, 999)],
    ["one byte", "bytes=0-0", part(0, 0)],
    ["the last byte", "bytes=999-999", part(999, 999)],
    ["resumed", "bytes=500-", part(500, 999)],
    ["end beyond the file", "bytes=500-5000", part(500, 999)],
    ["suffix", "bytes=-100", part(900, 999)],
    ["suffix longer than the file", "bytes=-5000", part(0, 999)],
    ["surrounded by spaces", "  bytes=5-6  ", part(5, 6)],
    ["unit in capitals", "BYTES=5-6", part(5, 6)],
    ["exactly beyond the end, as a finished client asks", "bytes=1000-", none],
    ["far beyond the end", "bytes=99999999999999999999999999-", none],
    ["no bytes of suffix", "bytes=-0", none],
    ["end before start", "bytes=6-5", all],
    ["two ranges", "bytes=0-1,5-6", all],
    ["space inside", "bytes=0-1 2", all],
    ["another unit", "lines=0-1", all],
    ["no numbers", "bytes=-", all],
    ["negative", "bytes=--5", all],
    ["hexadecimal", "bytes=0x10-0x20", all],
    ["plus sign", "bytes=+1-2", all],
    ["fraction", "bytes=1.5-2", all],
    ["other digits", "bytes=١-٢", all],
    ["line feed inside", "bytes=1-\n2", all],
    ["empty", "", all],
  ])("%s", (_name, header, decision) => {
    expect(decideRange(header, 1000)).toEqual(decision);
  });

  test("of an empty file nothing can be asked for", () => {
    expect(decideRange("bytes=0-", 0)).toEqual(none);
    expect(decideRange("bytes=-5", 0)).toEqual(none);
    expect(decideRange(undefined, 0)).toEqual(all);
  });

  test("whatever is asked, what is sent lies within the file", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `bytes=${a}-${b}`),
        ),
        fc.nat({ max: 3000 }),
        (header, size) => {
          const decision = decideRange(header, size);
          if (decision.send !== "part") return;
          expect(decision.start).toBeGreaterThanOrEqual(0);
          expect(decision.start).toBeLessThanOrEqual(decision.end);
          expect(decision.end).toBeLessThan(size);
        },
      ),
    );
  });
});

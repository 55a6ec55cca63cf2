/** Properties, and cborg as an independent oracle: another author's reading of RFC 8949. */
import * as cborg from "cborg";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode } from "./decode.ts";
import { type CborValue, encode, Tagged } from "./encode.ts";
import { encodeItem } from "./encode-item.ts";
import { toValue } from "./to-value.ts";

const options = { field: "x", tags: [18], maxDepth: 32 };

/** A failure prints the seed and the smallest input that shows it. */
const check = <T>(property: fc.IProperty<T>, numRuns: number): void => void fc.assert(property, { numRuns });

const normal = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);
const integer = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n }).map(normal),
  // Around every change of width, where off-by-one mistakes live.
  fc
    .tuple(
      fc.constantFrom(0n, 24n, 2n ** 8n, 2n ** 16n, 2n ** 32n, 2n ** 53n, 2n ** 64n - 2n),
      fc.bigInt(-2n, 1n),
      fc.boolean(),
    )
    .map(([edge, step, minus]) => normal(minus ? -(edge + step) : edge + step)),
);
const text = fc.string({ unit: "binary", maxLength: 30 });
const bytes = fc.uint8Array({ maxLength: 300 });
const key = fc.oneof(integer, text, fc.uint8Array({ maxLength: 30 }));

/** Values that `decode` gives back unchanged. cborg cannot write tags or sort compound keys: those are options. */
const valueWith = (extra: {
  readonly keys: fc.Arbitrary<CborValue>;
  readonly tags: "with" | "without";
}): fc.Arbitrary<CborValue> =>
  fc.letrec<{ value: CborValue; map: CborValue; array: CborValue; tagged: CborValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(integer, text, bytes, fc.boolean(), fc.constant(null)),
      tie("array"),
      tie("map"),
      ...(extra.tags === "with" ? [tie("tagged")] : []),
    ),
    array: fc.array(tie("value"), { maxLength: 6 }),
    map: fc
      .uniqueArray(fc.tuple(extra.keys, tie("value")), {
        maxLength: 6,
        selector: ([k]) => Buffer.from(encode(k)).toString("hex"),
      })
      .map((entries) => new Map(entries.toSorted(([a], [b]) => Buffer.compare(encode(a), encode(b))))),
    tagged: tie("value").map((value) => new Tagged(18, value)),
  })).value;

const anyValue = valueWith({ keys: fc.oneof(key, fc.array(key, { maxLength: 3 }), fc.boolean()), tags: "with" });
const cborgValue = valueWith({ keys: key, tags: "without" });

const strictCborg = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowNaN: false,
  allowInfinity: false,
  useMaps: true,
  rejectDuplicateMapKeys: true,
  tags: { 18: (inner: () => unknown) => new Tagged(18, inner() as CborValue) },
};

/** What holds for every input: no exception; an accepted one is in its only form, and the oracle reads the same value. */
function judge(input: Uint8Array): "accepted" | "refused" {
  const decoded = decode(input, options);
  if (!decoded.ok) {
    expect(decoded.error.offset).toBeGreaterThanOrEqual(0);
    expect(decoded.error.offset).toBeLessThanOrEqual(input.length);
    return "refused";
  }
  const value = toValue(decoded.value);
  expect(encode(value)).toEqual(input);
  expect(encodeItem(decoded.value)).toEqual(input);
  expect(cborg.decode(input, strictCborg)).toEqual(value);
  return "accepted";
}

describe("properties", () => {
  test("decode(encode(x)) is x", () => {
    check(
      fc.property(anyValue, (value) => {
        const decoded = decode(encode(value), options);
        expect(decoded.ok && toValue(decoded.value)).toEqual(value);
      }),
      400,
    );
  });

  test("what encode writes, the oracle reads as the same value", () => {
    check(
      fc.property(anyValue, (value) => {
        expect(judge(encode(value))).toBe("accepted");
      }),
      400,
    );
  });

  test("the oracle writes the same bytes", () => {
    check(
      fc.property(cborgValue, (value) => {
        expect(encode(value)).toEqual(new Uint8Array(cborg.encode(value, cborg.rfc8949EncodeOptions)));
      }),
      400,
    );
  });

  test("random bytes never throw", () => {
    check(
      fc.property(fc.uint8Array({ maxLength: 40 }), (input) => {
        judge(input);
      }),
      3000,
    );
  });

  test("bytes changed, cut out or put in never throw", () => {
    const edit = fc.record({ at: fc.nat(), remove: fc.nat({ max: 2 }), insert: fc.uint8Array({ maxLength: 2 }) });
    check(
      fc.property(anyValue, fc.array(edit, { minLength: 1, maxLength: 3 }), (value, edits) => {
        let input = [...encode(value)];
        for (const { at, remove, insert } of edits) input = input.toSpliced(at % (input.length + 1), remove, ...insert);
        judge(Uint8Array.from(input));
      }),
      1500,
    );
  });
});

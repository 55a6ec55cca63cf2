import fc from "fast-check";
import { expect, test } from "vitest";
import { decode } from "./decode.ts";
import { type CborValue, encode, Tagged } from "./encode.ts";

/** How many data items a value is made of. */
function itemsOf(value: CborValue): number {
  if (Array.isArray(value)) return value.reduce((sum: number, inner: CborValue) => sum + itemsOf(inner), 1);
  if (value instanceof Map) return [...value].reduce((sum, [key, inner]) => sum + itemsOf(key) + itemsOf(inner), 1);
  return value instanceof Tagged ? 1 + itemsOf(value.value) : 1;
}

const value: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.maxSafeInteger(),
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ maxLength: 300 }),
    fc.boolean(),
    fc.array(tie("value"), { maxLength: 4 }),
    fc
      .dictionary(fc.string({ maxLength: 3 }), tie("value"), { maxKeys: 3 })
      .map((object) => new Map(Object.entries(object))),
    tie("value").map((inner) => new Tagged(107, inner)),
  ),
})).value;

test("items are counted as they are encoded, strings as one", () => {
  fc.assert(
    fc.property(value, (one) => {
      const options = { field: "value", tags: [107], maxDepth: 64 };
      const items = itemsOf(one);
      expect(decode(encode(one), { ...options, maxItems: items }).ok).toBe(true);
      expect(decode(encode(one), { ...options, maxItems: items - 1 })).toMatchObject({
        error: { reason: "too-many-items" },
      });
    }),
  );
});

import { describe, expect, test } from "vitest";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { encodeItem } from "./encode-item.ts";
import { toValue } from "./to-value.ts";

const cases = [
  { name: "a map in received order", hex: "a2200004f6", sorted: "a204f62000" },
  { name: "maps within maps", hex: "a205a2020001006161a2616200616100", sorted: "a205a2010002006161a2616100616200" },
  { name: "a map in a tag in an array", hex: "8200d2a202000100", sorted: "8200d2a201000200" },
  { name: "every other kind", hex: "87003903e742aabb6161f4f5f6", sorted: "87003903e742aabb6161f4f5f6" },
];

describe.each(cases)("$name", ({ hex, sorted }) => {
  const decoded = decode(new Uint8Array(Buffer.from(hex, "hex")), { field: "x", tags: [18], mapOrder: "any" });
  if (!decoded.ok) throw new Error(decoded.error.reason);

  test("is written again as it was", () => {
    expect(Buffer.from(encodeItem(decoded.value)).toString("hex")).toBe(hex);
  });

  test("is sorted when it goes through its value", () => {
    expect(Buffer.from(encode(toValue(decoded.value))).toString("hex")).toBe(sorted);
  });
});

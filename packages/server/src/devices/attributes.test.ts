import { describe, expect, test } from "vitest";
import { defaultLimits } from "../limits.ts";
import {
  applyAttributes,
  attributesFromJson,
  attributesToJson,
  identityOf,
  parseAttributeReport,
} from "./attributes.ts";

const read = (body: unknown) => parseAttributeReport(body, defaultLimits);

describe("parseAttributeReport", () => {
  test("takes text and numbers, and ignores what clients add", () => {
    const report = read({ id: "", time: "x", status: {}, data: { a: "b", n: 5 } });
    expect(report).toEqual({
      ok: true,
      value: {
        mode: "merge",
        data: new Map([
          ["a", "b"],
          ["n", "5"],
        ]),
      },
    });
  });

  test.each([
    ["no object", [], "body"],
    ["null", null, "body"],
    ["text", "x", "body"],
    ["unknown mode", { mode: "delete", data: {} }, "mode"],
    ["mode of the prototype", { mode: "constructor", data: {} }, "mode"],
    ["data no object", { data: ["a"] }, "data"],
    ["nested value", { data: { a: { b: "c" } } }, "data"],
    ["value too long", { data: { a: "x".repeat(1025) } }, "data"],
    ["key too long", { data: { ["k".repeat(129)]: "x" } }, "data"],
  ])("refuses %s", (_name, body, field) => {
    expect(read(body)).toEqual({ ok: false, error: { code: "invalid-body", field } });
  });

  test("refuses 101 attributes", () => {
    const data = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`k${i}`, "v"]));
    expect(read({ data })).toEqual({ ok: false, error: { code: "too-many-attributes", limit: 100 } });
  });

  test("keeps a key named __proto__ as the text it is", () => {
    const report = read(JSON.parse('{"data":{"__proto__":"x","constructor":"y"}}'));
    if (!report.ok) throw new Error(report.error.code);
    const stored = attributesToJson(report.value.data);
    expect(stored).toBe('{"__proto__":"x","constructor":"y"}');
    expect(attributesFromJson(stored).get("__proto__")).toBe("x");
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });
});

describe("applyAttributes", () => {
  const before = new Map([
    ["a", "1"],
    ["b", "2"],
  ]);
  test.each([
    ["merge", { b: "3", c: "4" }, { a: "1", b: "3", c: "4" }],
    ["replace", { c: "4" }, { c: "4" }],
    ["remove", { b: "", x: "" }, { a: "1" }],
  ] as const)("%s", (mode, data, after) => {
    const applied = applyAttributes(before, { mode, data: new Map(Object.entries(data)) }, defaultLimits);
    expect(applied.ok && Object.fromEntries(applied.value)).toEqual(after);
  });

  test("merging piece by piece cannot go over the limit either", () => {
    const full = new Map(Array.from({ length: 100 }, (_, i) => [`k${i}`, "v"] as const));
    const more = applyAttributes(full, { mode: "merge", data: new Map([["one", "more"]]) }, defaultLimits);
    expect(more).toEqual({ ok: false, error: { code: "too-many-attributes", limit: 100 } });
  });
});

describe("identityOf", () => {
  const uuid = "FA6B4A53-D5AD-5FDF-BE9D-E663E4D41FFE";
  const hex = "fa6b4a53d5ad5fdfbe9de663e4d41ffe";
  test("reads UUIDs in both forms, decimal sequence and hex digest", () => {
    const digest = "AB".repeat(32);
    const identity = identityOf(
      new Map([
        ["vendorId", uuid],
        ["classId", hex],
        ["sequence", "7"],
        ["manifestDigest", digest],
      ]),
    );
    expect(identity).toEqual({
      vendor_id: hex,
      class_id: hex,
      installed_sequence: "00000000000000000007",
      installed_digest: digest.toLowerCase(),
    });
  });

  test.each(["", "-1", "1.0", "0x5", "1e3", " 5", "18446744073709551616", "99999999999999999999999", "5\n"])(
    "sequence %j is no number",
    (sequence) => {
      expect(identityOf(new Map([["sequence", sequence]])).installed_sequence).toBeNull();
    },
  );

  test.each(["", "nil", `${hex}0`, `{${uuid}}`, "'; drop table devices; --"])("vendor %j is no UUID", (vendor) => {
    expect(identityOf(new Map([["vendorId", vendor]])).vendor_id).toBeNull();
  });
});

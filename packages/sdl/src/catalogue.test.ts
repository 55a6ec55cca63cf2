import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { builtInCatalogue, builtInSource, doubtfulRows, readCatalogue } from "./catalogue.ts";
import type { Requirement7 } from "./model/vocabulary.ts";
import { rowRules } from "./practice-rows.ts";
import { rowsOfType } from "./slc.ts";

interface SourceRow {
  readonly id: string;
  readonly sl_from: number;
  readonly sl_profile: Readonly<Record<string, boolean>>;
}
const file = JSON.parse(readFileSync(path.join(import.meta.dirname, "..", "catalogue", "iec62443.json"), "utf8"));
const rows: readonly SourceRow[] = file.iec62443_4_2.requirements;

describe("the catalogue", () => {
  test("has 47 rows of 4-1 and 122 of 4-2, each once", () => {
    expect(builtInCatalogue.processRows.size).toBe(47);
    expect(builtInCatalogue.componentRows.size).toBe(122);
    expect(builtInCatalogue.edition).toBe("62443-4-1:2018+62443-4-2:2019");
    expect(builtInCatalogue.foundational.map(({ code }) => code)).toEqual([
      "IAC",
      "UC",
      "SI",
      "DC",
      "RDF",
      "TRE",
      "RA",
    ]);
  });

  test("has the levels of the data, and a profile that agrees with each", () => {
    for (const { id, sl_from, sl_profile } of rows) {
      expect(builtInCatalogue.componentRows.get(id)?.slFrom, id).toBe(sl_from);
      expect(
        Object.entries(sl_profile).every(([level, counts]) => counts === Number(level) >= sl_from),
        id,
      ).toBe(true);
    }
  });

  test("counts 36, 61, 77 and 83 rows of an embedded device, by requirement as known", () => {
    const counts = (level: number, fr?: Requirement7): number =>
      rowsOfType(builtInCatalogue, "EDR").filter((row) => row.slFrom <= level && (fr === undefined || row.fr === fr))
        .length;
    expect([1, 2, 3, 4].map((level) => counts(level))).toEqual([36, 61, 77, 83]);
    const byRequirement = builtInCatalogue.foundational.map(({ code }) =>
      [1, 2, 3, 4].map((level) => counts(level, code)),
    );
    expect(byRequirement).toEqual([
      [8, 13, 19, 20],
      [9, 15, 19, 22],
      [9, 18, 20, 22],
      [2, 3, 5, 5],
      [1, 1, 1, 1],
      [1, 2, 3, 3],
      [6, 9, 10, 10],
    ]);
  });

  test("flags the seven rows whose level is in doubt", () => {
    expect(doubtfulRows(builtInCatalogue).map(({ id }) => id)).toEqual([
      "CR 1.7 RE(1)",
      "CR 1.7 RE(2)",
      "EDR 3.2",
      "CR 3.7",
      "CR 6.1 RE(1)",
      "CR 6.2",
      "CR 7.8",
    ]);
  });

  test("has a rule for every practice row, and no rule for another", () => {
    expect(Object.keys(rowRules).sort()).toEqual([...builtInCatalogue.processRows.keys()].sort());
    for (const [id, { kinds, practised, needs, roles }] of Object.entries(rowRules)) {
      expect(roles.length, id).toBeGreaterThan(0);
      expect(
        [...practised, ...needs].every((kind) => kinds.includes(kind)),
        id,
      ).toBe(true);
      expect(practised.length, id).toBeGreaterThan(0);
    }
  });

  test("another edition is another file", () => {
    const next = readCatalogue({
      ...builtInSource,
      editions: { "62443-4-1": "2027", "62443-4-2": "2027" },
      iec62443_4_1: builtInSource.iec62443_4_1.slice(0, 3),
    });
    expect(next.edition).toBe("62443-4-1:2027+62443-4-2:2027");
    expect([...next.processRows.keys()]).toEqual(["SM-1", "SM-2", "SM-3"]);
  });
});

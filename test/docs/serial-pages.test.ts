import { readFileSync } from "node:fs";
import path from "node:path";
import { imageFlag, tlvType } from "@sumac/mcuboot";
import {
  longestEnvelope,
  smpOperation,
  sumacAction,
  sumacCommand,
  sumacGroup,
  sumacProtocol,
  sumacResult,
  sumacState,
} from "@sumac/smp";
import { describe, expect, test } from "vitest";
import { codeSpans, readPage, root, tableRows } from "./markdown.ts";

type Registry = Readonly<Record<string, number>>;

const word = (cell = ""): string => codeSpans(cell)[0] ?? "";

/** Name and number of every row; the number in this base. */
function numbers(page: string, header: readonly string[], nameAt: 0 | 1, base: 10 | 16): Registry {
  return Object.fromEntries(
    tableRows(page, header).map((row) => [word(row[nameAt]), Number.parseInt(row[1 - nameAt] ?? "", base)]),
  );
}

const inOrder = (names: readonly string[]): Registry => Object.fromEntries(names.map((name, i) => [name, i]));

describe("the page about serial lines and the code give the same", () => {
  const page = readPage("docs/spec/serial.md");
  const commands = ["Command", "Number", "Operation", "Request", "Answer"];

  test.each([
    ["operations", ["Operation", "Number"], smpOperation],
    ["commands", commands, sumacCommand],
    ["results", ["Result", "Number", "Means"], inOrder(sumacResult)],
  ] as const)("%s", (_, header, registry) => {
    expect(numbers(page, header, 0, 10)).toEqual(registry);
  });

  test("states and actions", () => {
    expect(tableRows(page, ["State", "Means", "Members"]).map(([state]) => word(state))).toEqual(sumacState);
    expect(tableRows(page, ["Action", "Does"]).map(([action]) => word(action))).toEqual(sumacAction);
  });

  test("group, protocol and limit", () => {
    expect(page).toContain(`Group ${sumacGroup} (\`${sumacGroup.toString(16)}\`, "SM")`);
    expect(page).toContain(`Protocol ${sumacProtocol}.`);
    expect(page).toContain(`${longestEnvelope.toLocaleString("en")} bytes`);
  });

  test("a wrong number on the page is noticed", () => {
    const wrong = page.replace("| `verdict` | 2 |", "| `verdict` | 9 |");
    expect(wrong).not.toBe(page);
    expect(numbers(wrong, commands, 0, 10)).not.toEqual(sumacCommand);
  });
});

describe("the page about MCUboot images and the code give the same", () => {
  const page = readPage("docs/spec/mcuboot.md");

  test.each([
    ["flags", ["Flag", "Bit"], 0, imageFlag],
    ["TLVs", ["Type", "TLV", "Here"], 1, tlvType],
  ] as const)("%s", (_, header, nameAt, registry) => {
    expect(numbers(page, header, nameAt, 16)).toEqual(registry);
  });

  test("refusals", () => {
    const source = readFileSync(path.join(root, "packages/mcuboot/src/refusal.ts"), "utf8");
    const codes = new Set(Array.from(source.matchAll(/code: "([a-z-]+)"/g), ([, code = ""]) => code));
    expect(
      tableRows(page, ["Code", "Means"])
        .map(([code]) => word(code))
        .toSorted(),
    ).toEqual([...codes].sort());
    expect(codes.size).toBeGreaterThan(10);
  });
});

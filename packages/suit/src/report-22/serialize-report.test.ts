import { bytesToHex } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import { parseReport } from "./parse-report.ts";
import { fullReport, shortReport, testRecord } from "./report.test.support.ts";
import { recordBeforeCommands } from "./report.ts";
import { serializeReport } from "./serialize-report.ts";

const compact = (text: string): string => text.replaceAll(/\s/g, "");
const uri = `78 18 ${bytesToHex(new TextEncoder().encode("https://vendor.example/a"))}`;
const digest = `82 2f 5820 ${"d1".repeat(32)}`;

describe("the bytes of draft-ietf-suit-report-22", () => {
  test("a success: records, result, reference, in the order of encoded keys", () => {
    expect(bytesToHex(serializeReport(shortReport))).toBe(compact(`a3 03 80 04 f5 1863 82 ${uri} ${digest}`));
  });

  test("a failure with a nonce: code, record and reason; a record is an array of five", () => {
    const measured = `a1 03 5824 82 2f 5820 ${"bd".repeat(32)}`;
    const failed = {
      ...shortReport,
      nonce: Uint8Array.of(9),
      entries: [{ ...testRecord, measured: {} }],
      result: { code: -7, record: testRecord, reason: "condition-failed" as const },
    };
    expect(bytesToHex(serializeReport(failed))).toBe(
      compact(`a4 02 4109 03 81 85 80 14 10 00 a0
        04 a3 05 26 06 85 80 14 10 00 ${measured} 07 0a
        1863 82 ${uri} ${digest}`),
    );
  });

  test("system properties are a map with the component under 0", () => {
    const component = [new Uint8Array([0xaa])];
    const entries = [{ kind: "system" as const, component, properties: { imageSize: 5n } }];
    expect(bytesToHex(serializeReport({ ...shortReport, entries }))).toBe(
      compact(`a3 03 81 a2 00 81 41aa 0e 05 04 f5 1863 82 ${uri} ${digest}`),
    );
  });

  test("capabilities: a wildcard is a true at the end, a path is a key", () => {
    const capabilities = {
      components: [{ id: [Uint8Array.of(1)], matches: "all-below" as const }],
      commands: [1],
      parameters: [2],
      algorithms: [-16],
      nested: [{ path: [3, 3, 1], labels: [3] }],
    };
    expect(bytesToHex(serializeReport({ ...shortReport, capabilities }))).toBe(
      compact(`a4 03 80 04 f5 08 a5 01 81 82 4101 f5 02 81 01 03 81 02 04 81 2f 83 03 03 01 81 03
        1863 82 ${uri} ${digest}`),
    );
  });
});

test.each([
  ["short", shortReport],
  ["full", fullReport],
  [
    "refused before a command ran",
    { ...shortReport, result: { code: 0, record: recordBeforeCommands, reason: "unauthorised" } },
  ],
] as const)("a report is read back as it was written: %s", (_, report) => {
  expect(parseReport(serializeReport(report), 0)).toEqual({ ok: true, value: report });
});

test("system properties without a property are a bug", () => {
  const entries = [{ kind: "system" as const, component: [Uint8Array.of(1)], properties: {} }];
  expect(() => serializeReport({ ...shortReport, entries })).toThrow(RangeError);
});

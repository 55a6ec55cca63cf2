import type { MalformedReason } from "@sumac/cbor";
import { hexToBytes } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import { firmwareEncryption24 } from "../firmware-encryption-24.ts";
import { defaultLimits } from "../limits.ts";
import { parseReport } from "./parse-report.ts";
import { fullReport } from "./report.test.support.ts";
import { serializeReport } from "./serialize-report.ts";

const hex = (text: string): Uint8Array => hexToBytes(text.replaceAll(/\s/g, ""));
/** The report begins at byte 100 of the file. */
const parse = (text: string, limits = defaultLimits): ReturnType<typeof parseReport> =>
  parseReport(hex(text), 100, limits);

const reference = `82 6161 82 2f 5820 ${"d1".repeat(32)}`;
const tail = `04 f5 1863 ${reference}`;
const withRecords = (records: string): string => `a3 03 ${records} ${tail}`;
const withResult = (result: string): string => `a3 03 80 04 ${result} 1863 ${reference}`;
const withCapabilities = (capabilities: string): string => `a4 03 80 04 f5 08 ${capabilities} 1863 ${reference}`;
const record = "85 80 14 10 00 a0";

interface Refused {
  readonly name: string;
  readonly report: string;
  readonly reason: MalformedReason;
  readonly field: string;
  /** From the start of the report. */
  readonly at: number;
}

const refused: readonly Refused[] = [
  { name: "an array", report: "80", reason: "wrong-type", field: "", at: 0 },
  { name: "two reports", report: `${withRecords("80")} 00`, reason: "trailing-bytes", field: "", at: 46 },
  { name: "unsorted keys", report: `a3 04 f5 03 80 1863 ${reference}`, reason: "unsorted-keys", field: "", at: 3 },
  { name: "no records", report: `a2 ${tail}`, reason: "missing", field: ".records", at: 0 },
  { name: "no result", report: `a2 03 80 1863 ${reference}`, reason: "missing", field: ".result", at: 0 },
  { name: "no reference", report: "a2 03 80 04 f5", reason: "missing", field: ".reference", at: 0 },
  {
    name: "a reference of one",
    report: "a3 03 80 04 f5 1863 81 6161",
    reason: "wrong-length",
    field: ".reference",
    at: 7,
  },
  {
    name: "a reference of three",
    report: `a3 03 80 04 f5 1863 83 ${reference.slice(2)} 00`,
    reason: "wrong-length",
    field: ".reference",
    at: 7,
  },
  {
    name: "a digest in a byte string",
    report: `a3 03 80 04 f5 1863 82 6161 5824 ${reference.slice(8)}`,
    reason: "wrong-type",
    field: ".reference.digest",
    at: 10,
  },
  { name: "a nonce of text", report: `a4 02 6161 03 80 ${tail}`, reason: "wrong-type", field: ".nonce", at: 2 },
  { name: "records in a map", report: withRecords("a0"), reason: "wrong-type", field: ".records", at: 2 },
  { name: "a record of text", report: withRecords("81 6161"), reason: "wrong-type", field: ".records.0", at: 3 },
  {
    name: "a record of four",
    report: withRecords("81 84 80 14 10 00"),
    reason: "wrong-length",
    field: ".records.0",
    at: 3,
  },
  {
    name: "a record of six",
    report: withRecords("81 86 80 14 10 00 a0 00"),
    reason: "wrong-length",
    field: ".records.0",
    at: 3,
  },
  {
    name: "a manifest below zero",
    report: withRecords("81 85 81 20 14 10 00 a0"),
    reason: "wrong-type",
    field: ".records.0.manifest",
    at: 5,
  },
  {
    name: "an offset below zero",
    report: withRecords("81 85 80 14 20 00 a0"),
    reason: "wrong-type",
    field: ".records.0.offset",
    at: 6,
  },
  {
    name: "an offset beyond 2^53",
    report: withRecords("81 85 80 14 1b0020000000000000 00 a0"),
    reason: "wrong-value",
    field: ".records.0.offset",
    at: 6,
  },
  {
    name: "a component list",
    report: withRecords("81 85 80 14 10 81 00 a0"),
    reason: "wrong-type",
    field: ".records.0.component",
    at: 7,
  },
  {
    name: "a measured soft-failure",
    report: withRecords("81 85 80 14 10 00 a1 0d f5"),
    reason: "not-allowed-here",
    field: ".records.0.properties.soft-failure",
    at: 10,
  },
  {
    name: "system properties without component",
    report: withRecords("81 a1 0e 05"),
    reason: "missing",
    field: ".records.0.component",
    at: 3,
  },
  {
    name: "no system properties at all",
    report: withRecords("81 a0"),
    reason: "missing",
    field: ".records.0.component",
    at: 3,
  },
  {
    name: "system properties without property",
    report: withRecords("81 a1 00 81 4101"),
    reason: "wrong-length",
    field: ".records.0",
    at: 3,
  },
  {
    name: "system properties of no component",
    report: withRecords("81 a2 00 80 0e 05"),
    reason: "wrong-length",
    field: ".records.0.component",
    at: 5,
  },
  { name: "a result of false", report: withResult("f4"), reason: "wrong-value", field: ".result", at: 4 },
  { name: "a result of null", report: withResult("f6"), reason: "wrong-value", field: ".result", at: 4 },
  { name: "a result of 1", report: withResult("01"), reason: "wrong-type", field: ".result", at: 4 },
  { name: "no code", report: withResult(`a2 06 ${record} 07 0a`), reason: "missing", field: ".result.code", at: 4 },
  {
    name: "no failed command",
    report: withResult("a2 05 00 07 0a"),
    reason: "missing",
    field: ".result.record",
    at: 4,
  },
  { name: "no reason", report: withResult(`a2 05 00 06 ${record}`), reason: "missing", field: ".result.reason", at: 4 },
  {
    name: "a failure that is ok",
    report: withResult(`a3 05 00 06 ${record} 07 00`),
    reason: "not-allowed-here",
    field: ".result.reason",
    at: 15,
  },
  {
    name: "a component capability that is a number",
    report: withCapabilities("a3 01 81 8101 02 81 01 03 81 01"),
    reason: "wrong-type",
    field: ".capability-report.components.0",
    at: 10,
  },
  {
    name: "capabilities without parameters",
    report: withCapabilities("a3 01 81 81f5 02 81 01 04 81 01"),
    reason: "missing",
    field: ".capability-report.parameters",
    at: 6,
  },
  {
    name: "a capability list of nothing",
    report: withCapabilities("a4 01 81 81f5 02 80 03 81 01 04 81 01"),
    reason: "wrong-length",
    field: ".capability-report.commands",
    at: 12,
  },
  {
    name: "capabilities of no component",
    report: withCapabilities("a4 01 80 02 81 01 03 81 01 04 81 01"),
    reason: "wrong-length",
    field: ".capability-report.components",
    at: 8,
  },
  {
    name: "a wildcard in the middle",
    report: withCapabilities("a4 01 81 82f54101 02 81 01 03 81 01 04 81 01"),
    reason: "wrong-type",
    field: ".capability-report.components.0",
    at: 10,
  },
];

describe("refuses as malformed", () => {
  test.each(refused)("$name", ({ report, reason, field, at }) => {
    expect(parse(report)).toEqual({
      ok: false,
      error: { code: "malformed", reason, field: `report${field}`, offset: 100 + at },
    });
  });
});

describe("refuses what it does not know, with number and place", () => {
  test.each([
    { name: "another element", report: `a4 03 80 04 f5 05 00 1863 ${reference}`, label: 5, field: "", at: 5 },
    {
      name: "a sequence that is not listed",
      report: withRecords("81 85 80 05 10 00 a0"),
      label: 5,
      field: ".records.0.section",
      at: 5,
    },
    {
      name: "the text as a sequence",
      report: withRecords("81 85 80 17 10 00 a0"),
      label: 23,
      field: ".records.0.section",
      at: 5,
    },
    {
      name: "a parameter",
      report: withRecords("81 85 80 14 10 00 a1 1829 00"),
      label: 41,
      field: ".records.0.properties",
      at: 9,
    },
    { name: "a reason", report: withResult(`a3 05 00 06 ${record} 07 0d`), label: 13, field: ".result.reason", at: 15 },
    {
      name: "a digest algorithm",
      report: `a3 03 80 04 f5 1863 82 6161 82 10 40`,
      label: 16,
      field: ".reference.digest.algorithm",
      at: 11,
    },
    {
      name: "a capability",
      report: withCapabilities("a5 01 81 81f5 02 81 01 03 81 01 04 81 01 0b 81 01"),
      label: 11,
      field: ".capability-report",
      at: 20,
    },
  ])("$name", ({ report, label, field, at }) => {
    expect(parse(report)).toEqual({
      ok: false,
      error: { code: "unsupported", label, field: `report${field}`, offset: 100 + at },
    });
  });

  test("a parameter of an extension, unless it is on", () => {
    const report = withRecords("81 85 80 14 10 00 a1 13 4101");
    expect(parse(report)).toMatchObject({ error: { code: "unsupported", label: 19 } });
    expect(parse(report, { ...defaultLimits, extensions: [firmwareEncryption24] }).ok).toBe(true);
  });
});

test("a report over the limit is refused before it is read", () => {
  expect(parse("80", { ...defaultLimits, maxBytes: 0 })).toEqual({
    ok: false,
    error: { code: "too-large", size: 1, limit: 0 },
  });
});

test("every cut and every flipped bit is a refusal or another report, never a throw", () => {
  const report = serializeReport(fullReport);
  for (const length of report.keys()) expect(parseReport(report.subarray(0, length), 0).ok).toBe(false);
  for (const at of report.keys()) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = report.with(at, (report[at] ?? 0) ^ (1 << bit));
      const parsed = parseReport(changed, 0);
      // One report has one encoding: whatever is accepted is written again as it came.
      if (parsed.ok) expect(serializeReport(parsed.value)).toEqual(changed);
    }
  }
});

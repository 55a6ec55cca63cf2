import type { ProvisioningRecord } from "./provisioning-record.ts";

/** What is wrong with the records of a lot; `serials` are the units it concerns. */
export type LotFinding =
  /** Two units with one device key are one unit to everybody else (CR 1.2). */
  | { readonly code: "device-key-shared"; readonly keyId: string; readonly serials: readonly string[] }
  | { readonly code: "device-id-shared"; readonly deviceId: string; readonly serials: readonly string[] }
  | { readonly code: "serial-repeated"; readonly serials: readonly string[] }
  | { readonly code: "unit-failed"; readonly serials: readonly string[] }
  /** It says `passed`, and what was read back is not what was written. */
  | { readonly code: "read-back-differs"; readonly serials: readonly string[] }
  | { readonly code: "device-key-missing"; readonly serials: readonly string[] };

/** Compares all records of a lot with each other and each with itself. None found = the lot may leave the factory. */
export function checkLot(records: readonly ProvisioningRecord[]): readonly LotFinding[] {
  const findings: LotFinding[] = [];
  const passed = records.filter(({ result }) => result === "passed");
  for (const [keyId, serials] of shared(passed, ({ deviceKey }) => deviceKey?.keyId)) {
    findings.push({ code: "device-key-shared", keyId, serials });
  }
  for (const [deviceId, serials] of shared(passed, ({ identity }) => identity.deviceId ?? undefined)) {
    findings.push({ code: "device-id-shared", deviceId, serials });
  }
  for (const [, serials] of shared(passed, ({ serial }) => serial)) findings.push({ code: "serial-repeated", serials });
  for (const record of records) {
    const serials = [record.serial];
    // A unit that failed and was provisioned again has a record that passed, too.
    if (record.result === "failed") {
      if (!passed.some(({ serial }) => serial === record.serial)) findings.push({ code: "unit-failed", serials });
      continue;
    }
    if (record.deviceKey === null) findings.push({ code: "device-key-missing", serials });
    if (JSON.stringify(record.written) !== JSON.stringify(record.readBack)) {
      findings.push({ code: "read-back-differs", serials });
    }
  }
  return findings;
}

function* shared(
  records: readonly ProvisioningRecord[],
  of: (record: ProvisioningRecord) => string | undefined,
): Generator<[value: string, serials: readonly string[]]> {
  const serials = new Map<string, string[]>();
  for (const record of records) {
    const value = of(record);
    if (value !== undefined) serials.set(value, [...(serials.get(value) ?? []), record.serial]);
  }
  for (const [value, units] of serials) if (units.length > 1) yield [value, units];
}

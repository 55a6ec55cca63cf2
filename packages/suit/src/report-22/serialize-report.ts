import { type CborValue, encode } from "@sumac/cbor";
import type { Parameters } from "../command.ts";
import { componentIdValue } from "../component.ts";
import { digestValue } from "../digest.ts";
import { parametersValue } from "../serialize-commands.ts";
import { serializeCapabilities } from "./capabilities.ts";
import { failureLabel, reportLabel, reportReason, reportSection, systemComponentId } from "./labels.ts";
import type { CommandRecord, Report, ReportEntry, ReportFailure, SystemProperties } from "./report.ts";

/** SUIT_Report, deterministic. Throws `RangeError` on system properties without a property: a bug. */
export function serializeReport(report: Report): Uint8Array {
  const { reference, nonce, entries, result, capabilities } = report;
  const map = new Map<CborValue, CborValue>([
    [reportLabel.reference, [reference.uri, digestValue(reference.digest)]],
    [reportLabel.records, entries.map(entryValue)],
    [reportLabel.result, result === "success" ? true : failureValue(result)],
  ]);
  if (nonce !== undefined) map.set(reportLabel.nonce, nonce);
  if (capabilities !== undefined) map.set(reportLabel["capability-report"], serializeCapabilities(capabilities));
  return encode(map);
}

const entryValue = (entry: ReportEntry): CborValue =>
  entry.kind === "command" ? recordValue(entry) : propertiesValue(entry);

const recordValue = ({ manifest, section, offset, component, measured }: CommandRecord): CborValue => [
  manifest,
  reportSection[section],
  offset,
  component,
  parametersValue(measured),
];

function propertiesValue({ component, properties }: SystemProperties): CborValue {
  const given: ReadonlyMap<CborValue, CborValue> = parametersValue(properties satisfies Parameters);
  if (given.size === 0) throw new RangeError("system properties name at least one property");
  return new Map<CborValue, CborValue>([[systemComponentId, componentIdValue(component)], ...given]);
}

const failureValue = ({ code, record, reason }: ReportFailure): CborValue =>
  new Map<CborValue, CborValue>([
    [failureLabel.code, code],
    [failureLabel.record, recordValue(record)],
    [failureLabel.reason, reportReason[reason]],
  ]);

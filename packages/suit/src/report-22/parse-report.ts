import { type CborItem, type CborMap, need, needLabel, type Result } from "@sumac/cbor";
import type { Parameters } from "../command.ts";
import { scopeAt } from "../core-grammar.ts";
import { readDigest } from "../digest.ts";
import { expectBytes, expectFields, expectIndex, expectPair, expectText } from "../expect-item.ts";
import { decodeLayer, type Scope } from "../layer.ts";
import { defaultLimits, type Limits } from "../limits.ts";
import { penTag } from "../manifest-37.ts";
import { nameOf } from "../name-of.ts";
import { optional } from "../optional.ts";
import { readComponentId } from "../parse-component.ts";
import { type ParameterRules, readParameters } from "../parse-parameters.ts";
import { attempt, refuse, refuseMalformed, refuseUnsupported, type SuitRefusal } from "../refusal.ts";
import { readCapabilities } from "./capabilities.ts";
import { failureLabel, reportLabel, reportReason, reportSection, systemComponentId } from "./labels.ts";
import type { CommandRecord, Report, ReportEntry, ReportFailure } from "./report.ts";

/**
 * Reads a SUIT_Report; call only after its signature was checked. `offset` is where it starts in the outermost file.
 * Parameters of extensions are understood where `limits.extensions` has them, as in the manifest.
 */
export function parseReport(
  encoded: Uint8Array,
  offset: number,
  limits: Limits = defaultLimits,
): Result<Report, SuitRefusal> {
  return attempt(() => {
    if (encoded.length > limits.maxBytes) refuse({ code: "too-large", size: encoded.length, limit: limits.maxBytes });
    const scope = scopeAt(limits, 1);
    return readReport(
      decodeLayer({ content: encoded, contentOffset: offset }, "report", scope, { tags: [penTag] }),
      scope,
    );
  });
}

function readReport(item: CborItem, scope: Scope): Report {
  const fields = expectFields(item, "report", reportLabel);
  const member = (name: keyof typeof reportLabel): CborItem =>
    fields.get(name) ?? refuseMalformed("missing", `report.${name}`, item.offset);
  const nonce = fields.get("nonce");
  const capabilities = fields.get("capability-report");
  const entries = need(member("records"), "array", "report.records").items;
  return {
    reference: readReference(member("reference"), "report.reference"),
    ...optional("nonce", nonce && expectBytes(nonce, "report.nonce")),
    entries: entries.map((entry, i) => readEntry(entry, `report.records.${i}`, scope)),
    result: readResult(member("result"), "report.result", scope),
    ...optional("capabilities", capabilities && readCapabilities(capabilities, "report.capability-report")),
  };
}

function readReference(item: CborItem, field: string): Report["reference"] {
  const [uri, digest] = expectPair(item, field);
  return { uri: expectText(uri, `${field}.uri`), digest: readDigest(digest, `${field}.digest`) };
}

/** The draft tells the two apart by their type: a record is an array, system properties are a map. */
function readEntry(item: CborItem, field: string, scope: Scope): ReportEntry {
  if (item.kind !== "map") return readRecord(item, field, scope);
  const [first, ...rest] = item.entries;
  if (first?.key.kind !== "integer" || first.key.value !== systemComponentId) {
    return refuseMalformed("missing", `${field}.component`, item.offset);
  }
  const properties = readParameters({ ...item, entries: rest } satisfies CborMap, field, measured, scope);
  return { kind: "system", component: readComponentId(first.value, `${field}.component`), properties };
}

function readRecord(item: CborItem, field: string, scope: Scope): CommandRecord {
  const [manifest, sectionItem, offset, component, properties, ...rest] = need(item, "array", field).items;
  if (!manifest || !sectionItem || !offset || !component || !properties || rest.length > 0) {
    return refuseMalformed("wrong-length", field, item.offset);
  }
  const label = needLabel(sectionItem, `${field}.section`);
  const section = nameOf(reportSection, label) ?? refuseUnsupported(`${field}.section`, sectionItem.offset, label);
  return {
    kind: "command",
    manifest: need(manifest, "array", `${field}.manifest`).items.map((step) => expectIndex(step, `${field}.manifest`)),
    section,
    offset: expectIndex(offset, `${field}.offset`),
    component: expectIndex(component, `${field}.component`),
    measured: readMeasured(properties, `${field}.properties`, scope),
  };
}

/** Unlike a command's, they may be none. */
function readMeasured(item: CborItem, field: string, scope: Scope): Parameters {
  return need(item, "map", field).entries.length === 0 ? {} : readParameters(item, field, measured, scope);
}

/** Order and soft-failure belong to the processor and are never measured. */
const measured: ParameterRules = { custom: "unsupported", forbidden: ["strict-order", "soft-failure"] };

function readResult(item: CborItem, field: string, scope: Scope): "success" | ReportFailure {
  if (item.kind === "simple") {
    return item.value === true ? "success" : refuseMalformed("wrong-value", field, item.offset);
  }
  const fields = expectFields(item, field, failureLabel);
  const member = (name: keyof typeof failureLabel): CborItem =>
    fields.get(name) ?? refuseMalformed("missing", `${field}.${name}`, item.offset);
  const code = needLabel(member("code"), `${field}.code`);
  const record = readRecord(member("record"), `${field}.record`, scope);
  const reasonItem = member("reason");
  const label = needLabel(reasonItem, `${field}.reason`);
  // "ok" in the place of a failure would be read as success by one receiver and as failure by the next.
  if (label === 0) refuseMalformed("not-allowed-here", `${field}.reason`, reasonItem.offset);
  const reason = nameOf(reportReason, label) ?? refuseUnsupported(`${field}.reason`, reasonItem.offset, label);
  return { code, record, reason };
}

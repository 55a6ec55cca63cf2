import type { CborItem, CborMap, Result } from "@sumac/cbor";
import type { Parameters } from "../command.ts";
import { readDigest } from "../digest.ts";
import {
  expectArray,
  expectBytes,
  expectFields,
  expectIndex,
  expectLabel,
  expectMap,
  expectText,
} from "../expect-item.ts";
import { nameOf, penTag } from "../labels.ts";
import { decodeLayer, type Scope, scopeAt } from "../layer.ts";
import { defaultLimits, type Limits } from "../limits.ts";
import { optional } from "../optional.ts";
import { readComponentId } from "../parse-component.ts";
import { type ParameterRules, readParameters } from "../parse-parameters.ts";
import { attempt, refuse, refuseMalformed, type SuitRefusal } from "../refusal.ts";
import { readCapabilities } from "./capabilities.ts";
import { failureLabel, reportLabel, reportReason, reportSection, systemComponentId } from "./labels.ts";
import type { CommandRecord, Report, ReportEntry, ReportFailure } from "./report.ts";

/**
 * Reads a SUIT_Report; call only after its signature was checked. `offset` is where it starts in the outermost file.
 * Parameters of extensions are understood where `limits.extensions` names them, as in the manifest.
 */
export function parseReport(
  encoded: Uint8Array,
  offset: number,
  limits: Limits = defaultLimits,
): Result<Report, SuitRefusal> {
  return attempt(() => {
    if (encoded.length > limits.maxBytes) refuse({ code: "too-large", size: encoded.length, limit: limits.maxBytes });
    const scope = scopeAt(limits, 1);
    return readReport(decodeLayer(encoded, offset, "report", scope, { tags: [penTag] }), scope);
  });
}

function readReport(item: CborItem, scope: Scope): Report {
  const fields = expectFields(item, "report", reportLabel);
  const need = (name: keyof typeof reportLabel): CborItem =>
    fields.get(name) ?? refuseMalformed("missing", `report.${name}`, item.offset);
  const nonce = fields.get("nonce");
  const capabilities = fields.get("capability-report");
  const entries = expectArray(need("records"), "report.records").items;
  return {
    reference: readReference(need("reference"), "report.reference"),
    ...optional("nonce", nonce && expectBytes(nonce, "report.nonce").value),
    entries: entries.map((entry, i) => readEntry(entry, `report.records.${i}`, scope)),
    result: readResult(need("result"), "report.result", scope),
    ...optional("capabilities", capabilities && readCapabilities(capabilities, "report.capability-report")),
  };
}

function readReference(item: CborItem, field: string): Report["reference"] {
  const [uri, digest, ...rest] = expectArray(item, field).items;
  if (uri === undefined || digest === undefined || rest.length > 0) refuseMalformed("wrong-length", field, item.offset);
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
  const [manifest, sectionItem, offset, component, properties, ...rest] = expectArray(item, field).items;
  if (!manifest || !sectionItem || !offset || !component || !properties || rest.length > 0) {
    return refuseMalformed("wrong-length", field, item.offset);
  }
  const label = expectLabel(sectionItem, `${field}.section`);
  const section = nameOf(reportSection, label);
  if (section === undefined) {
    return refuse({ code: "unsupported", field: `${field}.section`, offset: sectionItem.offset, label });
  }
  return {
    kind: "command",
    manifest: expectArray(manifest, `${field}.manifest`).items.map((step) => expectIndex(step, `${field}.manifest`)),
    section,
    offset: expectIndex(offset, `${field}.offset`),
    component: expectIndex(component, `${field}.component`),
    measured: readMeasured(properties, `${field}.properties`, scope),
  };
}

/** Unlike a command's, they may be none. */
function readMeasured(item: CborItem, field: string, scope: Scope): Parameters {
  return expectMap(item, field).entries.length === 0 ? {} : readParameters(item, field, measured, scope);
}

/** Order and soft-failure belong to the processor and are never measured. */
const measured: ParameterRules = { custom: "unsupported", forbidden: ["strict-order", "soft-failure"] };

function readResult(item: CborItem, field: string, scope: Scope): "success" | ReportFailure {
  if (item.kind === "simple") {
    return item.value === true ? "success" : refuseMalformed("wrong-value", field, item.offset);
  }
  const fields = expectFields(item, field, failureLabel);
  const need = (name: keyof typeof failureLabel): CborItem =>
    fields.get(name) ?? refuseMalformed("missing", `${field}.${name}`, item.offset);
  const code = expectLabel(need("code"), `${field}.code`);
  const record = readRecord(need("record"), `${field}.record`, scope);
  const reasonItem = need("reason");
  const label = expectLabel(reasonItem, `${field}.reason`);
  // "ok" in the place of a failure would be read as success by one receiver and as failure by the next.
  if (label === 0) refuseMalformed("not-allowed-here", `${field}.reason`, reasonItem.offset);
  const reason = nameOf(reportReason, label);
  if (reason === undefined) {
    return refuse({ code: "unsupported", field: `${field}.reason`, offset: reasonItem.offset, label });
  }
  return { code, record, reason };
}

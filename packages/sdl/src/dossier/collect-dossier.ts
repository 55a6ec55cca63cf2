import { SignatureDesk } from "../authority.ts";
import type { EvidenceRecord } from "../evidence-record.ts";
import { explain } from "../explain.ts";
import { type GateRow, gateNames } from "../gate-report.ts";
import { classOf } from "../issue-clock.ts";
import { foundational } from "../model/vocabulary.ts";
import { annexStates } from "../outputs/cra-annex.ts";
import { isDisclosed, type ReleasePicture } from "../outputs/release-picture.ts";
import { capabilityLevels, claimSentence, type RowStanding } from "../slc.ts";
import { startOf } from "../span.ts";
import {
  type DossierData,
  type DossierEvidence,
  type DossierIssue,
  type DossierKey,
  type DossierRow,
  type DossierThreat,
  dossierFormat,
  type Edition,
} from "./dossier-data.ts";

/** Rows whose records tell an attacker more than a customer: by digest and summary only. */
const confidentialRows: readonly string[] = ["SVV-4"];

export const isConfidential = ({ evidence }: EvidenceRecord): boolean =>
  evidence.rows.some((row) => confidentialRows.includes(row)) || (evidence.result.findings ?? []).length > 0;

/** The records a reader needs: those that count for a row, and all about these images. */
export function recordsOfDossier({ records, report, release }: ReleasePicture): readonly EvidenceRecord[] {
  const counted = new Set(report.rows.flatMap((row) => row.records));
  const images = new Set(release.images.map(({ sha256 }) => sha256));
  return records
    .filter(
      ({ sha256, subject, evidence }) =>
        counted.has(sha256) ||
        (evidence.scope === "release" && subject.some(({ digest }) => images.has(digest.sha256 ?? ""))),
    )
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** A name that fits in a list of lines and on every file system; any other file is named by its digest. */
export const evidencePath = ({ file, sha256 }: EvidenceRecord): string => {
  const name = file.replace(/^.*\//, "");
  return `evidence/${/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) ? name : `${sha256}.dsse.json`}`;
};

/** `dossier.json` without the list of files: what the pages show. */
export function collectDossier(
  picture: ReleasePicture,
  edition: Edition,
  tool: DossierData["tool"],
): Omit<DossierData, "files"> {
  const { report, product, release, update, model, input } = picture;
  const context = model.single.context?.value;
  const records = recordsOfDossier(picture);
  const doc = update.doc?.value;
  const qualification = update.qualification?.value;
  return {
    format: dossierFormat,
    edition,
    tool,
    judgedAt: report.judgedAt,
    verdict: report.verdict,
    keyStorage: report.keys,
    catalogueEdition: report.edition,
    product: {
      id: product.id,
      name: product.name,
      vendor: product.vendor.name,
      contact: product.vendor.contact,
      model: product.model,
      hardware: product.hw_revs,
      componentType: product.component_type,
      supportEnd: product.support_end,
      supportReason: product.support_reason,
      targetReason: product.sl_c_reason,
      intendedUse: context?.intended_use ?? "not stated",
      environment: context?.environment ?? [],
      measures: (context?.site_measures ?? []).map(({ id, statement, guide, rows }) => ({
        id,
        statement,
        guide,
        rows,
      })),
    },
    release: {
      id: release.id,
      version: release.version,
      state: release.state,
      sequence: release.sequence,
      floor: release.floor,
      updateKind: release.update_kind,
      images: release.images.map(({ name, sha256, size }) => ({ name, sha256, size })),
      ...(release.manifest === undefined ? {} : { manifest: release.manifest.sha256 }),
      source: release.source,
      sbom: release.sbom,
      guides: release.guides,
      planned: release.planned,
      ...(release.shipped_at === undefined ? {} : { shippedAt: release.shipped_at }),
    },
    slC: { ...report.slC, limitingIntegrated: limitingIntegrated(picture), sentences: sentences(picture) },
    ...(report.emergency === undefined ? {} : { emergency: report.emergency }),
    ...rowsOfDossier(picture),
    threats: threats(picture, records, edition),
    matrix: picture.matrix.map((cell) => {
      const run = qualification?.cells.find(
        ({ from, hw, configuration }) => from === cell.from && hw === cell.hw && configuration === cell.configuration,
      )?.run;
      return { ...cell, ...(run === undefined ? {} : { run }) };
    }),
    ...(qualification === undefined ? {} : { qualification }),
    ...(doc === undefined ? {} : { updateDoc: doc }),
    issues: issues(picture, edition),
    timeliness: picture.timeliness,
    waivers: [...model.many.waiver.values()].map(({ value }) => ({
      id: value.id,
      covers: value.covers,
      reason: value.reason,
      risk: value.risk,
      approver: value.approver,
      expires: value.expires,
      used: report.waivers.includes(value.id) ? "yes" : "no",
    })),
    annex: annexStates(report),
    keys: keys(picture),
    evidence: evidence(records, new SignatureDesk(input), edition),
  };
}

/** One sentence for each level that is claimed; the guide is the first of the release. A red gate claims nothing. */
function sentences({ report, release }: ReleasePicture): readonly string[] {
  if (report.verdict === "fail") return [];
  const [guide] = release.guides;
  const digest = guide === undefined ? "no guide" : `${guide.id} sha256:${guide.sha256}`;
  return foundational.map((fr) => claimSentence(fr, report.slC.integrated[fr], digest));
}

function limitingIntegrated({ report, product, input }: ReleasePicture): DossierData["slC"]["limitingIntegrated"] {
  const standing = new Map<string, RowStanding>(
    report.rows.flatMap((row) => (row.standing === undefined ? [] : [[row.id, row.standing] as const])),
  );
  // Without a judged row nothing limits: the vector is zero for another reason, which the first gate names.
  if (standing.size === 0) return [];
  return capabilityLevels(input.catalogue, product.component_type, standing, new Set()).limitingIntegrated;
}

function rowsOfDossier(picture: ReleasePicture): Pick<DossierData, "gates" | "practiceRows" | "componentRows"> {
  const { catalogue } = picture.input;
  const statements = new Map<string, string>(
    [...picture.model.many.claim.values()].map(({ value }) => [value.row, value.statement]),
  );
  const reasons = new Map(
    (picture.model.single.soa?.value.rows ?? []).flatMap(({ row, applies, reason }) =>
      applies === "yes" || reason === undefined ? [] : [[row, `${applies}: ${reason}`] as const],
    ),
  );
  const gates: DossierRow[] = [];
  const practiceRows: DossierRow[] = [];
  const componentRows: DossierRow[] = [];
  for (const row of picture.report.rows) {
    const base = { id: row.id, state: row.state, records: row.records, ...why(row) };
    const process = catalogue.processRows.get(row.id);
    const component = catalogue.componentRows.get(row.id);
    if (process !== undefined) {
      const { maturity } = row;
      practiceRows.push({
        ...base,
        title: process.title,
        group: process.practiceName,
        ...(maturity === undefined ? {} : { maturity }),
      });
    } else if (component !== undefined) {
      // A row of another component type is not about this product.
      if (row.standing === undefined) continue;
      const statement = statements.get(row.id) ?? reasons.get(row.id);
      componentRows.push({
        ...base,
        title: component.title,
        group: component.fr,
        slFrom: component.slFrom,
        standing: row.standing,
        ...(statement === undefined ? {} : { statement }),
      });
    } else gates.push({ ...base, title: gateNames[row.id] ?? "", group: "gate" });
  }
  return { gates, practiceRows, componentRows };
}

function why({ rule, about }: GateRow): Pick<DossierRow, "rule" | "problem" | "remedy"> {
  if (rule === undefined) return {};
  return { rule, ...explain({ rule, about: about ?? "" }) };
}

/** From each threat to the newest record that ran its tests on these images. */
function threats(
  { model, release }: ReleasePicture,
  records: readonly EvidenceRecord[],
  edition: Edition,
): readonly DossierThreat[] {
  const images = new Set(release.images.map(({ sha256 }) => sha256));
  const runs = records
    .filter(
      ({ evidence, subject }) =>
        evidence.kind === "test" && subject.some(({ digest }) => images.has(digest.sha256 ?? "")),
    )
    .sort((a, b) => startOf(b.evidence.produced_at) - startOf(a.evidence.produced_at));
  return [...model.many.threat.values()].map(({ value }) => ({
    id: value.id,
    title: value.title,
    rating: value.rating,
    treatment: value.treatment,
    reviewed: value.reviewed,
    mitigations: value.mitigations.map(({ id, layer, statement }) => ({
      id,
      layer,
      ...(edition === "internal" ? { statement } : {}),
    })),
    tests: value.tests.map((id) => {
      const run = runs.find(({ evidence }) => evidence.result.tests?.[id] !== undefined);
      return {
        id,
        outcome: run?.evidence.result.tests?.[id] ?? "not run",
        ...(run === undefined ? {} : { record: run.sha256 }),
      };
    }),
  }));
}

function issues({ issues: all, deadlines, release }: ReleasePicture, edition: Edition): readonly DossierIssue[] {
  return all.map((issue) => {
    const severity = classOf(issue);
    const told = edition === "internal" || isDisclosed(issue, release);
    const here = issue.versions[release.version];
    return {
      id: issue.id,
      ...(told ? { title: issue.title } : {}),
      ...(severity === undefined ? {} : { severity }),
      state: issue.state,
      ...(here === undefined ? {} : { inThisRelease: here }),
      awareAt: issue.aware_at,
      ...(issue.released_at === undefined ? {} : { releasedAt: issue.released_at }),
      deadlines: deadlines
        .filter((deadline) => deadline.issue === issue.id)
        .map(({ duty, source, due, done, state }) => ({
          duty,
          source,
          due: new Date(due).toISOString(),
          ...(done === undefined ? {} : { done: new Date(done).toISOString() }),
          state,
        })),
    };
  });
}

function keys({ model }: ReleasePicture): readonly DossierKey[] {
  const people = model.single.roles?.value.people ?? [];
  return (model.single.keys?.value.keys ?? []).map((key) => {
    const holders = people.filter((person) => person.keys.includes(key.kid));
    return {
      kid: key.kid,
      public: key.public,
      storage: key.storage,
      validFrom: key.valid_from,
      validUntil: key.valid_until,
      ...(key.revoked === undefined ? {} : { revoked: `${key.revoked.on}: ${key.revoked.reason}` }),
      holders: holders.map(({ id }) => id),
      roles: [...new Set(holders.flatMap(({ roles }) => roles))],
    };
  });
}

function evidence(
  records: readonly EvidenceRecord[],
  desk: SignatureDesk,
  edition: Edition,
): readonly DossierEvidence[] {
  return records.map((record) => {
    const { evidence: made, envelope, sha256 } = record;
    const { fault } = desk.judge(record);
    const kept = edition === "customer" && isConfidential(record);
    return {
      id: made.id,
      sha256,
      ...(kept ? {} : { file: evidencePath(record) }),
      kind: made.kind,
      rows: made.rows,
      scope: made.scope,
      person: made.person,
      role: made.role,
      producedAt: made.produced_at,
      validUntil: made.valid_until,
      outcome: made.result.outcome,
      summary: made.result.summary,
      signedBy: envelope.signatures.map(({ keyid }) => keyid),
      ...(fault === undefined ? {} : { fault: explain(fault).problem }),
    };
  });
}

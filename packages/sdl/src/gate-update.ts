import { about, aboutFile, type GateCase, type GateFinding, rolesOf, updateFile } from "./gate-context.ts";
import type { Compat, Delivery, Qualification, UpdateDoc } from "./model/update.ts";
import { maxAgeOf } from "./record-check.ts";
import { day, endOf, spanMs, startOf } from "./span.ts";
import type { Located } from "./yaml-file.ts";

/** One square of the qualification matrix. */
export interface MatrixCell {
  readonly from: string;
  readonly hw: string;
  readonly configuration: string;
  readonly result: "passed" | "failed" | "empty";
}

/** Every way a supported device can come to this release: version x hardware x configuration. */
export function qualificationMatrix(given: Pick<GateCase, "product" | "chosen" | "model">): readonly MatrixCell[] {
  const { branches, hw_revs, configurations } = given.product.value;
  const done = given.model.updates.get(given.chosen.value.update)?.qualification?.value.cells ?? [];
  const versions = branches.filter(({ supported }) => supported === "yes").flatMap((branch) => branch.versions);
  return [...new Set(versions)]
    .filter((version) => version !== given.chosen.value.version)
    .flatMap((from) =>
      hw_revs.flatMap((hw) =>
        configurations.map((configuration) => {
          const own = done.filter(
            (cell) => cell.from === from && cell.hw === hw && cell.configuration === configuration,
          );
          const result = own.some((cell) => cell.result === "failed") ? "failed" : own.length > 0 ? "passed" : "empty";
          return { from, hw, configuration, result };
        }),
      ),
    );
}

/** G7, the part of SUM-1 to SUM-4. */
export function judgeUpdate(given: GateCase): GateFinding[] {
  const id = given.chosen.value.update;
  const files = given.model.updates.get(id) ?? {};
  const missing = (rule: GateFinding["rule"], name: string, row: string): GateFinding[] => [
    aboutFile(rule, updateFile(id, name), id, row),
  ];
  return [
    ...(files.qualification === undefined
      ? missing("G7-qualification-missing", "qualification.yaml", "SUM-1")
      : judgeQualification(files.qualification, given)),
    ...(files.doc === undefined
      ? missing("G7-update-doc-missing", "update-doc.yaml", "SUM-2")
      : judgeUpdateDoc(files.doc, given)),
    ...(files.compat === undefined
      ? missing("G7-compat-missing", "compat.yaml", "SUM-3")
      : judgeCompat(files.compat, given)),
    ...(files.delivery === undefined
      ? missing("G7-delivery-missing", "delivery.yaml", "SUM-4")
      : judgeDelivery(files.delivery, given)),
  ];
}

function judgeQualification(file: Located<Qualification>, given: GateCase): GateFinding[] {
  const made = file.value;
  const { images } = given.chosen.value;
  const findings: GateFinding[] = [];
  const complain = (rule: GateFinding["rule"], path: readonly (string | number)[], fact: string): void => {
    findings.push(about(rule, file.place(path), fact, "SUM-1"));
  };
  const other = images.find(({ sha256 }) => !made.images.includes(sha256));
  if (other !== undefined || made.images.length !== images.length)
    complain("G7-qualification-images", ["images"], other?.name ?? `${made.images.length} images`);
  if (made.decision === "hold") complain("G7-qualification-held", ["decision"], made.update);
  const runs = {
    regression: made.regression,
    rollback_test: made.rollback_test,
    power_cut_test: made.power_cut_test,
    vulnerability_scan: made.vulnerability_scan,
  };
  for (const [name, { result }] of Object.entries(runs)) {
    if (result === "failed") complain("G7-qualification-failed", [name, "result"], name);
  }
  if (made.tester === made.approver)
    complain("G7-qualification-person", ["approver"], "tester and approver are one person");
  const tester = rolesOf(given.model, made.tester);
  if (!tester.includes("tester") || tester.includes("developer"))
    complain("G7-qualification-person", ["tester"], made.tester);
  if (
    !rolesOf(given.model, made.approver).some((role) =>
      ["product-owner", "release-manager", "security-lead"].includes(role),
    )
  ) {
    complain("G7-qualification-person", ["approver"], made.approver);
  }
  if (given.product.value.safety_relevant === "yes" && made.safety_regression?.result !== "passed")
    complain("G7-safety-regression", ["safety_regression"], made.update);
  const { database, date } = made.vulnerability_scan;
  if (startOf(database) + spanMs(given.policy.value.scan_database_max_age) < startOf(date))
    complain("G4-scan-database", ["vulnerability_scan", "database"], database);
  for (const cell of qualificationMatrix(given)) {
    const name = `${cell.from}/${cell.hw}/${cell.configuration}`;
    if (cell.result === "passed") continue;
    const index = made.cells.findIndex(({ from, hw, configuration }) => `${from}/${hw}/${configuration}` === name);
    const place = file.place(index < 0 ? ["cells"] : ["cells", index, "result"]);
    const rule = cell.result === "empty" ? "G7-matrix-empty" : "G7-matrix-failed";
    findings.push({
      ...about(rule, place, name, "SUM-1"),
      ...(cell.result === "empty" ? { waivable: `cell:${name}` } : {}),
    });
  }
  return findings;
}

function judgeUpdateDoc(file: Located<UpdateDoc>, given: GateCase): GateFinding[] {
  const doc = file.value;
  const release = given.chosen.value;
  const findings: GateFinding[] = [];
  const complain = (path: readonly string[], fact: string): void => {
    findings.push(about("G7-update-doc", file.place(path), fact, "SUM-2"));
  };
  const ways = new Set(doc.applies_to.map(({ version, hw }) => `${version}/${hw}`));
  const uncovered = qualificationMatrix(given).find(({ from, hw }) => !ways.has(`${from}/${hw}`));
  if (uncovered !== undefined) complain(["applies_to"], `${uncovered.from} on ${uncovered.hw} is not named`);
  const fixed = [...given.model.many.issue.values()].filter(({ value }) => value.versions[release.version] === "fixed");
  const unnamed = fixed.find(({ value }) => !doc.fixes.includes(value.id));
  if (unnamed !== undefined) complain(["fixes"], `${unnamed.value.id} is fixed here and not named`);
  const language = given.product.value.languages.find((name) => !doc.languages.includes(name));
  if (language !== undefined) complain(["languages"], `${language} is missing`);
  if (
    !rolesOf(given.model, doc.approved_by).some((role) =>
      ["product-owner", "release-manager", "security-lead"].includes(role),
    )
  )
    complain(["approved_by"], `${doc.approved_by} may not approve`);
  if (startOf(doc.approved_on) > given.now) complain(["approved_on"], `${doc.approved_on} is in the future`);
  if (doc.release_date !== release.planned)
    complain(["release_date"], `${doc.release_date}, the release says ${release.planned}`);
  return findings;
}

function judgeCompat(file: Located<Compat>, given: GateCase): GateFinding[] {
  const findings: GateFinding[] = [];
  const limit = maxAgeOf("SUM-3", given) ?? 30 * day;
  if (startOf(file.value.checked) > given.now)
    findings.push(about("G4-future", file.place(["checked"]), file.value.checked, "SUM-3"));
  if (endOf(file.value.checked) + limit < given.now)
    findings.push(about("G7-compat-stale", file.place(["checked"]), file.value.checked, "SUM-3"));
  file.value.updates.forEach(({ id, status, date, mitigation }, index) => {
    // 35 days is what a site under CIP-007 has for its own evaluation.
    const undecided = status === "pending" && startOf(date) + 35 * day < given.now;
    if (undecided || (status === "not-compatible" && mitigation === undefined)) {
      findings.push(about("G7-compat-pending", file.place(["updates", index, "status"]), id, "SUM-3"));
    }
  });
  return findings;
}

function judgeDelivery(file: Located<Delivery>, given: GateCase): GateFinding[] {
  const made = file.value;
  const release = given.chosen.value;
  const findings: GateFinding[] = [];
  const complain = (path: readonly (string | number)[], fact: string): void => {
    findings.push(about("G7-delivery", file.place(path), fact, "SUM-4"));
  };
  if (made.update !== release.update) complain(["update"], made.update);
  const other = release.images.find(({ sha256 }) => !made.images.includes(sha256));
  if (other !== undefined || made.images.length !== release.images.length)
    complain(["images"], other?.name ?? `${made.images.length} images`);
  if (release.manifest !== undefined && made.manifest !== release.manifest.sha256)
    complain(["manifest"], "another manifest");
  const keys = given.model.single.keys?.value.keys ?? [];
  made.signatures.forEach(({ kid }, index) => {
    const key = keys.find((entry) => entry.kid === kid);
    if (key === undefined) complain(["signatures", index, "kid"], `${kid.slice(0, 12)} is not in keys.yaml`);
    else if (key.revoked !== undefined) complain(["signatures", index, "kid"], `${kid.slice(0, 12)} is revoked`);
  });
  if (release.state === "shipped" && made.published_at === undefined)
    complain(["update"], "shipped without published_at");
  if (made.published_at !== undefined && startOf(made.published_at) > given.now)
    complain(["published_at"], made.published_at);
  return findings;
}

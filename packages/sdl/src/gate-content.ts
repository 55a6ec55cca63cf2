import { checkAdvisories } from "./advisory-form.ts";
import { about, aboutFile, clockTolerance, type GateCase, type GateFinding } from "./gate-context.ts";
import { sdlFolder } from "./product-model.ts";
import { readSbomDigests } from "./sbom-digests.ts";
import { day, endOf, startOf } from "./span.ts";

/** G7, what is left of it: support, SBOM, suppliers, advisories. */
export function judgeContent(given: GateCase): GateFinding[] {
  const findings: GateFinding[] = [];
  const { product } = given;
  if (endOf(product.value.support_end) < given.now)
    findings.push(about("G7-support-end", product.place(["support_end"]), product.value.support_end));
  return [...findings, ...judgeSbom(given), ...judgeSuppliers(given), ...judgeAdvisories(given)];
}

function judgeSbom(given: GateCase): GateFinding[] {
  const { sbom, images } = given.chosen.value;
  const place = given.chosen.place(["sbom"]);
  const bytes = given.model.data.get(sbom.file.replace(`${sdlFolder}/`, ""));
  if (bytes === undefined) return [about("G7-sbom-missing", place, sbom.file, "SM-9")];
  if (given.files.get(sbom.file)?.sha256 !== sbom.sha256)
    return [about("G7-sbom", given.chosen.place(["sbom", "sha256"]), sbom.file, "SM-9")];
  const found = readSbomDigests(bytes);
  if (found === undefined) return [aboutFile("G7-sbom", sbom.file, "not CycloneDX JSON", "SM-9")];
  const missing = images.filter(({ sha256 }) => !found.all.has(sha256)).map(({ name }) => name);
  // What calls itself the product must be what is released, or the SBOM is of another build.
  const foreign = found.product
    .filter((digest) => !images.some(({ sha256 }) => sha256 === digest))
    .map((digest) => `${digest.slice(0, 12)} is no image of ${given.chosen.value.id}`);
  return [...missing, ...foreign].map((fact) => aboutFile("G7-sbom-images", sbom.file, fact, "SM-9"));
}

function judgeSuppliers(given: GateCase): GateFinding[] {
  const file = given.model.single.suppliers;
  if (file === undefined) return [];
  return file.value.suppliers.flatMap(({ id, certificate, reviewed }, index) => {
    const at = (...path: readonly string[]) => file.place(["suppliers", index, ...path]);
    const expired = certificate !== undefined && endOf(certificate.expires) < given.now;
    const old = endOf(reviewed) + 365 * day < given.now;
    const early = startOf(reviewed) > given.now + clockTolerance;
    return [
      ...(expired
        ? [about("G7-supplier", at("certificate", "expires"), `${id}: ${certificate.expires}`, "SM-10")]
        : []),
      ...(old ? [about("G7-supplier", at("reviewed"), `${id}: ${reviewed}`, "SM-10")] : []),
      ...(early ? [about("G4-future", at("reviewed"), `${id}: ${reviewed}`, "SM-10")] : []),
    ];
  });
}

/** DM-5: users and their tools can read what is published about issues. */
const judgeAdvisories = ({ model, advisories = [] }: GateCase): GateFinding[] =>
  [...checkAdvisories(model.data), ...advisories].flatMap(({ file, faults }) =>
    faults.map((fault) => aboutFile("G7-csaf", file, fault, "DM-5")),
  );

/** G9: the guides of the release are those in the folder; that each is reviewed is row SG-7. */
export function judgeGuides(given: GateCase, reviewedFiles: ReadonlySet<string>): GateFinding[] {
  const release = given.chosen;
  if (given.product.value.guides.length === 0) {
    return [about("G9-guide-missing", given.product.place(["guides"]), "product.yaml names no guide", "SG-7")];
  }
  return given.product.value.guides.flatMap(({ id, file }) => {
    const index = release.value.guides.findIndex((guide) => guide.id === id);
    const shipped = release.value.guides[index];
    if (shipped === undefined) return [about("G9-guide-missing", release.place(["guides"]), id, "SG-7")];
    if (given.files.get(file)?.sha256 !== shipped.sha256)
      return [about("G9-guide-digest", release.place(["guides", index, "sha256"]), file, "SG-7")];
    return reviewedFiles.has(file)
      ? []
      : [about("G9-guide-unreviewed", release.place(["guides", index]), file, "SG-7")];
  });
}

/** G10: the floor never falls, no number is used twice, and a fixed hole does not come back by going back. */
export function judgeRollback(given: GateCase): GateFinding[] {
  const release = given.chosen;
  const { sequence, floor, id, version } = release.value;
  const others = [...given.model.many.release.values()].filter((other) => other.value.id !== id);
  const findings: GateFinding[] = [];
  if (sequence < floor)
    findings.push(about("G10-below-floor", release.place(["sequence"]), `${sequence}, floor ${floor}`));
  const same = others.find(({ value }) => value.sequence === sequence);
  if (same !== undefined)
    findings.push(about("G10-sequence-used", release.place(["sequence"]), `${sequence}: ${same.value.id}`));
  const earlier = others.filter(({ value }) => value.sequence < sequence && value.state !== "withdrawn");
  const highest = Math.max(0, ...earlier.map(({ value }) => value.floor));
  if (floor < highest) findings.push(about("G10-lowered", release.place(["floor"]), `${floor}, before ${highest}`));
  for (const { value: issue } of given.model.many.issue.values()) {
    if (issue.exploitable_by_downgrade !== "yes" || issue.versions[version] !== "fixed") continue;
    const affected = Object.keys(issue.versions).filter((name) => issue.versions[name] === "affected");
    // Without its release file nobody can say which sequence an affected version has.
    const lost = affected.find((name) => name !== version && !others.some(({ value }) => value.version === name));
    if (lost !== undefined) {
      findings.push(
        about("G10-not-raised", release.place(["floor"]), `${issue.id}: no release file has version ${lost}`),
      );
    }
    const open = others.find(({ value }) => issue.versions[value.version] === "affected" && value.sequence >= floor);
    if (open !== undefined)
      findings.push(
        about(
          "G10-not-raised",
          release.place(["floor"]),
          `${issue.id}: ${open.value.version} has sequence ${open.value.sequence}`,
        ),
      );
  }
  return findings;
}

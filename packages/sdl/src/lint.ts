import { keyId, parsePublicKeyPem } from "@sumac/cose";
import { bytesToHex, type Crypto } from "@sumac/crypto";
import type { Catalogue } from "./catalogue.ts";
import { lintWording } from "./claim-wording.ts";
import { type Finding, findingAt } from "./finding.ts";
import { placeholder } from "./init-product.ts";
import { lintIssue } from "./lint-issue.ts";
import { lintPolicy } from "./lint-policy.ts";
import { lintReleases, lintUpdates } from "./lint-update.ts";
import type { SoaRow } from "./model/product.ts";
import type { ProductModel } from "./product-model.ts";
import type { RuleId } from "./rules.ts";
import { endOf, startOf } from "./span.ts";
import type { Located } from "./yaml-file.ts";

/** What the rules of the files are checked against beside the files themselves. */
export interface LintContext {
  readonly catalogue: Catalogue;
  /** SHA-256 of the catalogue in use, hex. */
  readonly catalogueDigest: string;
  readonly crypto: Crypto;
}

/** Where a rule complains: a member of a file. */
export type Complain = (
  rule: RuleId,
  file: Located<unknown>,
  path: readonly (string | number)[],
  about: string,
) => void;

/** Every reference between files and every rule on their content; faults of form are in the model already. */
export function lintProduct(model: ProductModel, context: LintContext): readonly Finding[] {
  const findings: Finding[] = [...model.findings];
  const complain: Complain = (rule, file, path, about) => {
    findings.push(findingAt(rule, file.place(path), about));
  };
  const names = namesOf(model, context.catalogue);
  lintCatalogLock(model, context, names, complain);
  lintSoa(model, context.catalogue, names, complain);
  lintPeople(model, context.crypto, names, complain);
  lintAnalysis(model, context.catalogue, names, complain);
  lintPolicy(model, context.catalogue, complain);
  for (const file of model.many.issue.values()) lintIssue(file, names, complain);
  lintReviewsAndWaivers(model, context.catalogue, names, complain);
  lintUpdates(model, names, complain);
  lintReleases(model, names, complain);
  findings.push(...lintWording(model), ...lintPlaceholders(model));
  return findings;
}

/** Every place that still waits for a person. */
function lintPlaceholders({ single, many, updates }: ProductModel): readonly Finding[] {
  const files: readonly (Located<unknown> | undefined)[] = [
    ...Object.values(single),
    ...Object.values(many).flatMap((named) => [...named.values()]),
    ...[...updates.values()].flatMap(({ doc, qualification, compat, delivery }) => [
      doc,
      qualification,
      compat,
      delivery,
    ]),
  ];
  return files.flatMap((file) =>
    file === undefined
      ? []
      : placeholdersIn(file.value, []).map((path) => findingAt("sdl/placeholder", file.place(path), path.join("."))),
  );
}

function placeholdersIn(value: unknown, path: readonly (string | number)[]): (readonly (string | number)[])[] {
  if (typeof value === "string") return value.includes(placeholder) ? [path] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => placeholdersIn(item, [...path, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => placeholdersIn(inner, [...path, name]));
}

/** Everything that can be referred to, by id. */
export interface Names {
  readonly people: ReadonlySet<string>;
  readonly keys: ReadonlySet<string>;
  readonly assets: ReadonlySet<string>;
  readonly boundaries: ReadonlySet<string>;
  readonly measures: ReadonlySet<string>;
  readonly guides: ReadonlySet<string>;
  readonly versions: ReadonlySet<string>;
  readonly hardware: ReadonlySet<string>;
  readonly configurations: ReadonlySet<string>;
  readonly issues: ReadonlySet<string>;
  readonly waivers: ReadonlySet<string>;
  readonly updates: ReadonlySet<string>;
  readonly rows: ReadonlySet<string>;
}

function namesOf({ single, many, updates }: ProductModel, catalogue: Catalogue): Names {
  const product = single.product?.value;
  const context = single.context?.value;
  const ids = (list: readonly { readonly id: string }[] | undefined): Set<string> =>
    new Set((list ?? []).map(({ id }) => id));
  const released = [...many.release.values()].map(({ value }) => value.version);
  return {
    people: ids(single.roles?.value.people),
    keys: new Set((single.keys?.value.keys ?? []).map(({ kid }) => kid)),
    assets: ids(context?.assets),
    boundaries: ids(context?.trust_boundaries),
    measures: ids(context?.site_measures),
    guides: ids(product?.guides),
    versions: new Set([...(product?.branches ?? []).flatMap(({ versions }) => versions), ...released]),
    hardware: new Set(product?.hw_revs),
    configurations: new Set(product?.configurations),
    issues: new Set(many.issue.keys()),
    waivers: new Set(many.waiver.keys()),
    updates: new Set(updates.keys()),
    rows: new Set([...catalogue.processRows.keys(), ...catalogue.componentRows.keys()]),
  };
}

function lintCatalogLock(model: ProductModel, context: LintContext, names: Names, complain: Complain): void {
  const lock = model.single["catalog-lock"];
  if (lock === undefined) return;
  const { edition, digest, confirmed } = lock.value;
  if (edition !== context.catalogue.edition) complain("sdl/unknown-edition", lock, ["edition"], edition);
  if (digest !== context.catalogueDigest) complain("sdl/catalog-digest", lock, ["digest"], digest.slice(0, 12));
  confirmed.forEach(({ row, sl_from, by }, index) => {
    const known = context.catalogue.componentRows.get(row);
    if (known === undefined) complain("sdl/unknown-row", lock, ["confirmed", index, "row"], row);
    else if (known.slFrom !== sl_from) {
      complain(
        "sdl/catalog-conflict",
        lock,
        ["confirmed", index, "sl_from"],
        `${row}: ${sl_from}, here ${known.slFrom}`,
      );
    }
    if (!names.people.has(by)) complain("sdl/unknown-person", lock, ["confirmed", index, "by"], by);
  });
}

function lintSoa(model: ProductModel, catalogue: Catalogue, names: Names, complain: Complain): void {
  const file = model.single.soa;
  if (file === undefined) return;
  if (file.value.edition !== catalogue.edition) complain("sdl/unknown-edition", file, ["edition"], file.value.edition);
  const seen = new Set<string>();
  file.value.rows.forEach((entry: SoaRow, index: number) => {
    const { row, applies, reason, approver, measure } = entry;
    const at = (member: string): readonly (string | number)[] => ["rows", index, member];
    if (!names.rows.has(row)) complain("sdl/unknown-row", file, at("row"), row);
    if (seen.has(row)) complain("sdl/duplicate-id", file, at("row"), row);
    seen.add(row);
    if (applies === "yes") return;
    if (catalogue.processRows.has(row)) complain("sdl/soa-forbidden", file, at("applies"), row);
    if (reason === undefined || approver === undefined) complain("sdl/soa-reason", file, at("applies"), row);
    if (approver !== undefined && !names.people.has(approver))
      complain("sdl/unknown-person", file, at("approver"), approver);
    if (applies === "by-integration" && measure === undefined)
      complain("sdl/soa-reason", file, at("applies"), `${row}: measure`);
    if (measure !== undefined && !names.measures.has(measure))
      complain("sdl/unknown-measure", file, at("measure"), measure);
  });
}

function lintPeople(model: ProductModel, crypto: Crypto, names: Names, complain: Complain): void {
  const { roles, keys } = model.single;
  const people = new Set<string>();
  const owned = new Map<string, string>();
  roles?.value.people.forEach((person, index) => {
    if (people.has(person.id)) complain("sdl/duplicate-id", roles, ["people", index, "id"], person.id);
    people.add(person.id);
    person.keys.forEach((kid, place) => {
      const at = ["people", index, "keys", place];
      if (!names.keys.has(kid)) complain("sdl/unknown-key", roles, at, kid.slice(0, 12));
      if (owned.has(kid)) complain("sdl/duplicate-id", roles, at, `${kid.slice(0, 12)} of ${owned.get(kid)}`);
      owned.set(kid, person.id);
    });
    person.training.forEach(({ done, expires, topic }, place) => {
      if (startOf(done) > startOf(expires))
        complain("sdl/date-order", roles, ["people", index, "training", place, "expires"], topic);
    });
  });
  const kids = new Set<string>();
  keys?.value.keys.forEach((key, index) => {
    const parsed = parsePublicKeyPem(key.public);
    if (!parsed.ok) complain("sdl/key-unusable", keys, ["keys", index, "public"], key.kid.slice(0, 12));
    else if (bytesToHex(keyId(parsed.value, crypto)) !== key.kid)
      complain("sdl/kid-mismatch", keys, ["keys", index, "kid"], key.kid.slice(0, 12));
    if (kids.has(key.kid)) complain("sdl/duplicate-id", keys, ["keys", index, "kid"], key.kid.slice(0, 12));
    kids.add(key.kid);
    if (startOf(key.valid_from) > startOf(key.valid_until))
      complain("sdl/date-order", keys, ["keys", index, "valid_until"], key.kid.slice(0, 12));
  });
}

function lintAnalysis({ single, many }: ProductModel, catalogue: Catalogue, names: Names, complain: Complain): void {
  const { interfaces, context } = single;
  interfaces?.value.interfaces.forEach(({ id, boundary, threats }, index) => {
    if (!names.boundaries.has(boundary))
      complain("sdl/unknown-boundary", interfaces, ["interfaces", index, "boundary"], `${boundary} of ${id}`);
    threats.forEach((threat, place) => {
      if (!many.threat.has(threat))
        complain("sdl/unknown-threat", interfaces, ["interfaces", index, "threats", place], threat);
    });
  });
  context?.value.site_measures.forEach(({ rows, guide }, index) => {
    rows.forEach((row, place) => {
      if (!catalogue.componentRows.has(row))
        complain("sdl/unknown-row", context, ["site_measures", index, "rows", place], row);
    });
    if (!names.guides.has(guide.split("#")[0] ?? ""))
      complain("sdl/unknown-guide", context, ["site_measures", index, "guide"], guide);
  });
  for (const file of many.threat.values()) {
    file.value.assets.forEach((asset, place) => {
      if (!names.assets.has(asset)) complain("sdl/unknown-asset", file, ["assets", place], asset);
    });
  }
  for (const file of many.requirement.values()) {
    const { row, threat } = file.value.source;
    if (row !== undefined && !names.rows.has(row)) complain("sdl/unknown-row", file, ["source", "row"], row);
    if (threat !== undefined && !many.threat.has(threat))
      complain("sdl/unknown-threat", file, ["source", "threat"], threat);
  }
  for (const file of many.claim.values()) {
    const { row, requirements, measure, by } = file.value;
    if (!catalogue.componentRows.has(row)) complain("sdl/unknown-row", file, ["row"], row);
    requirements.forEach((id, place) => {
      if (!many.requirement.has(id)) complain("sdl/unknown-requirement", file, ["requirements", place], id);
    });
    if (by === "integration" && (measure === undefined || !names.measures.has(measure))) {
      complain("sdl/unknown-measure", file, measure === undefined ? ["by"] : ["measure"], measure ?? row);
    }
  }
  const { zones } = single;
  const known = new Set(zones?.value.zones.map(({ id }) => id));
  zones?.value.conduits.forEach(({ from, to }, index) => {
    if (!known.has(from)) complain("sdl/unknown-zone", zones, ["conduits", index, "from"], from);
    if (!known.has(to)) complain("sdl/unknown-zone", zones, ["conduits", index, "to"], to);
  });
  zones?.value.zones.forEach(({ measures }, index) => {
    measures.forEach((measure, place) => {
      if (!names.measures.has(measure))
        complain("sdl/unknown-measure", zones, ["zones", index, "measures", place], measure);
    });
  });
}

function lintReviewsAndWaivers(
  { many, single }: ProductModel,
  catalogue: Catalogue,
  names: Names,
  complain: Complain,
): void {
  for (const file of many.review.values()) {
    const { rows, authors, reviewers, held, closed } = file.value;
    rows.forEach((row, place) => {
      if (!names.rows.has(row)) complain("sdl/unknown-row", file, ["rows", place], row);
    });
    authors.forEach((person, place) => {
      if (!names.people.has(person)) complain("sdl/unknown-person", file, ["authors", place], person);
    });
    reviewers.forEach(({ person }, place) => {
      if (!names.people.has(person)) complain("sdl/unknown-person", file, ["reviewers", place, "person"], person);
    });
    if (closed !== undefined && startOf(closed) < startOf(held)) complain("sdl/date-order", file, ["closed"], closed);
  }
  const limit = Math.min(180, single.policy?.value.waiver_max_days ?? 180);
  for (const file of many.waiver.values()) {
    const { covers, approver, approved, expires } = file.value;
    const [kind, name = ""] = covers.split(/:(.*)/s);
    const known = covers.includes(":")
      ? (kind === "issue" && names.issues.has(name)) || (kind === "cell" && isCell(name, names))
      : catalogue.processRows.has(covers) || catalogue.componentRows.has(covers);
    if (!known) complain("sdl/waiver-covers", file, ["covers"], covers);
    if (!names.people.has(approver)) complain("sdl/unknown-person", file, ["approver"], approver);
    if (startOf(expires) < startOf(approved)) complain("sdl/date-order", file, ["expires"], expires);
    else if (endOf(expires) - startOf(approved) > (limit + 1) * 86_400_000)
      complain("sdl/waiver-too-long", file, ["expires"], `over ${limit} days`);
  }
}

function isCell(name: string, names: Names): boolean {
  const [version = "", hardware = "", configuration = "", ...rest] = name.split("/");
  return (
    rest.length === 0 &&
    names.versions.has(version) &&
    names.hardware.has(hardware) &&
    names.configurations.has(configuration)
  );
}

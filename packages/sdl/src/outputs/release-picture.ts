import { err, ok, type Result } from "@sumac/cbor";
import { type EvidenceRecord, readEvidence } from "../evidence-record.ts";
import { findingOf } from "../finding.ts";
import { judgeGate } from "../gate.ts";
import type { GateFinding, GateInput } from "../gate-context.ts";
import { chooseRelease } from "../gate-identity.ts";
import type { GateReport } from "../gate-report.ts";
import { type MatrixCell, qualificationMatrix } from "../gate-update.ts";
import { type Deadline, deadlinesOf, type Timeliness, timelinessOf } from "../issue-clock.ts";
import type { Issue } from "../model/defect.ts";
import type { Policy } from "../model/policy.ts";
import type { Product } from "../model/product.ts";
import type { Release } from "../model/release.ts";
import { type ProductModel, sdlFolder, type UpdateFiles } from "../product-model.ts";

/** What every output of a release is made from: the files, and what the gate says of them at one time. */
export interface ReleasePicture {
  readonly product: Product;
  readonly policy: Policy;
  readonly release: Release;
  readonly update: UpdateFiles;
  readonly issues: readonly Issue[];
  readonly deadlines: readonly Deadline[];
  readonly timeliness: readonly Timeliness[];
  readonly matrix: readonly MatrixCell[];
  readonly records: readonly EvidenceRecord[];
  readonly report: GateReport;
  readonly model: ProductModel;
  readonly input: GateInput;
}

/**
 * The picture of one release at `input.now`. A red gate is no obstacle, a product file that cannot be read is: nothing
 * true could be written about it.
 */
export function releasePicture(input: GateInput): Result<ReleasePicture, GateFinding> {
  const { product, policy } = input.model.single;
  const absent = product === undefined ? "product.yaml" : policy === undefined ? "policy.yaml" : undefined;
  if (product === undefined || policy === undefined) {
    const file = `${sdlFolder}/${absent}`;
    return err(
      input.model.findings.find((finding) => finding.file === file) ?? findingOf("sdl/missing-file", file, file),
    );
  }
  const chosen = chooseRelease(input);
  if ("rule" in chosen) return err(chosen);
  const issues = [...input.model.many.issue.values()].map(({ value }) => value);
  return ok({
    product: product.value,
    policy: policy.value,
    release: chosen.value,
    update: input.model.updates.get(chosen.value.update) ?? {},
    issues,
    deadlines: issues.flatMap((issue) => deadlinesOf(issue, policy.value, input.now)),
    timeliness: timelinessOf(issues, policy.value, input.now),
    matrix: qualificationMatrix({ product, chosen, model: input.model }),
    records: readEvidence(input.model.evidence, input.crypto).records,
    report: judgeGate(input),
    model: input.model,
    input,
  });
}

/** Releases in the order of their sequence numbers. */
export const releasesInOrder = (model: ProductModel): readonly Release[] =>
  [...model.many.release.values()].map(({ value }) => value).sort((a, b) => a.sequence - b.sequence);

/** Whether users may read of an issue: its fix is in a release they can have, or there is nothing to fix. */
export const isDisclosed = (issue: Issue, release: Pick<Release, "version">): boolean =>
  issue.state === "released" ||
  issue.state === "rejected" ||
  issue.decision === "not-a-vulnerability" ||
  issue.versions[release.version] === "fixed";

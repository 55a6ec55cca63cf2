import { classOf } from "../issue-clock.ts";
import type { Product } from "../model/product.ts";
import { severityClasses } from "../model/vocabulary.ts";
import type { ProductModel } from "../product-model.ts";
import { csv } from "./csv.ts";
import { isDisclosed, releasesInOrder } from "./release-picture.ts";

const head: readonly string[] = [
  "vendor",
  "product",
  "model",
  "version",
  "state",
  "kind",
  "shipped_at",
  "restart",
  "security_issues_fixed",
  "highest_severity",
  "image",
  "sha256",
  "support_end",
];

/**
 * Every shipped release as a table, one line for each image: what a plant that has to look for patches at fixed
 * intervals (NERC CIP-007-6 R2) puts into its list, with the digest that it compares before it changes a baseline
 * (CIP-010-4 R1.6).
 */
export function patchList(product: Product, model: ProductModel): string {
  const issues = [...model.many.issue.values()].map(({ value }) => value);
  const lines = releasesInOrder(model)
    .filter(({ state }) => state !== "candidate")
    .flatMap((release) => {
      const fixed = issues.filter(
        (issue) => issue.versions[release.version] === "fixed" && isDisclosed(issue, release),
      );
      const gravest = severityClasses.find((severity) => fixed.some((issue) => classOf(issue) === severity));
      return release.images.map(({ name, sha256 }) => [
        product.vendor.name,
        product.name,
        product.model,
        release.version,
        release.state,
        release.update_kind,
        release.shipped_at ?? "",
        model.updates.get(release.update)?.doc?.value.effects.restart ?? "",
        fixed.map(({ cve, id }) => cve ?? id).join(" "),
        gravest ?? "",
        name,
        sha256,
        product.support_end,
      ]);
    });
  return csv([head, ...lines]);
}

import { placeholder } from "./init-product.ts";
import type { Issue } from "./model/defect.ts";
import type { Product } from "./model/product.ts";
import type { Release } from "./model/release.ts";
import type { Compat, Delivery, Qualification, UpdateDoc } from "./model/update.ts";

/** An issue as it is when somebody has just told of it: the clocks run from `awareAt`. */
export const newIssue = (id: string, title: string, source: Issue["source"], awareAt: string): Issue => ({
  id,
  title,
  source,
  state: "new",
  aware_at: awareAt,
  components: [],
  versions: {},
  exploited: "unknown",
  exploitable_by_downgrade: "no",
  severe_incident: "no",
  reports: {},
});

/** The ways an update must be qualified on, and what its document must say, ready to be filled in. */
export function newUpdate(
  id: string,
  product: Product,
  release: Release | undefined,
  fixes: readonly string[],
  today: string,
  person: string,
): {
  readonly doc: UpdateDoc;
  readonly qualification: Qualification;
  readonly compat: Compat;
  readonly delivery: Delivery;
} {
  const versions = product.branches
    .filter(({ supported }) => supported === "yes")
    .flatMap((branch) => branch.versions)
    .filter((version) => version !== release?.version);
  return {
    doc: {
      id,
      title: `${product.name} ${release?.version ?? id}`,
      applies_to: (versions.length === 0 ? [release?.version ?? "0"] : versions).flatMap((version) =>
        product.hw_revs.map((hw) => ({ version, hw })),
      ),
      fixes,
      delivered: placeholder,
      automatic_steps: [placeholder],
      manual_steps: ["none needed"],
      prerequisites: [placeholder],
      effects: { restart: "system", outputs: placeholder, duration: placeholder, configuration_loss: "no" },
      verify_installed: { command: placeholder, expected: placeholder },
      not_installing: { risk: placeholder, workaround: placeholder },
      removal: placeholder,
      approved_by: person,
      approved_on: today,
      languages: product.languages,
      contact: product.vendor.contact,
      release_date: release?.planned ?? today,
    },
    qualification: {
      update: id,
      images: release?.images.map(({ sha256 }) => sha256) ?? ["0".repeat(64)],
      fixes,
      cells: [],
      regression: { suite: "0".repeat(64), result: "failed", run: placeholder, date: today },
      side_effects: { checked: [placeholder], found: [] },
      contradicting_requirements: placeholder,
      vulnerability_scan: { database: today, date: today, result: "failed" },
      rollback_test: { run: placeholder, result: "failed" },
      power_cut_test: { run: placeholder, result: "failed" },
      tester: person,
      approver: person,
      decision: "hold",
      decided: today,
    },
    compat: { checked: today, updates: [] },
    delivery: {
      update: id,
      images: release?.images.map(({ sha256 }) => sha256) ?? ["0".repeat(64)],
      signatures: [{ kid: "0".repeat(64), algorithm: placeholder }],
      channels: [placeholder],
      fingerprints_by: placeholder,
      revocation: placeholder,
      verify: { command: "sumac verify FILE --key PUB.pem", exit_code: 0 },
      offline: placeholder,
    },
  };
}

import { commonLabel } from "@sumac/suit";
import { DependencyRun } from "./dependency-run.ts";
import { findDependencyIn } from "./find-dependency.ts";
import type { DependencyPart } from "./verifier-parts.ts";

/** trust-domains: what a manifest depends on must never be passed over in silence. */
export const dependencyPart: DependencyPart = {
  judge(manifest, { dependencies }) {
    const depends = manifest.layout.find(({ name }) => name === "dependencies");
    if (depends === undefined || dependencies !== undefined) return undefined;
    return { code: "unsupported", field: "manifest.common", label: commonLabel.dependencies, offset: depends.offset };
  },
  start(envelope, context, parts) {
    const { dependencies, recipient } = context;
    const find =
      dependencies === undefined ? () => undefined : findDependencyIn(envelope, dependencies, context, parts);
    return new DependencyRun(find, recipient);
  },
};

import type { Collector } from "./collected.ts";
import { collectCoverage } from "./coverage.ts";
import { collectCyclonedx } from "./cyclonedx.ts";
import { collectFuzz } from "./fuzz.ts";
import { collectGitReview } from "./git-review.ts";
import { collectJunit } from "./junit.ts";
import { collectSarif } from "./sarif.ts";
import { collectTap } from "./tap.ts";

export type ReportFormat = "junit" | "tap" | "sarif" | "cyclonedx" | "coverage" | "fuzz" | "git-review";

export const collectors: Readonly<Record<ReportFormat, Collector>> = {
  junit: collectJunit,
  tap: collectTap,
  sarif: collectSarif,
  cyclonedx: collectCyclonedx,
  coverage: collectCoverage,
  fuzz: collectFuzz,
  "git-review": collectGitReview,
};

export const reportFormats: readonly ReportFormat[] = Object.keys(collectors) as ReportFormat[];

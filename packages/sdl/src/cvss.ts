import cvss from "ae-cvss-calculator";
import type { SeverityClass } from "./model/vocabulary.ts";

export interface CvssScore {
  readonly score: number;
  /** By the qualitative scale of CVSS 4.0; a score of zero counts as low. */
  readonly class: Exclude<SeverityClass, "exploited">;
}

/** Of a CVSS 4.0 vector with all base metrics; undefined for anything else. */
export function cvssClass(vector: string): CvssScore | undefined {
  if (!/^CVSS:4\.0(\/[A-Z]{1,3}:[A-Za-z]+)+$/.test(vector)) return undefined;
  let score: number;
  try {
    const parsed = new cvss.Cvss4P0(vector);
    if (!parsed.isBaseFullyDefined()) return undefined;
    score = parsed.calculateScores().overall;
  } catch {
    return undefined;
  }
  if (!Number.isFinite(score)) return undefined;
  return { score, class: score >= 9 ? "critical" : score >= 7 ? "high" : score >= 4 ? "medium" : "low" };
}

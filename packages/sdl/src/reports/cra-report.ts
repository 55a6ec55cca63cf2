import type { Deadline } from "../issue-clock.ts";
import type { Issue } from "../model/defect.ts";
import { annexStates } from "../outputs/cra-annex.ts";
import { csv } from "../outputs/csv.ts";
import type { ReleasePicture } from "../outputs/release-picture.ts";
import { sdlFolder } from "../product-model.ts";
import { isoDay } from "../span.ts";
import { type ReportFile, sheetLine } from "./report-file.ts";

/**
 * Drafts for Regulation (EU) 2024/2847: the index of the technical file (Annex VII), what the evidence shows of Annex I,
 * and for each issue that has to be reported (article 14) the three reports. Drafts: a person completes and sends them.
 */
export function craReport(picture: ReleasePicture): readonly ReportFile[] {
  const reported = picture.issues.filter(
    ({ exploited, severe_incident }) => exploited === "yes" || severe_incident === "yes",
  );
  return [
    { name: "annex-vii.md", text: annexSeven(picture) },
    {
      name: "annex-i.csv",
      text: csv([
        ["item", "duty, in our words", "state", "rows", "beside"],
        ...annexStates(picture.report).map(({ id, duty, state, judged, beside }) => [
          id,
          duty,
          state,
          judged.map((row) => `${row.id} ${row.state}`).join("; "),
          beside ?? "",
        ]),
      ]),
    },
    ...reported.flatMap((issue) => articleFourteen(issue, picture)),
  ];
}

/** Where each part of the technical file lies; what is not there is said. */
function annexSeven({ product, release, update, report, model, policy }: ReleasePicture): string {
  const there = (file: string, present: boolean): string => (present ? `\`${file}\`` : `**not there:** \`${file}\``);
  const sdl = (kind: "context" | "interfaces" | "suppliers", file: string): string =>
    there(`${sdlFolder}/${file}`, model.single[kind] !== undefined);
  const folder = (kind: "threat" | "requirement" | "claim" | "review"): string =>
    there(`${sdlFolder}/${kind}s/`, model.many[kind].size > 0);
  const guides = product.guides.map(({ file }) => `\`${file}\``).join(", ");
  const parts: readonly (readonly [string, string])[] = [
    ["Description, intended use, versions, instructions", [sdl("context", "context.yaml"), guides].join(", ")],
    ["Design and interfaces", [sdl("interfaces", "interfaces.yaml"), folder("requirement")].join(", ")],
    ["Bill of materials", `\`${release.sbom.file}\`, SHA-256 ${release.sbom.sha256}`],
    [
      "Handling of vulnerabilities, disclosure, distribution of updates",
      [
        `\`${sdlFolder}/policy.yaml\` (version ${policy.version})`,
        sdl("suppliers", "suppliers.yaml"),
        there(`${sdlFolder}/updates/${release.update}/update-doc.yaml`, update.doc !== undefined),
      ].join(", "),
    ],
    ["Assessment of risks", folder("threat")],
    ["Support period", `until ${product.support_end}: ${product.support_reason}`],
    ["Standards applied", `${report.edition}: ${sdlFolder}/soa.yaml, ${folder("claim")}`],
    [
      "Test reports",
      `${new Set(report.rows.flatMap(({ records }) => records)).size} signed records that count, gate: ${report.verdict}; ${folder("review")}`,
    ],
    ["EU declaration of conformity", "**not there:** the manufacturer writes and signs it"],
  ];
  return [
    `# Technical file of ${product.name} ${release.version}: index (draft)`,
    "",
    `Class: ${product.cra_class}. Judged for ${report.judgedAt}. Headings in our own words; compare them with Annex VII.`,
    "",
    "| Part | Where |",
    "|---|---|",
    ...parts.map(([part, where]) => `| ${part} | ${sheetLine(where)} |`),
    "",
  ].join("\n");
}

const reports = [
  ["cra-early-warning", "early-warning", "Early warning, within 24 hours"],
  ["cra-notification", "notification", "Notification, within 72 hours"],
  ["cra-final-report", "final-report", "Final report"],
] as const;

function articleFourteen(issue: Issue, picture: ReleasePicture): readonly ReportFile[] {
  const { product, deadlines } = picture;
  return reports.map(([duty, file, title]) => {
    const deadline = deadlines.find((entry) => entry.issue === issue.id && entry.duty === duty);
    const facts: [string, string | undefined][] = [
      ["Manufacturer", `${product.vendor.name}, ${product.vendor.contact}`],
      ["Product", `${product.name}, model ${product.model}`],
      ["What", issue.severe_incident === "yes" ? "severe incident" : "actively exploited vulnerability"],
      ["Known since", issue.aware_at],
      ["Identifier", [issue.id, issue.cve].filter((id) => id !== undefined).join(", ")],
      // Member States where it is sold: no file of the product says so.
      ["Member States concerned", undefined],
      ["Suspected to be unlawful or malicious", undefined],
    ];
    if (duty !== "cra-early-warning")
      facts.push(
        ["In short", issue.title],
        ["Components", issue.components.join(", ") || undefined],
        [
          "Versions",
          Object.entries(issue.versions)
            .map(([version, state]) => `${version} ${state}`)
            .join(", ") || undefined,
        ],
        ["Severity", [issue.severity, issue.cvss].filter((text) => text !== undefined).join(", ") || undefined],
        ["Mitigated or corrected", issue.mitigation_at ?? issue.fix_ready_at],
        ["What users can do", undefined],
      );
    if (duty === "cra-final-report")
      facts.push(["Root cause", issue.root_cause], ["Correction", issue.fix_commit], ["Released", issue.released_at]);
    return {
      name: `article-14-${issue.id}-${file}.md`,
      text: [
        `# ${title}: ${sheetLine(issue.id)} (draft)`,
        "",
        dueLine(deadline),
        "",
        "| Fact | Value |",
        "|---|---|",
        ...facts.map(([name, value]) => `| ${name} | ${value === undefined ? "**to be stated**" : sheetLine(value)} |`),
        "",
      ].join("\n"),
    };
  });
}

/** The final report on a vulnerability has no date before there is a fix or mitigation: its 14 days start there. */
const dueLine = (deadline: Deadline | undefined): string =>
  deadline === undefined
    ? "Not due yet: 14 days after a fix or mitigation is available."
    : `Due ${new Date(deadline.due).toISOString()} (${deadline.source}): ${deadline.state}${deadline.done === undefined ? "" : `, sent ${isoDay(deadline.done)}`}.`;

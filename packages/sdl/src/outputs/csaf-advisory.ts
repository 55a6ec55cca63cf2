import { classOf } from "../issue-clock.ts";
import type { Issue } from "../model/defect.ts";
import { type CsafDocument, csafFileName } from "./csaf-document.ts";
import { productBranches, versionsInOrder } from "./csaf-products.ts";
import { csafVulnerability, instant } from "./csaf-vulnerability.ts";
import { isDisclosed, type ReleasePicture, releasesInOrder } from "./release-picture.ts";

/** Who writes the documents, and where they will be found. */
export interface CsafSetting {
  readonly tool: { readonly name: string; readonly version: string };
  /** `https://vendor.example`, without a slash at the end: above `/.well-known/csaf`. */
  readonly site: string;
}

/** One advisory for each issue of which users may read and that concerns a version (DM-5). */
export const csafAdvisories = (picture: ReleasePicture, setting: CsafSetting): readonly CsafDocument[] =>
  picture.issues
    .filter((issue) => isDisclosed(issue, picture.release) && isReal(issue) && Object.keys(issue.versions).length > 0)
    .map((issue) => csafAdvisory(issue, picture, setting));

const isReal = ({ state, decision }: Issue): boolean => state !== "rejected" && decision !== "not-a-vulnerability";

function csafAdvisory(issue: Issue, picture: ReleasePicture, setting: CsafSetting): CsafDocument {
  const { product } = picture;
  const severity = classOf(issue);
  const doc = releasesInOrder(picture.model)
    .filter(({ version }) => issue.versions[version] === "fixed")
    .map(({ update }) => picture.model.updates.get(update)?.doc?.value)
    .find((found) => found !== undefined);
  const revisions = revisionsOf(issue, picture);
  return {
    document: {
      ...head(picture, setting, `${product.id}-${issue.id}`, revisions),
      category: "csaf_security_advisory",
      ...(severity === undefined ? {} : { aggregate_severity: { text: severity } }),
      notes: [
        { category: "summary", title: "In short", text: issue.title },
        ...(doc === undefined
          ? []
          : [
              { category: "general" as const, title: "Risk of not installing", text: doc.not_installing.risk },
              {
                category: "general" as const,
                title: "Verify the installation",
                text: `${doc.verify_installed.command}: ${doc.verify_installed.expected}`,
              },
            ]),
        {
          category: "general",
          title: "Support",
          text: `Security support of the product ends on ${product.support_end}.`,
        },
      ],
      title: `${product.name}: ${issue.title}`,
    },
    product_tree: { branches: productBranches(picture, versionsInOrder(picture, Object.keys(issue.versions))) },
    vulnerabilities: [csafVulnerability(issue, picture)],
  };
}

/** One VEX document: how this release stands to every issue of which users may read. Undefined where there is none. */
export function csafVex(picture: ReleasePicture, setting: CsafSetting): CsafDocument | undefined {
  const { product, release } = picture;
  const named = picture.issues.filter(
    (issue) => issue.versions[release.version] !== undefined && isDisclosed(issue, release),
  );
  if (named.length === 0) return undefined;
  const [first, ...later] = vexMoments(picture);
  return {
    document: {
      ...head(picture, setting, `${product.id}-${release.version}-vex`, {
        status: release.state === "candidate" ? "draft" : "final",
        entries: [
          { date: first, summary: `as of ${release.version}` },
          ...later.map((date) => ({ date, summary: "issues were judged" })),
        ],
      }),
      category: "csaf_vex",
      notes: [{ category: "summary", title: "In short", text: `Known issues and ${product.name} ${release.version}` }],
      title: `${product.name} ${release.version}: exploitability of known issues`,
    },
    product_tree: { branches: productBranches(picture, [release.version]) },
    vulnerabilities: named.map((issue) => csafVulnerability(issue, picture, [release.version])),
  };
}

/**
 * When what is said of a release changed: its shipping, and every judgement on an issue after it. A reader keeps the
 * document with the higher version, so that one must not change without the other.
 */
export function vexMoments({ release, issues }: ReleasePicture): readonly [string, ...string[]] {
  const first = instant(release.shipped_at ?? release.planned);
  const judged = issues
    .filter((issue) => issue.versions[release.version] !== undefined && isDisclosed(issue, release))
    .flatMap(({ triaged_at, decided_at, released_at }) => [triaged_at, decided_at, released_at])
    .flatMap((moment) => (moment === undefined ? [] : [instant(moment)]));
  const later = release.state === "candidate" ? [] : judged.filter((moment) => moment > first);
  return [first, ...[...new Set(later)].sort()];
}

interface Revisions {
  readonly status: "draft" | "final";
  /** Oldest first, at least one. */
  readonly entries: readonly { readonly date: string; readonly summary: string }[];
}

/** A new revision for every release that brings the fix; before the first of them is shipped, a draft for its day. */
function revisionsOf(issue: Issue, picture: ReleasePicture): Revisions {
  const fixing = releasesInOrder(picture.model).filter(
    ({ version, state }) => issue.versions[version] === "fixed" && state !== "withdrawn",
  );
  const shipped = fixing.flatMap(({ shipped_at, version }) =>
    shipped_at === undefined ? [] : [{ date: instant(shipped_at), summary: `fixed in ${version}` }],
  );
  shipped.sort((a, b) => (a.date < b.date ? -1 : 1));
  if (shipped.length > 0) return { status: "final", entries: shipped };
  const planned = issue.released_at ?? fixing[0]?.planned ?? issue.decided_at ?? issue.aware_at;
  const status = issue.released_at === undefined ? "draft" : "final";
  return { status, entries: [{ date: instant(planned), summary: "first issue" }] };
}

function head(
  { product }: ReleasePicture,
  { tool, site }: CsafSetting,
  id: string,
  { status, entries }: Revisions,
): Pick<CsafDocument["document"], "csaf_version" | "distribution" | "lang" | "publisher" | "references" | "tracking"> {
  const history = entries.map(({ date, summary }, index) => ({ date, number: String(index + 1), summary }));
  const first = history[0]?.date ?? "";
  return {
    csaf_version: "2.0",
    distribution: { tlp: { label: "WHITE" } },
    lang: "en",
    publisher: {
      category: "vendor",
      contact_details: product.vendor.contact,
      name: product.vendor.name,
      namespace: product.vendor.namespace,
    },
    references: [{ category: "self", summary: "This document", url: `${site}/.well-known/csaf/${pathOf(id, first)}` }],
    tracking: {
      current_release_date: history.at(-1)?.date ?? first,
      generator: { engine: { name: tool.name, version: tool.version } },
      id,
      initial_release_date: first,
      revision_history: history,
      status,
      version: String(history.length),
    },
  };
}

/** Below `/.well-known/csaf/`: by label and year of the first release. */
const pathOf = (id: string, date: string): string => `white/${date.slice(0, 4)}/${csafFileName(id)}`;

export const csafPath = ({ document: { tracking } }: CsafDocument): string =>
  pathOf(tracking.id, tracking.initial_release_date);

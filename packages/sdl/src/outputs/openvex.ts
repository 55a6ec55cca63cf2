import type { Issue } from "../model/defect.ts";
import type { VexState } from "../model/vocabulary.ts";
import { type CsafSetting, vexMoments } from "./csaf-advisory.ts";
import { csafVulnerability } from "./csaf-vulnerability.ts";
import { genericPurl } from "./package-url.ts";
import { isDisclosed, type ReleasePicture } from "./release-picture.ts";

/** OpenVEX 0.2.0, as far as it is written here. */
export interface OpenVexDocument {
  readonly "@context": "https://openvex.dev/ns/v0.2.0";
  readonly "@id": string;
  readonly author: string;
  readonly role: string;
  readonly timestamp: string;
  readonly last_updated?: string;
  readonly version: number;
  readonly tooling: string;
  readonly statements: readonly OpenVexStatement[];
}

interface OpenVexStatement {
  readonly vulnerability: {
    readonly name: string;
    readonly description: string;
    readonly aliases?: readonly string[];
  };
  readonly products: readonly {
    readonly "@id": string;
    readonly identifiers: { readonly purl: string };
    readonly hashes?: { readonly "sha-256": string };
  }[];
  readonly status: VexState;
  readonly justification?: Exclude<Issue["justification"], undefined>;
  readonly impact_statement?: string;
  readonly action_statement?: string;
}

/** How a release stands to every issue of which users may read, for tools that read OpenVEX. Undefined where there is none. */
export function openVex(picture: ReleasePicture, { tool, site }: CsafSetting): OpenVexDocument | undefined {
  const { product, release, issues } = picture;
  const statements = issues.flatMap((issue) => {
    const status = isDisclosed(issue, release) ? issue.versions[release.version] : undefined;
    return status === undefined ? [] : [statement(issue, status, picture)];
  });
  if (statements.length === 0) return undefined;
  const moments = vexMoments(picture);
  const last = moments.at(-1);
  return {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": `${site}/openvex/${encodeURIComponent(`${product.id}-${release.version}`)}.json`,
    author: `${product.vendor.name} <${product.vendor.contact}>`,
    role: "vendor",
    timestamp: moments[0],
    ...(last === undefined || moments.length === 1 ? {} : { last_updated: last }),
    version: moments.length,
    tooling: `${tool.name}/${tool.version}`,
    statements,
  };
}

function statement(issue: Issue, status: VexState, picture: ReleasePicture): OpenVexStatement {
  const { product, release } = picture;
  const own = `${product.id}-${issue.id}`;
  const purl = genericPurl(product.id, release.version);
  const [image, ...others] = release.images;
  const actions = csafVulnerability(issue, picture, [release.version]).remediations ?? [];
  return {
    vulnerability: {
      name: issue.cve ?? own,
      description: issue.title,
      ...(issue.cve === undefined ? {} : { aliases: [own] }),
    },
    products: [
      {
        "@id": purl,
        identifiers: { purl },
        // One digest for each algorithm is all that the format has room for.
        ...(image === undefined || others.length > 0 ? {} : { hashes: { "sha-256": image.sha256 } }),
      },
    ],
    status,
    ...(status === "not_affected"
      ? {
          ...(issue.justification === undefined ? {} : { justification: issue.justification }),
          impact_statement: issue.rationale ?? "not affected",
        }
      : {}),
    ...(status === "affected" ? { action_statement: actions.map(({ details }) => details).join(" ") } : {}),
  };
}

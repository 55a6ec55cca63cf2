import type { SbomCode, SbomFinding } from "./sbom-finding.ts";
import { hashAlgorithms, type SbomPart } from "./sbom-part.ts";

const unknown = /^(unknown|none|n\/?a|noassertion|undefined|0\.0\.0-?unknown|\?+|-+)$/i;
const floating = /^(head|main|master|develop|trunk|latest|\*|refs\/heads\/.*)$/i;

/** Name, version, supplier, and a hash that proves something or the reason for having none. */
export function checkPart(part: SbomPart): readonly SbomFinding[] {
  const { name, version, supplier, purl, hashes, reason, file, line } = part;
  const label = name === "" ? purl || "a component" : `${name} ${version}`.trim();
  const lacking: SbomCode[] = [];
  if (name === "" || unknown.test(name)) lacking.push("sbom-name-missing");
  if (version === "" || unknown.test(version)) lacking.push("sbom-version-missing");
  else if (floating.test(version)) lacking.push("sbom-version-floating");
  if (supplier === "" || unknown.test(supplier)) lacking.push("sbom-supplier-missing");
  const strong = [...hashes.keys()].some((algorithm) => hashAlgorithms.get(algorithm)?.strength === "strong");
  if (!strong && (reason === "" || unknown.test(reason))) lacking.push("sbom-hash-missing");
  if (purl !== "" && version !== "" && versionOf(purl) !== version) lacking.push("sbom-purl-version");
  return lacking.map((code) => ({ code, file, line, about: label }));
}

/** What stands after the last `@` of the path. A purl without version names all of them, and so another thing. */
function versionOf(purl: string): string | undefined {
  const path = purl.replace(/[?#].*$/, "");
  const at = path.lastIndexOf("@");
  if (at <= path.lastIndexOf("/")) return undefined;
  try {
    return decodeURIComponent(path.slice(at + 1));
  } catch {
    return undefined;
  }
}

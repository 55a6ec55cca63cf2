import { err, ok, type Result } from "@sumac/cbor";
import { checkPart } from "./check-part.ts";
import type { SbomCode, SbomFinding } from "./sbom-finding.ts";
import { hashAlgorithms, partScopes, type SbomInput, type SbomPart } from "./sbom-part.ts";

/** Components that are each there once, in the order of their references, and what each needs. */
export interface MergedParts {
  readonly parts: readonly (SbomPart & { readonly ref: string })[];
  /** Reference to references, both sorted. */
  readonly needs: ReadonlyMap<string, readonly string[]>;
}

export interface MergeQuestion {
  /** A subject or component of this name and version is the product itself and no part of it. */
  readonly product: { readonly name: string; readonly version: string };
  /** Component name to supplier, for what no input states. */
  readonly suppliers: ReadonlyMap<string, string>;
}

/**
 * One inventory from several: the same package URL, else the same name and version, is the same component. What an
 * earlier input states stands; hashes are put together and must not contradict. Every fault is found, and with one there
 * is no inventory.
 */
export function mergeParts(
  inputs: readonly SbomInput[],
  { product, suppliers }: MergeQuestion,
): Result<MergedParts, readonly SbomFinding[]> {
  const findings: SbomFinding[] = [];
  const found = (code: SbomCode, { file, line }: SbomPart, about: string): number =>
    findings.push({ code, file, line, about });
  const all = inputs.flatMap(({ parts }) => parts);
  const whole = all.filter((part) => !isRule(part));
  const named = Map.groupBy(
    whole.filter(({ purl }) => purl !== ""),
    ({ name, version }) => plainRef(name, version),
  );

  const groups = new Map<string, SbomPart[]>();
  const refs = new Map<SbomPart, string>();
  for (const part of whole) {
    if (part.name === product.name && part.version === product.version) continue;
    const own = part.purl === "" ? plainRef(part.name, part.version) : purlRef(part.purl);
    if (own === undefined) {
      found("sbom-purl-malformed", part, part.purl);
      continue;
    }
    const others = part.purl === "" ? new Set(named.get(own)?.map(({ purl }) => purlRef(purl))) : new Set([own]);
    if (others.size > 1) found("sbom-ambiguous", part, own);
    const ref = [...others][0] ?? own;
    refs.set(part, ref);
    const group = groups.get(ref) ?? [];
    group.push(part);
    groups.set(ref, group);
  }

  const rules = all.filter(isRule);
  const used = new Set<SbomPart>();
  const parts = [...groups].map(([ref, group]) => {
    for (const rule of rules) {
      if (!fits(rule, ref, group)) continue;
      used.add(rule);
      group.push(rule);
    }
    const merged = { ...unite(group, found), ref };
    return merged.supplier === "" ? { ...merged, supplier: suppliers.get(merged.name) ?? "" } : merged;
  });
  for (const rule of rules) {
    if (used.has(rule)) continue;
    if (rule.purl.endsWith("*")) found("sbom-row-unused", rule, rule.purl);
    else found(rule.name === "" ? "sbom-name-missing" : "sbom-version-missing", rule, rule.name || "a row");
  }
  findings.push(...parts.flatMap(checkPart));
  if (findings.length > 0) return err(findings);
  parts.sort((a, b) => order(a.ref, b.ref));
  return ok({ parts, needs: needsOf(inputs, refs) });
}

/** A row that completes others: it names no version, or many packages, and so no hash. Only a table can hold one. */
const isRule = ({ file, name, version, purl, hashes }: SbomPart): boolean =>
  hashes.size === 0 &&
  /\.(csv|ya?ml)$/i.test(file) &&
  (purl.endsWith("*") || (version === "" && purl === "" && name !== ""));

const fits = (rule: SbomPart, ref: string, group: readonly SbomPart[]): boolean =>
  rule.purl === ""
    ? group.some(({ name }) => name === rule.name)
    : ref.startsWith(purlRef(`${rule.purl.slice(0, -1)}-`)?.slice(0, -1) ?? rule.purl);

export const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const plainRef = (name: string, version: string): string => `${name}@${version}`;

/** The same for `%40scope` and `@scope`; undefined for what is no package URL. */
function purlRef(purl: string): string | undefined {
  const [, type = "", rest = ""] = /^pkg:([a-zA-Z][a-zA-Z0-9.+-]*)\/+([^\s*]+)$/.exec(purl) ?? [];
  if (rest === "") return undefined;
  try {
    return `pkg:${type.toLowerCase()}/${decodeURIComponent(rest)}`;
  } catch {
    return undefined;
  }
}

function unite(group: readonly SbomPart[], found: (code: SbomCode, part: SbomPart, about: string) => void): SbomPart {
  const [first] = group as readonly [SbomPart, ...SbomPart[]];
  const stated = (member: "name" | "version" | "supplier" | "purl" | "reason"): string =>
    group.find((part) => part[member] !== "" && !part[member].endsWith("*"))?.[member] ?? "";
  const hashes = new Map<string, string>();
  for (const part of group) {
    for (const [algorithm, content] of part.hashes) {
      if (!/^[0-9a-f]+$/.test(content) || content.length !== hashAlgorithms.get(algorithm)?.digits)
        found("sbom-hash-malformed", part, `${algorithm} of ${part.name || "a component"}`);
      const earlier = hashes.get(algorithm);
      if (earlier !== undefined && earlier !== content)
        found("sbom-hash-conflict", part, `${algorithm} of ${part.name}: ${earlier} and ${content}`);
      hashes.set(algorithm, content);
    }
  }
  const type = group.find((part) => part.type !== undefined)?.type;
  // One input that needs it at run time is enough.
  const scope = partScopes.find((known) => group.some((part) => part.scope === known));
  const commit = group.find((part) => part.commit !== undefined)?.commit;
  return {
    name: stated("name"),
    version: stated("version"),
    supplier: stated("supplier"),
    purl: stated("purl"),
    ...(type === undefined ? {} : { type }),
    ...(scope === undefined ? {} : { scope }),
    licenses: group.find(({ licenses }) => licenses.length > 0)?.licenses ?? [],
    hashes: new Map([...hashes].sort(([a], [b]) => order(a, b))),
    reason: stated("reason"),
    ...(commit === undefined ? {} : { commit }),
    file: first.file,
    line: first.line,
  };
}

function needsOf(
  inputs: readonly SbomInput[],
  refs: ReadonlyMap<SbomPart, string>,
): ReadonlyMap<string, readonly string[]> {
  const needs = new Map<string, Set<string>>();
  for (const { parts, needs: edges } of inputs) {
    for (const [from, to] of edges) {
      const [source, target] = [refs.get(parts[from] as SbomPart), refs.get(parts[to] as SbomPart)];
      // Edges of the product itself are drawn anew.
      if (source === undefined || target === undefined || source === target) continue;
      const targets = needs.get(source) ?? new Set();
      targets.add(target);
      needs.set(source, targets);
    }
  }
  return new Map([...needs].map(([ref, targets]) => [ref, [...targets].sort(order)]));
}

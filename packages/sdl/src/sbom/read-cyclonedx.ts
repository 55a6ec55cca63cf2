import { err, ok, type Result } from "@sumac/cbor";
import { itemLines } from "./json-lines.ts";
import type { SbomFinding } from "./sbom-finding.ts";
import {
  hashAlgorithms,
  partScopes,
  partTypes,
  plain,
  type SbomInput,
  type SbomPart,
  type SbomReader,
} from "./sbom-part.ts";

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * CycloneDX JSON 1.2 to 1.7: its subject, its components at any depth and their dependencies. Vulnerabilities, services
 * and signatures are not taken over: they are statements of others about another subject.
 */
export const readCyclonedx: SbomReader = (file, text) => {
  const bom: unknown = JSON.parse(text);
  const malformed = (about: string, line = 1): Result<SbomInput, readonly SbomFinding[]> =>
    err([{ code: "sbom-input-malformed", file, line, about }]);
  if (!isObject(bom) || !/^1\.[2-7]$/.test(plain(bom["specVersion"])))
    return malformed("not CycloneDX JSON 1.2 to 1.7");
  const { metadata = {}, components = [], dependencies = [] } = bom;
  if (!isObject(metadata) || !Array.isArray(components) || !Array.isArray(dependencies))
    return malformed("metadata, components or dependencies are of another kind");
  const lines = itemLines(text, "components");
  const subject = metadata["component"];
  const waiting: { value: unknown; line: number }[] = [
    ...(subject === undefined ? [] : [{ value: subject, line: lineOf(text, '"metadata"') }]),
    ...(components as readonly unknown[]).map((value, index) => ({ value, line: lines[index] ?? 1 })),
  ];
  const parts: SbomPart[] = [];
  const places = new Map<string, number>();
  // Walks without calling itself: a file may nest as deeply as it likes.
  for (let at = 0; at < waiting.length; at++) {
    const { value, line } = waiting[at] as { value: unknown; line: number };
    if (!isObject(value)) return malformed("a component is no object", line);
    const inner = value["components"] ?? [];
    const hashes = hashesOf(value["hashes"] ?? []);
    if (!Array.isArray(inner) || hashes === undefined) return malformed("a component cannot be read whole", line);
    for (const component of inner as readonly unknown[]) waiting.push({ value: component, line });
    const ref = value["bom-ref"];
    if (typeof ref === "string") {
      if (places.has(ref)) return malformed(`bom-ref ${plain(ref)} is there twice`, line);
      places.set(ref, parts.length);
    }
    parts.push(partOf(value, hashes, file, line));
  }
  const needs: (readonly [number, number])[] = [];
  for (const edge of dependencies as readonly unknown[]) {
    const { ref, dependsOn = [] } = isObject(edge) ? edge : {};
    const from = typeof ref === "string" ? places.get(ref) : undefined;
    if (!Array.isArray(dependsOn)) return malformed("a dependency is of another kind");
    for (const to of dependsOn as readonly unknown[]) {
      const target = typeof to === "string" ? places.get(to) : undefined;
      if (from === undefined || target === undefined)
        return malformed(
          `a dependency leads to nothing: ${plain(ref)} to ${plain(to)}`,
          lineOf(text, '"dependencies"'),
        );
      needs.push([from, target]);
    }
  }
  return ok({ parts, needs });
};

const lineOf = (text: string, word: string): number =>
  text.slice(0, Math.max(0, text.indexOf(word))).split("\n").length;

function hashesOf(list: unknown): ReadonlyMap<string, string> | undefined {
  if (!Array.isArray(list)) return undefined;
  const hashes = new Map<string, string>();
  for (const hash of list as readonly unknown[]) {
    if (!isObject(hash) || typeof hash["content"] !== "string") return undefined;
    const { alg } = hash;
    const content = hash["content"].toLowerCase();
    if (typeof alg !== "string" || !hashAlgorithms.has(alg)) return undefined;
    // Two digests by one algorithm: no file has both.
    if (hashes.has(alg) && hashes.get(alg) !== content) return undefined;
    hashes.set(alg, content);
  }
  return hashes;
}

function partOf(value: Json, hashes: ReadonlyMap<string, string>, file: string, line: number): SbomPart {
  const { supplier, manufacturer } = value;
  const maker = [supplier, manufacturer]
    .map((who) => (isObject(who) ? plain(who["name"]) : ""))
    .find((name) => name !== "");
  const type = partTypes.find((known) => known === value["type"]);
  const scope = partScopes.find((known) => known === value["scope"]);
  const group = plain(value["group"]);
  const properties = Array.isArray(value["properties"]) ? (value["properties"] as readonly unknown[]) : [];
  const reason = properties.find((property) => isObject(property) && property["name"] === "sumac:no-hash-reason");
  return {
    name: group === "" || plain(value["name"]) === "" ? plain(value["name"]) : `${group}/${plain(value["name"])}`,
    version: plain(value["version"]),
    supplier: maker ?? "",
    purl: plain(value["purl"]),
    ...(type === undefined ? {} : { type }),
    ...(scope === undefined ? {} : { scope }),
    licenses: licensesOf(value["licenses"]),
    hashes,
    reason: isObject(reason) ? plain(reason["value"]) : "",
    file,
    line,
  };
}

const licensesOf = (list: unknown): readonly string[] =>
  (Array.isArray(list) ? (list as readonly unknown[]) : []).flatMap((item) => {
    if (!isObject(item)) return [];
    const { license, expression } = item;
    const name = isObject(license) ? plain(license["id"] ?? license["name"]) : plain(expression);
    return name === "" ? [] : [name];
  });

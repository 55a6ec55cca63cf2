import { err, type Result } from "@sumac/cbor";
import { repeatedMember } from "./json-lines.ts";
import { readCmakeList, readWestList } from "./read-build-list.ts";
import { readCyclonedx } from "./read-cyclonedx.ts";
import { readPackageLock } from "./read-package-lock.ts";
import { readCsvTable, readYamlTable } from "./read-part-table.ts";
import type { SbomFinding } from "./sbom-finding.ts";
import type { SbomInput, SbomReader } from "./sbom-part.ts";

const maxParts = 20_000;

/** Reads one input by what it is: JSON by its members, a table by the end of its name, a list by its lines. */
export function readSbomInput(file: string, bytes: Uint8Array): Result<SbomInput, readonly SbomFinding[]> {
  const refuse = (code: SbomFinding["code"], about: string): Result<SbomInput, readonly SbomFinding[]> =>
    err([{ code, file, line: 1, about }]);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return refuse("sbom-input-malformed", "not UTF-8 text");
  }
  const reader = readerOf(file, text);
  if (reader === undefined) return refuse("sbom-input-malformed", "none of the known formats");
  const twice = reader === readCyclonedx || reader === readPackageLock ? repeatedMember(text) : undefined;
  if (twice !== undefined)
    return err([{ code: "sbom-input-malformed", file, line: twice, about: "a member is there twice" }]);
  const read = reader(file, text);
  if (!read.ok) return read;
  if (read.value.parts.length === 0) return refuse("sbom-input-empty", file);
  if (read.value.parts.length > maxParts) return refuse("sbom-input-malformed", `more than ${maxParts} components`);
  return read;
}

function readerOf(file: string, text: string): SbomReader | undefined {
  if (/\.csv$/i.test(file)) return readCsvTable;
  if (/\.ya?ml$/i.test(file)) return readYamlTable;
  if (text.trimStart().startsWith("{")) {
    let value: { readonly bomFormat?: unknown; readonly lockfileVersion?: unknown };
    try {
      value = JSON.parse(text) as typeof value;
    } catch {
      return undefined;
    }
    if (value.bomFormat === "CycloneDX") return readCyclonedx;
    return value.lockfileVersion === 2 || value.lockfileVersion === 3 ? readPackageLock : undefined;
  }
  if (/^-- /m.test(text)) return readCmakeList;
  return /^\S+\s+\S+\s+\S+\s+\S+\s*$/m.test(text) ? readWestList : undefined;
}

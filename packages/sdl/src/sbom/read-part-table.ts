import { err, ok, type Result } from "@sumac/cbor";
import { explain } from "../explain.ts";
import { list, oneOf, record, type Shape, text as textShape } from "../model/shape.ts";
import { parseYamlFile } from "../yaml-file.ts";
import type { SbomFinding } from "./sbom-finding.ts";
import {
  type PartScope,
  type PartType,
  partScopes,
  partTypes,
  plain,
  type SbomInput,
  type SbomPart,
  type SbomReader,
  unstated,
} from "./sbom-part.ts";

interface TableRow {
  readonly name?: string;
  readonly version?: string;
  readonly supplier?: string;
  readonly purl?: string;
  readonly sha256?: string;
  readonly reason?: string;
  readonly license?: string;
  readonly type?: PartType;
  readonly scope?: PartScope;
}

const columns = ["name", "version", "supplier", "purl", "sha256", "reason", "license", "type", "scope"] as const;

const table: Shape<{ readonly components: readonly TableRow[] }> = record({
  components: list(
    record(
      {},
      {
        name: textShape,
        version: textShape,
        supplier: textShape,
        purl: textShape,
        sha256: textShape,
        reason: textShape,
        license: textShape,
        type: oneOf(...partTypes),
        scope: oneOf(...partScopes),
      },
    ),
  ),
});

/**
 * A row without version completes every component of its name, and one whose purl ends with `*` every component whose
 * purl begins so: where they state nothing themselves.
 */
const partOf = (row: TableRow, file: string, line: number): SbomPart => ({
  ...unstated,
  name: plain(row.name),
  version: plain(row.version),
  supplier: plain(row.supplier),
  purl: plain(row.purl),
  ...(row.type === undefined ? {} : { type: row.type }),
  ...(row.scope === undefined ? {} : { scope: row.scope }),
  licenses: row.license === undefined ? [] : [plain(row.license)],
  hashes: new Map(row.sha256 === undefined ? [] : [["SHA-256", row.sha256.toLowerCase()]]),
  reason: plain(row.reason),
  file,
  line,
});

/** YAML: `components:` with a list of maps. */
export const readYamlTable: SbomReader = (file, text) => {
  const parsed = parseYamlFile(file, new TextEncoder().encode(text), table);
  if (!parsed.ok)
    return err(
      parsed.error.map((finding) => ({
        code: "sbom-input-malformed",
        file,
        line: finding.line,
        about: explain(finding).problem,
      })),
    );
  const { value, place } = parsed.value;
  return ok({
    parts: value.components.map((row, index) => partOf(row, file, place(["components", index]).line)),
    needs: [],
  });
};

/** CSV of RFC 4180 whose first row names the columns, in any order. */
export const readCsvTable: SbomReader = (file, text) => {
  const malformed = (about: string, line: number): Result<SbomInput, readonly SbomFinding[]> =>
    err([{ code: "sbom-input-malformed", file, line, about }]);
  const rows = csvRows(text);
  if (typeof rows === "number") return malformed("a quotation mark is not where it may be", rows);
  const [head, ...body] = rows;
  const names = head?.cells.map((cell) => cell.trim().toLowerCase()) ?? [];
  const foreign = names.find((name, at) => !columns.some((known) => known === name) || names.indexOf(name) !== at);
  if (head === undefined || foreign !== undefined)
    return malformed(`the first row names columns of ${columns.join(", ")}, each once: ${plain(foreign)}`, 1);
  const parts: SbomPart[] = [];
  for (const { cells, line } of body) {
    if (cells.length !== names.length) return malformed(`${cells.length} cells below ${names.length} columns`, line);
    const stated = new Map(
      names.map((name, at) => [name, cells[at]?.trim() ?? ""] as const).filter(([, cell]) => cell !== ""),
    );
    const type = partTypes.find((known) => known === stated.get("type"));
    const scope = partScopes.find((known) => known === stated.get("scope"));
    if (stated.has("type") && type === undefined) return malformed(`type ${plain(stated.get("type"))}`, line);
    if (stated.has("scope") && scope === undefined) return malformed(`scope ${plain(stated.get("scope"))}`, line);
    parts.push(partOf({ ...(Object.fromEntries(stated) as TableRow) }, file, line));
  }
  return ok({ parts, needs: [] });
};

interface CsvRow {
  readonly cells: readonly string[];
  readonly line: number;
}

/** The rows that are not empty, or the line of a quotation mark that ends nothing or stands inside a plain cell. */
function csvRows(text: string): readonly CsvRow[] | number {
  const rows: CsvRow[] = [];
  let line = 1;
  let start = 1;
  let cells: string[] = [];
  const content = text.startsWith("\ufeff") ? text.slice(1) : text;
  for (let at = 0; at < content.length; ) {
    const close = endOfCell(content, at);
    separator.lastIndex = close ?? content.length;
    const [end] = separator.exec(content) ?? [];
    if (close === undefined || end === undefined) return line;
    const cell = content.slice(at, close);
    cells.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    at = close + end.length;
    line += `${cell}${end}`.split("\n").length - 1;
    if (end === ",") {
      // A comma at the very end of the file opens one more empty cell.
      if (at < content.length) continue;
      cells.push("");
    }
    if (cells.some((entry) => entry.trim() !== "")) rows.push({ cells, line: start });
    cells = [];
    start = line;
  }
  return rows;
}

const separator = /,|\r\n|\n|$/y;
const bareEnd = /[",\r\n]/g;

/** Behind the closing mark of a quoted cell, undefined if none closes it; no pattern, whose stack many marks would fill. */
function endOfCell(content: string, from: number): number | undefined {
  if (content[from] !== '"') {
    bareEnd.lastIndex = from;
    return bareEnd.exec(content)?.index ?? content.length;
  }
  for (let at = from + 1; ; ) {
    const mark = content.indexOf('"', at);
    if (mark < 0) return undefined;
    if (content[mark + 1] !== '"') return mark + 1;
    at = mark + 2;
  }
}

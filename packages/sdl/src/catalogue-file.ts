import { createHash } from "node:crypto";
import { err, ok, type Result } from "@sumac/cbor";
import { canonicalBytes, type JsonValue } from "./canonical-json.ts";
import { builtInCatalogue, builtInSource, type Catalogue, type CatalogueSource, readCatalogue } from "./catalogue.ts";
import type { Shape } from "./model/shape.ts";
import { schemaFaults } from "./schema-faults.ts";

/** Where a product keeps an edition of its own, below `.sdl/`. */
export const ownCatalogue = "data/catalogue.json";

/** An edition in use, with the digest that `catalog.lock` must name. */
export interface LockedCatalogue {
  readonly catalogue: Catalogue;
  readonly digest: string;
}

const text = { type: "string", minLength: 1, maxLength: 2000 } as const;
const texts = { type: "array", items: text } as const;
const rows = (properties: Readonly<Record<string, unknown>>, minItems: number): object => ({
  type: "array",
  minItems,
  items: { type: "object", properties, required: Object.keys(properties) },
});

/** Members beyond these are of no concern: notes and sources differ between editions. */
const form: Shape<CatalogueSource> = {
  schema: {
    type: "object",
    required: ["version", "editions", "iec62443_4_1", "iec62443_4_2"],
    properties: {
      version: text,
      editions: { type: "object", additionalProperties: text, minProperties: 1 },
      iec62443_4_1: rows(
        {
          id: text,
          practice: text,
          practice_name: text,
          title: text,
          intent: text,
          auditor_evidence: texts,
          default_max_age: { enum: ["release", "per policy", "30d", "365d"] },
          toolchain_role: text,
        },
        1,
      ),
      iec62443_4_2: {
        type: "object",
        required: ["fr", "ccsc", "requirements", "no_component_requirement", "delegated"],
        properties: {
          fr: {
            type: "object",
            additionalProperties: {
              type: "object",
              properties: { code: { enum: ["IAC", "UC", "SI", "DC", "RDF", "TRE", "RA"] }, name: text },
              required: ["code", "name"],
            },
          },
          ccsc: rows({ id: text, title: text, intent: text }, 0),
          requirements: rows(
            {
              id: text,
              base: text,
              re: { type: "integer", minimum: 0 },
              fr_code: { enum: ["IAC", "UC", "SI", "DC", "RDF", "TRE", "RA"] },
              component_types: { type: "array", minItems: 1, items: { enum: ["SAR", "EDR", "HDR", "NDR"] } },
              sl_from: { enum: [1, 2, 3, 4] },
              title: text,
              intent: text,
              auditor_evidence: texts,
              sl_status: {
                enum: ["confirmed", "confirmed_with_conflict", "confirmed_with_numbering_difference", "unconfirmed"],
              },
            },
            1,
          ),
          no_component_requirement: rows({ id: text }, 0),
          delegated: rows({ id: text, delegated_to: texts }, 0),
        },
      },
    },
  },
};

/** Reads an edition. Row ids may differ from those this code has rules for: such a row stays red until it has one. */
export function parseCatalogue(bytes: Uint8Array): Result<LockedCatalogue, { readonly flaw: string }> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return err({ flaw: "not JSON" });
  }
  const [fault] = schemaFaults(form, value);
  if (fault !== undefined) return err({ flaw: fault.about });
  const source = value as CatalogueSource;
  const ids = [...source.iec62443_4_1, ...source.iec62443_4_2.requirements].map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) return err({ flaw: `${twice} is there twice` });
  const catalogue = readCatalogue(source);
  // Levels may be corrected from the licensed text; a row that is left out would be a duty nobody asks for.
  const lost =
    catalogue.edition === builtInCatalogue.edition
      ? rowsOf(builtInCatalogue).find((id) => !ids.includes(id))
      : undefined;
  return lost === undefined
    ? ok({ catalogue, digest: digestOf(source) })
    : err({ flaw: `it calls itself ${catalogue.edition} and lacks ${lost}` });
}

const rowsOf = ({ processRows, componentRows }: Catalogue): readonly string[] => [
  ...processRows.keys(),
  ...componentRows.keys(),
];

/** SHA-256 over the canonical JSON: white space in the file does not change an edition. */
const digestOf = (source: CatalogueSource): string =>
  createHash("sha256")
    .update(canonicalBytes(source as unknown as JsonValue))
    .digest("hex");

/** The edition that comes with this package. */
export const builtIn: LockedCatalogue = { catalogue: builtInCatalogue, digest: digestOf(builtInSource) };
export const builtInCatalogueDigest: string = builtIn.digest;

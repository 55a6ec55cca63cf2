import { instant, list, oneOf, type Shape, text, webAddress } from "./model/shape.ts";
import { csafFileName } from "./outputs/csaf-document.ts";
import { schemaFaults } from "./schema-faults.ts";

type Members = Readonly<Record<string, Shape<unknown>>>;

/** Members that must be there; CSAF admits many more, which a validator judges. */
const open = (needed: Members): Shape<unknown> => ({
  schema: {
    type: "object",
    properties: Object.fromEntries(Object.entries(needed).map(([name, shape]) => [name, shape.schema])),
    required: Object.keys(needed),
  },
});

/** What CSAF 2.0 section 3.2.1 demands of every document, whatever its category. */
const form: Shape<unknown> = open({
  document: open({
    category: text,
    csaf_version: oneOf("2.0"),
    title: text,
    publisher: open({ category: text, name: text, namespace: webAddress }),
    tracking: open({
      current_release_date: instant,
      id: text,
      initial_release_date: instant,
      revision_history: list(open({ date: instant, number: text, summary: text }), 1),
      status: oneOf("draft", "interim", "final"),
      version: text,
    }),
  }),
});

const folder = "data/csaf/";
/** Found beside advisories, of other forms. */
const others: readonly string[] = ["provider-metadata.json", "aggregator.json"];

/**
 * The advisories that lie below `.sdl/data/csaf/`, each with what its form lacks. It takes only what no document can do
 * without; the full test is that of a validator.
 */
export function checkAdvisories(
  data: ReadonlyMap<string, Uint8Array>,
): readonly { readonly file: string; readonly faults: readonly string[] }[] {
  return [...data].flatMap(([path, bytes]) => {
    const name = path.replace(/^.*\//, "");
    if (!path.startsWith(folder) || !name.endsWith(".json")) return [];
    if (others.includes(name) || /feed.*\.json$/.test(name)) return [];
    return [{ file: `.sdl/${path}`, faults: faultsOf(name, bytes) }];
  });
}

function faultsOf(name: string, bytes: Uint8Array): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return ["not JSON"];
  }
  const faults = schemaFaults(form, value).map(({ about }) => about);
  if (faults.length > 0) return faults.slice(0, 5);
  const { tracking } = (value as { document: { tracking: { id: string } } }).document;
  const wanted = csafFileName(tracking.id);
  return wanted === name ? [] : [`it is called ${name}, its id asks for ${wanted}`];
}

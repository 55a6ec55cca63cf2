import {
  builtInCatalogue,
  evidencePredicate,
  type FileKind,
  type JsonValue,
  type KindContent,
  type Subject,
  sealEnvelope,
  statementType,
  yamlText,
} from "@sumac/sdl";
import type { RecordSource } from "./evidence-source.ts";
import { testPerson } from "./people.ts";
import type { ProductSource } from "./product-source.ts";
import { sha256 } from "./sha256.ts";

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

/** Every file of the product folder, signed; the same source gives the same bytes. */
export async function buildProduct(source: ProductSource): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const put = <Kind extends FileKind>(path: string, kind: Kind, value: KindContent[Kind]): void => {
    const up = "../".repeat(path.split("/").length + 2);
    files.set(`.sdl/${path}`, text(yamlText(kind, value, `${up}packages/sdl/schemas`)));
  };
  put("product.yaml", "product", source.product);
  put("context.yaml", "context", source.context);
  put("soa.yaml", "soa", source.soa);
  put("policy.yaml", "policy", source.policy);
  put("roles.yaml", "roles", source.roles);
  put("keys.yaml", "keys", source.keys);
  put("suppliers.yaml", "suppliers", source.suppliers);
  put("interfaces.yaml", "interfaces", source.interfaces);
  put("accounts.yaml", "accounts", source.accounts);
  put("zones.yaml", "zones", source.zones);
  put("catalog.lock", "catalog-lock", source.catalogLock);
  for (const threat of source.threats) put(`threats/${threat.id}.yaml`, "threat", threat);
  for (const requirement of source.requirements) put(`requirements/${requirement.id}.yaml`, "requirement", requirement);
  for (const [name, claim] of Object.entries(source.claims)) put(`claims/${name}.yaml`, "claim", claim);
  for (const issue of source.issues) put(`issues/${issue.id}.yaml`, "issue", issue);
  for (const review of source.reviews) put(`reviews/${review.id}.yaml`, "review", review);
  for (const waiver of source.waivers) put(`waivers/${waiver.id}.yaml`, "waiver", waiver);
  for (const release of source.releases) put(`releases/${release.id}.yaml`, "release", release);
  for (const [id, { doc, qualification, compat, delivery }] of Object.entries(source.updates)) {
    put(`updates/${id}/update-doc.yaml`, "update-doc", doc);
    put(`updates/${id}/qualification.yaml`, "qualification", qualification);
    put(`updates/${id}/compat.yaml`, "compat", compat);
    put(`updates/${id}/delivery.yaml`, "delivery", delivery);
  }
  files.set(".sdl/data/sbom-1.2.0.cdx.json", text(`${JSON.stringify(source.sbom, null, 2)}\n`));
  for (const [file, content] of Object.entries(source.documents)) files.set(file, text(content));
  files.set("build/rtu-demo-1.2.0.bin", source.image);
  for (const record of source.records) {
    const bytes = await sealEnvelope(statementOf(record, source, files), record.signers.map(testPerson));
    files.set(`.sdl/evidence/${record.id}.dsse.json`, bytes);
  }
  return files;
}

function statementOf(record: RecordSource, source: ProductSource, files: ReadonlyMap<string, Uint8Array>): JsonValue {
  const { documents, of, signers: _, tool, id, kind, rows, produced_at, valid_until, person, role, result } = record;
  return {
    _type: statementType,
    subject: documents === undefined ? imagesOf(source) : documents.flatMap((name) => subjectsOf(name, source, files)),
    predicateType: evidencePredicate,
    predicate: {
      id,
      edition: builtInCatalogue.edition,
      rows,
      kind,
      scope: documents === undefined ? "release" : "process",
      produced_at,
      valid_until,
      tool: { name: tool, version: "1.0" },
      inputs: [],
      result: result as unknown as JsonValue,
      person,
      role,
      independence: {
        of,
        statement: of.length === 0 ? "no work of one's own is judged" : "judged by somebody who did not make it",
      },
    },
  } as unknown as JsonValue;
}

const imagesOf = (source: ProductSource): Subject[] =>
  (source.releases.find(({ state }) => state === "candidate")?.images ?? []).map(({ name, sha256: digest }) => ({
    name,
    digest: { sha256: digest },
  }));

function subjectsOf(name: string, source: ProductSource, files: ReadonlyMap<string, Uint8Array>): Subject[] {
  if (name === "tree:source")
    return [{ name: "source", digest: { gitTree: source.releases.at(-1)?.source.tree ?? "" } }];
  const found = name.endsWith("/") ? [...files.keys()].filter((file) => file.startsWith(name)).sort() : [name];
  return found.map((file) => ({ name: file, digest: { sha256: sha256(files.get(file) ?? "") } }));
}

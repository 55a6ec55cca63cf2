import type { JsonValue } from "../canonical-json.ts";
import { statementType } from "../model/evidence.ts";
import type { DossierData } from "./dossier-data.ts";

const dossierPredicate = "urn:sumac:predicate:sdl-dossier/v1";

/** What is signed of a dossier: its list, which has the digest of everything else, for these images. */
export const dossierStatement = (data: DossierData, listSha256: string): JsonValue => ({
  _type: statementType,
  subject: [
    { name: "dossier.json", digest: { sha256: listSha256 } },
    ...data.release.images.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
  ],
  predicateType: dossierPredicate,
  predicate: {
    product: data.product.id,
    release: data.release.id,
    edition: data.edition,
    verdict: data.verdict,
    judgedAt: data.judgedAt,
    tool: { name: data.tool.name, version: data.tool.version },
  },
});

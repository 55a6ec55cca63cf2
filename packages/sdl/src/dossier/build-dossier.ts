import type { Crypto } from "@sumac/crypto";
import { sealGateReport } from "../attest.ts";
import type { JsonValue } from "../canonical-json.ts";
import { type EvidenceSigner, sealEnvelope } from "../dsse.ts";
import { sha256Hex } from "../evidence-record.ts";
import type { ReleasePicture } from "../outputs/release-picture.ts";
import { sdlFolder } from "../product-model.ts";
import { collectDossier, evidencePath, isConfidential, recordsOfDossier } from "./collect-dossier.ts";
import type { DossierData, DossierFile, Edition } from "./dossier-data.ts";
import { dossierStatement } from "./dossier-statement.ts";
import { renderDossier } from "./render-dossier.ts";
import { style } from "./style.ts";
import { verifyText } from "./verify-text.ts";

export interface DossierOrder {
  readonly edition: Edition;
  readonly tool: DossierData["tool"];
  /** Sign gate report and list; without one the dossier proves only that its parts belong together. */
  readonly signers: readonly EvidenceSigner[];
  /** Files that go in as they are: advisories, manifest, bill of materials with claims. */
  readonly attachments: ReadonlyMap<string, Uint8Array>;
}

/** Names that the builder gives itself. */
export const listFile = "dossier.json";
export const signatureFile = "dossier.dsse.json";
export const textFile = "verify.txt";
export const reportFile = "gate-report.json";
export const signedReportFile = "gate-report.dsse.json";
const pageFile = "index.html";

/** Every file of the dossier, by path. The same picture and signers (of deterministic schemes) give the same bytes. */
export async function buildDossier(
  picture: ReleasePicture,
  order: DossierOrder,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { crypto } = picture.input;
  const { edition, tool, signers } = order;
  const files = new Map<string, Uint8Array>(order.attachments);
  for (const record of recordsOfDossier(picture)) {
    const bytes = picture.model.evidence.get(record.file.slice(sdlFolder.length + 1));
    if (bytes !== undefined && !(edition === "customer" && isConfidential(record)))
      files.set(evidencePath(record), bytes);
  }
  const sbom = picture.model.data.get(picture.release.sbom.file.slice(sdlFolder.length + 1));
  if (sbom !== undefined) files.set(`sbom/${picture.release.sbom.file.replace(/^.*\//, "")}`, sbom);
  const collected = collectDossier(picture, edition, tool);
  for (const { kid, public: pem } of collected.keys) files.set(`keys/${kid}.pem`, utf8(`${pem.trim()}\n`));
  files.set(reportFile, prettyJson(picture.report));
  if (signers.length > 0) files.set(signedReportFile, await sealGateReport(picture.report, tool, signers));
  const shown: DossierData = { ...collected, files: listed(files, crypto) };
  files.set(pageFile, utf8(renderDossier(shown, base64(digest(utf8(style), crypto)))));
  const data: DossierData = { ...collected, files: listed(files, crypto) };
  const list = prettyJson(data);
  files.set(listFile, list);
  const listDigest = sha256Hex(list, crypto);
  if (signers.length > 0) files.set(signatureFile, await sealEnvelope(dossierStatement(data, listDigest), signers));
  files.set(textFile, utf8(verifyText(data, listDigest)));
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const listed = (files: ReadonlyMap<string, Uint8Array>, crypto: Crypto): readonly DossierFile[] =>
  [...files]
    .map(([path, bytes]) => ({ path, sha256: sha256Hex(bytes, crypto), size: bytes.length }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Two spaces, and the members in the order in which the code names them: the same data give the same bytes. */
const prettyJson = (value: object): Uint8Array => utf8(`${JSON.stringify(value as JsonValue, null, 2)}\n`);

function digest(bytes: Uint8Array, crypto: Crypto): Uint8Array {
  const running = crypto.startDigest("sha-256");
  running.update(bytes);
  return running.digest();
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");

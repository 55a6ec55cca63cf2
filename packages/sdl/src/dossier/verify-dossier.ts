import { err, ok, type Result } from "@sumac/cbor";
import { keyId, parsePublicKeyPem } from "@sumac/cose";
import { bytesToHex, type Crypto, type PublicKey } from "@sumac/crypto";
import { gatePredicate } from "../attest.ts";
import { canonicalJson, type JsonValue } from "../canonical-json.ts";
import { canonicalPayload, type DsseEnvelope, openEnvelope, preAuthentication } from "../dsse.ts";
import type { FileDigest } from "../gate-context.ts";
import type { GateReport } from "../gate-report.ts";
import { foundational } from "../model/vocabulary.ts";
import { listFile, reportFile, signatureFile, signedReportFile, textFile } from "./build-dossier.ts";
import type { DossierData } from "./dossier-data.ts";
import type { DossierFault } from "./dossier-fault.ts";
import { dossierStatement } from "./dossier-statement.ts";
import { readDossierList, readDossierReport } from "./read-dossier-list.ts";
import { verifyText } from "./verify-text.ts";

/** A folder as it lies there: every regular file with its digest, and the bytes of those that are asked for. */
export interface DossierFolder {
  readonly files: ReadonlyMap<string, FileDigest>;
  read(path: string): Uint8Array | undefined;
}

export interface DossierTrust {
  readonly crypto: Crypto;
  /** Public keys got by another way; each must have signed. */
  readonly signers: readonly PublicKey[];
  /** Images at hand. */
  readonly images: readonly { readonly file: string; readonly sha256: string }[];
}

export interface DossierVerdict {
  readonly product: string;
  readonly release: string;
  readonly edition: string;
  readonly verdict: GateReport["verdict"];
  readonly files: number;
  readonly evidence: number;
  readonly keptBack: number;
  /** Key ids whose signature of the list was checked; empty: unsigned. */
  readonly signedBy: readonly string[];
  /** Records that were not believed when the dossier was made either. */
  readonly notBelieved: readonly string[];
}

/**
 * Checks every digest and every signature without a network. An unsigned dossier is accepted only if no signer is asked
 * for: then the answer says that nobody signed it.
 */
export function verifyDossier(folder: DossierFolder, trust: DossierTrust): Result<DossierVerdict, DossierFault> {
  const list = folder.read(listFile);
  if (list === undefined) return err({ code: "dossier-malformed", file: listFile, flaw: "not there" });
  const parsed = readDossierList(list);
  if (!parsed.ok) return err({ code: "dossier-malformed", file: listFile, flaw: parsed.error.flaw });
  const data = parsed.value;
  const fault =
    filesFault(folder, data) ??
    signedListFault(folder, data, trust) ??
    textFault(folder, data) ??
    reportFault(folder, data, trust) ??
    evidenceFault(folder, data, trust) ??
    imageFault(data, trust);
  if (fault !== undefined) return err(fault);
  const signed = folder.read(signatureFile);
  const envelope = signed === undefined ? undefined : openEnvelope(signed);
  return ok({
    product: data.product.id,
    release: data.release.id,
    edition: data.edition,
    verdict: data.verdict,
    files: folder.files.size,
    evidence: data.evidence.filter(({ file }) => file !== undefined).length,
    keptBack: data.evidence.filter(({ file }) => file === undefined).length,
    signedBy: envelope?.ok === true ? envelope.value.signatures.map(({ keyid }) => keyid) : [],
    notBelieved: data.evidence.flatMap(({ id, fault: why }) => (why === undefined ? [] : [id])),
  });
}

const beside: readonly string[] = [listFile, signatureFile, textFile];

function filesFault({ files }: DossierFolder, data: DossierData): DossierFault | undefined {
  const listed = new Set(data.files.map(({ path }) => path));
  for (const { path, sha256 } of data.files) {
    const found = files.get(path);
    if (found === undefined) return { code: "dossier-file-missing", file: path };
    if (found.sha256 !== sha256)
      return { code: "dossier-file-altered", file: path, expected: sha256, found: found.sha256 };
  }
  if (!files.has(textFile)) return { code: "dossier-file-missing", file: textFile };
  const unknown = [...files.keys()].sort().find((path) => !listed.has(path) && !beside.includes(path));
  return unknown === undefined ? undefined : { code: "dossier-file-unknown", file: unknown };
}

/** The signature of the list decides who made it; all else hangs on the list. */
function signedListFault(folder: DossierFolder, data: DossierData, trust: DossierTrust): DossierFault | undefined {
  const bytes = folder.read(signatureFile);
  // A signed report beside an unsigned list: somebody took the signature away.
  if (bytes === undefined)
    return trust.signers.length > 0 || folder.files.has(signedReportFile)
      ? { code: "dossier-unsigned", file: signatureFile }
      : undefined;
  const wanted = dossierStatement(data, folder.files.get(listFile)?.sha256 ?? "");
  const opened = openSigned(signatureFile, bytes, data, trust);
  if (!opened.ok) return opened.error;
  if (canonicalJson(opened.value.payload) !== canonicalJson(wanted))
    return {
      code: "dossier-file-altered",
      file: listFile,
      expected: subjectDigest(opened.value.payload),
      found: folder.files.get(listFile)?.sha256 ?? "",
    };
  const signed = opened.value.envelope.signatures.map(({ keyid }) => keyid);
  const absent = trust.signers.map((key) => bytesToHex(keyId(key, trust.crypto))).find((kid) => !signed.includes(kid));
  return absent === undefined ? undefined : { code: "dossier-signer", file: signatureFile, keyId: absent };
}

function subjectDigest(payload: JsonValue): string {
  const { subject } = (payload ?? {}) as {
    readonly subject?: readonly ({ readonly digest?: { readonly sha256?: unknown } | null } | null)[];
  };
  const digest = Array.isArray(subject) ? subject[0]?.digest?.sha256 : undefined;
  return typeof digest === "string" ? digest : "another";
}

/** Signatures by keys of the dossier or by those the reader brought. */
function openSigned(
  file: string,
  bytes: Uint8Array,
  data: DossierData,
  { crypto, signers }: DossierTrust,
): Result<{ readonly envelope: DsseEnvelope; readonly payload: JsonValue }, DossierFault> {
  const opened = openEnvelope(bytes);
  if (!opened.ok) return err({ code: "dossier-malformed", file, flaw: opened.error.flaw });
  const payload = canonicalPayload(opened.value);
  if (!payload.ok) return err({ code: "dossier-malformed", file, flaw: payload.error.flaw });
  const keys = publicKeys(data, signers, crypto);
  const message = preAuthentication(opened.value.payloadType, opened.value.payload);
  if (opened.value.signatures.length === 0) return err({ code: "dossier-unsigned", file });
  for (const { keyid, sig } of opened.value.signatures) {
    const key = keys.get(keyid);
    if (key === undefined || !crypto.verify(key, message, sig))
      return err({ code: "dossier-signature", file, keyId: keyid });
  }
  return ok({ envelope: opened.value, payload: payload.value });
}

/** By the id computed from the key itself: an id that is only claimed counts for nothing. */
const publicKeys = (data: DossierData, signers: readonly PublicKey[], crypto: Crypto): ReadonlyMap<string, PublicKey> =>
  new Map(
    [
      ...data.keys.flatMap(({ public: pem }) => {
        const parsed = parsePublicKeyPem(pem);
        return parsed.ok ? [parsed.value] : [];
      }),
      ...signers,
    ].map((key) => [bytesToHex(keyId(key, crypto)), key] as const),
  );

function textFault(folder: DossierFolder, data: DossierData): DossierFault | undefined {
  const bytes = folder.read(textFile);
  const text = bytes === undefined ? "" : new TextDecoder().decode(bytes);
  const listSha256 = folder.files.get(listFile)?.sha256 ?? "";
  const wanted = verifyText(data, listSha256);
  if (text === wanted) return undefined;
  // All is as made again but the digest of the list: then it is the list that changed.
  const before = /^([0-9a-f]{64}) {2}dossier\.json$/m.exec(text)?.[1];
  if (before !== undefined && verifyText(data, before) === text)
    return { code: "dossier-file-altered", file: listFile, expected: before, found: listSha256 };
  const found = folder.files.get(textFile)?.sha256 ?? "";
  return {
    code: "dossier-file-altered",
    file: before === undefined || before === listSha256 ? textFile : listFile,
    expected: before ?? "what the list gives",
    found,
  };
}

/** The pages show what the gate said. */
function reportFault(folder: DossierFolder, data: DossierData, trust: DossierTrust): DossierFault | undefined {
  const report = folder.read(reportFile);
  if (report === undefined) return { code: "dossier-file-missing", file: reportFile };
  const read = readDossierReport(report);
  if (!read.ok) return { code: "dossier-malformed", file: reportFile, flaw: read.error.flaw };
  const plain = read.value;
  const flaw = contradiction(plain, data);
  if (flaw !== undefined) return { code: "dossier-contradiction", file: reportFile, flaw };
  const bytes = folder.read(signedReportFile);
  if (bytes === undefined) return undefined;
  const opened = openSigned(signedReportFile, bytes, data, trust);
  if (!opened.ok) return opened.error;
  const { predicateType, predicate } = (opened.value.payload ?? {}) as {
    readonly predicateType?: unknown;
    readonly predicate?: { readonly report?: JsonValue } | null;
  };
  if (predicateType !== gatePredicate) {
    const flaw = typeof predicateType === "string" ? predicateType : "not a statement";
    return { code: "dossier-signed-other", file: signedReportFile, flaw };
  }
  const same = canonicalJson(predicate?.report ?? null) === canonicalJson(plain as unknown as JsonValue);
  return same
    ? undefined
    : { code: "dossier-contradiction", file: signedReportFile, flaw: `not the report of ${reportFile}` };
}

function contradiction(report: GateReport, data: DossierData): string | undefined {
  const { verdict, product, release } = report;
  if (verdict !== data.verdict) return `verdict ${verdict}, the list says ${data.verdict}`;
  if (product !== data.product.id) return `product ${product}, the list says ${data.product.id}`;
  if (release !== data.release.id) return `release ${release}, the list says ${data.release.id}`;
  const images = (list: GateReport["images"]): string => list.map(({ sha256 }) => sha256).join(" ");
  if (images(report.images) !== images(data.release.images)) return "other images than the list";
  for (const kind of ["component", "integrated"] as const) {
    const fr = foundational.find((one) => report.slC[kind][one] !== data.slC[kind][one]);
    if (fr !== undefined) return `SL-C(${fr}) ${kind} ${report.slC[kind][fr]}, the list says ${data.slC[kind][fr]}`;
  }
  const rows = [...data.gates, ...data.practiceRows, ...data.componentRows];
  const shown = new Map(rows.map(({ id, state }) => [id, state]));
  const other = report.rows.find(({ id, state }) => shown.has(id) && shown.get(id) !== state);
  if (other !== undefined) return `${other.id} is ${other.state}, the list says ${shown.get(other.id)}`;
  const judged = new Set(report.rows.map(({ id }) => id));
  const absent = rows.find(({ id }) => !judged.has(id));
  return absent === undefined ? undefined : `${absent.id} is not in it, the list says ${absent.state}`;
}

/** Records that the dossier calls good must have a good signature now; those that count for a row must be there or kept back. */
function evidenceFault(folder: DossierFolder, data: DossierData, trust: DossierTrust): DossierFault | undefined {
  const known = new Set(data.evidence.map(({ sha256 }) => sha256));
  for (const { id, records } of [...data.practiceRows, ...data.componentRows]) {
    const lost = records.find((sha256) => !known.has(sha256));
    if (lost !== undefined)
      return { code: "dossier-contradiction", file: listFile, flaw: `${id} counts record ${lost}, which is not in it` };
  }
  for (const { file, sha256, fault } of data.evidence) {
    if (file === undefined) continue;
    const found = folder.files.get(file)?.sha256;
    if (found === undefined) return { code: "dossier-file-missing", file };
    if (found !== sha256) return { code: "dossier-file-altered", file, expected: sha256, found };
    if (fault !== undefined) continue;
    const bytes = folder.read(file);
    if (bytes === undefined) return { code: "dossier-file-missing", file };
    const opened = openSigned(file, bytes, data, trust);
    if (!opened.ok) return opened.error;
  }
  return undefined;
}

function imageFault(data: DossierData, { images }: DossierTrust): DossierFault | undefined {
  const known = new Set(data.release.images.map(({ sha256 }) => sha256));
  const other = images.find(({ sha256 }) => !known.has(sha256));
  return other === undefined ? undefined : { code: "dossier-image", ...other };
}

import { bytesToHex, type Crypto } from "@sumac/crypto";
import { canonicalPayload, type DsseEnvelope, inTotoPayload, openEnvelope } from "./dsse.ts";
import { type Finding, findingOf } from "./finding.ts";
import { type Evidence, type EvidenceStatement, evidenceStatement, type Subject } from "./model/evidence.ts";
import { sdlFolder } from "./product-model.ts";
import { schemaFaults } from "./schema-faults.ts";

/** A signed record whose form is right; who signed it is another question. */
export interface EvidenceRecord {
  readonly file: string;
  /** SHA-256 of the envelope as it lies there. */
  readonly sha256: string;
  readonly envelope: DsseEnvelope;
  readonly subject: readonly Subject[];
  readonly evidence: Evidence;
}

export interface EvidenceRead {
  readonly records: readonly EvidenceRecord[];
  readonly findings: readonly Finding[];
}

/** Opens every envelope. What cannot be opened is a finding: a folder with rubbish in it never passes. */
export function readEvidence(files: ReadonlyMap<string, Uint8Array>, crypto: Crypto): EvidenceRead {
  const records: EvidenceRecord[] = [];
  const findings: Finding[] = [];
  const seen = new Map<string, string>();
  for (const [path, bytes] of files) {
    const file = `${sdlFolder}/${path}`;
    const opened = openEnvelope(bytes);
    if (!opened.ok) {
      findings.push(findingOf("sdl/envelope", file, opened.error.flaw));
      continue;
    }
    const envelope = opened.value;
    if (envelope.payloadType !== inTotoPayload) {
      findings.push(findingOf("sdl/envelope", file, envelope.payloadType));
      continue;
    }
    const payload = canonicalPayload(envelope);
    if (!payload.ok) {
      findings.push(
        findingOf(payload.error.flaw === "not JSON" ? "sdl/envelope" : "sdl/not-canonical", file, payload.error.flaw),
      );
      continue;
    }
    const faults = schemaFaults(evidenceStatement, payload.value);
    if (faults.length > 0) {
      findings.push(...faults.slice(0, 5).map(({ about }) => findingOf("sdl/statement", file, about)));
      continue;
    }
    const { subject, predicate } = payload.value as unknown as EvidenceStatement;
    if (path !== `evidence/${predicate.id}.dsse.json`) findings.push(findingOf("sdl/id-mismatch", file, predicate.id));
    const before = seen.get(predicate.id);
    if (before !== undefined) findings.push(findingOf("sdl/duplicate-id", file, `${predicate.id}, also in ${before}`));
    seen.set(predicate.id, file);
    records.push({ file, sha256: sha256Hex(bytes, crypto), envelope, subject, evidence: predicate });
  }
  return { records, findings };
}

export function sha256Hex(bytes: Uint8Array, crypto: Crypto): string {
  const digest = crypto.startDigest("sha-256");
  digest.update(bytes);
  return bytesToHex(digest.digest());
}

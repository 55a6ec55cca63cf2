import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { maxTrustRecordBytes } from "@sumac/device";
import {
  explainTrustRecord,
  parseTrustRecord,
  profileOf,
  type TrustPart,
  type TrustRecord,
  type TrustRecordRefusal,
} from "@sumac/verifier";
import { readWhole } from "./bound-read.ts";
import { exitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import type { Io } from "./io.ts";
import type { Jsonable } from "./json-output.ts";

export interface TrustRecordFile {
  readonly bytes: Uint8Array;
  readonly part: TrustPart;
  readonly record: TrustRecord;
}

/** A record says by its roles whose part it is: only a vendor's has release roles. */
export async function readTrustRecordFile(io: Io, name: string): Promise<TrustRecordFile> {
  const bytes = await readWhole(io, name, "a trust record", maxTrustRecordBytes);
  const vendor = parseTrustRecord(bytes, nodeCrypto, "vendor");
  if (vendor.ok) return { bytes, part: "vendor", record: vendor.value };
  if (vendor.error.code !== "trust-no-release-role") throw trustRecordFailure(vendor.error, name);
  const owner = parseTrustRecord(bytes, nodeCrypto, "owner");
  if (owner.ok) return { bytes, part: "owner", record: owner.value };
  throw trustRecordFailure(owner.error, name);
}

export function trustRecordFailure(refusal: TrustRecordRefusal, name: string): Failure {
  const { problem, remedy } = explainTrustRecord(refusal);
  const exit = refusal.code === "malformed" ? exitCode.malformed : exitCode.refused;
  return new Failure({ code: refusal.code, problem: `${name}: ${problem}`, remedy, exit });
}

export const trustRecordJson = (record: TrustRecord): Readonly<Record<string, Jsonable>> => ({
  profile: profileOf(record),
  roles: record.roles.map(({ name, purpose, threshold, keys, components }) => ({
    name,
    purpose,
    threshold,
    keys: keys.map(({ keyId, key }) => ({ keyId: bytesToHex(keyId), scheme: key.scheme })),
    components: components === "any" ? null : components.map(componentText),
  })),
  legacyAlgorithms: [...record.legacyAlgorithms],
});

export function describeTrustRecord(record: TrustRecord): readonly string[] {
  const lines = record.roles.flatMap(({ name, purpose, threshold, keys, components }) => [
    `  ${purpose.padEnd(8)} ${name}: ${threshold} of ${keys.length}${components === "any" ? "" : `, may write ${components.map(componentText).join(" ")}`}`,
    ...keys.map(({ keyId, key }) => `           ${bytesToHex(keyId)} (${key.scheme})`),
  ]);
  const { legacyAlgorithms } = record;
  const legacy = legacyAlgorithms.length === 0 ? "none" : legacyAlgorithms.join(" ");
  return [...lines, `  profile ${profileOf(record)}, deprecated algorithms accepted: ${legacy}`];
}

/** Segments as text where they are text. */
const componentText = (id: readonly Uint8Array[]): string =>
  id
    .map((segment) => {
      const text = new TextDecoder().decode(segment);
      return /^[!-.0-~]+$/.test(text) ? text : bytesToHex(segment);
    })
    .join("/");

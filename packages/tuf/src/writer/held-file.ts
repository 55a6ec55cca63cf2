import { err, ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import type { Metadata, RootMetadata, SnapshotMetadata, TargetsMetadata, TimestampMetadata } from "../metadata.ts";
import { parseRoot, parseSnapshot, parseTargets, parseTimestamp } from "../parse-metadata.ts";
import type { TufRefusal } from "../refusal.ts";
import { parseSignedFile, type SignedFile } from "../signed-file.ts";
import { schemesOf } from "./role-keys.ts";
import {
  plainJson,
  type WireMetadata,
  type WireRoot,
  type WireSnapshot,
  type WireTargets,
  type WireTimestamp,
} from "./wire-metadata.ts";

/** A file of the vendor's own repository: as it lies there, as it is read, and as the next version starts from. */
export interface HeldFile<M extends Metadata, W extends WireMetadata> {
  readonly file: SignedFile;
  readonly metadata: M;
  readonly wire: W;
}

export type HeldRoot = HeldFile<RootMetadata, WireRoot>;
export type HeldTargets = HeldFile<TargetsMetadata, WireTargets>;
export type HeldSnapshot = HeldFile<SnapshotMetadata, WireSnapshot>;
export type HeldTimestamp = HeldFile<TimestampMetadata, WireTimestamp>;

/**
 * Reads with the reader's own strictness. Signatures are not asked here: whoever publishes checks them against the keys
 * that are in force then. ML-DSA keys are known: a repository may have been begun with them.
 */
export const holdRoot = (bytes: Uint8Array, name: string, crypto: Crypto): Result<HeldRoot, TufRefusal> =>
  hold<RootMetadata, WireRoot>(bytes, name, (file) => parseRoot(file, everyKey(crypto)));

export const holdTargets = (bytes: Uint8Array, name: string, crypto: Crypto): Result<HeldTargets, TufRefusal> =>
  hold<TargetsMetadata, WireTargets>(bytes, name, (file) => parseTargets(file, everyKey(crypto)));

export const holdSnapshot = (bytes: Uint8Array, name: string): Result<HeldSnapshot, TufRefusal> =>
  hold<SnapshotMetadata, WireSnapshot>(bytes, name, parseSnapshot);

export const holdTimestamp = (bytes: Uint8Array, name: string): Result<HeldTimestamp, TufRefusal> =>
  hold<TimestampMetadata, WireTimestamp>(bytes, name, parseTimestamp);

const everyKey = (crypto: Crypto) => ({ schemes: schemesOf("classical-and-ml-dsa"), crypto });

function hold<M extends Metadata, W extends WireMetadata>(
  bytes: Uint8Array,
  name: string,
  parse: (file: SignedFile) => Result<M, TufRefusal>,
): Result<HeldFile<M, W>, TufRefusal> {
  const file = parseSignedFile(bytes, name);
  if (!file.ok) return file;
  const metadata = parse(file.value);
  if (!metadata.ok) return err(metadata.error);
  // The parser has found every member of the wire form; what else is there is kept and signed again.
  return ok({ file: file.value, metadata: metadata.value, wire: plainJson(file.value.signed) as unknown as W });
}

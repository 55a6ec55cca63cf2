import { createHash } from "node:crypto";
import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import type { BlobStore } from "../blobs/blob-store.ts";
import { findBlob } from "../blobs/register-blob.ts";
import type { RemotePayload } from "../check-envelope.ts";
import { manifestFilename } from "../ddi/deployment.ts";
import type { Refusal } from "../refusal.ts";
import type { BlobRow } from "../store/schema.ts";
import type { Store } from "../store/store.ts";

/** Which blob the publisher means for which URI of the manifest. */
export interface NamedPayload {
  readonly uri: string;
  readonly sha256: string;
}

export interface MatchedPayload {
  readonly filename: string;
  readonly sha256: string;
}

/**
 * A payload's URI becomes one path segment of a download URL: nothing that a router, a proxy or a file system could
 * read as more than a name, and not a name that is taken. 160 characters: `sha512-<128 hex>.bin` has 139.
 */
export const isSafeUri = (uri: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,159}$/.test(uri) && uri !== manifestFilename && !/\.md5sum$/i.test(uri);

/** Every payload that the manifest fetches has exactly the blob it is signed for, and nothing else is named. */
export async function matchPayloads(
  store: Store,
  blobs: BlobStore,
  wanted: readonly RemotePayload[],
  named: readonly NamedPayload[],
): Promise<Result<readonly MatchedPayload[], Refusal>> {
  const unknown = named.find(({ uri }) => !wanted.some((payload) => payload.uri === uri));
  if (unknown !== undefined) return err({ code: "payload-unknown", uri: unknown.uri });
  const matched = new Map<string, MatchedPayload>();
  for (const payload of wanted) {
    const { uri } = payload;
    if (!isSafeUri(uri)) return err({ code: "payload-uri-unsafe", uri });
    const entries = named.filter((entry) => entry.uri === uri);
    const [entry] = entries;
    if (entry === undefined) return err({ code: "payload-missing", uri });
    if (entries.some(({ sha256 }) => sha256 !== entry.sha256)) return err({ code: "payload-digest-mismatch", uri });
    const blob = await store.read((reader) => findBlob(reader, store.scope, entry.sha256));
    const there = blob !== undefined && (await blobs.size(blob.sha256)) === blob.size;
    if (!there) return err({ code: "blob-missing", uri, sha256: entry.sha256 });
    const refusal = await compare(blobs, payload, blob);
    if (refusal !== undefined) return err(refusal);
    matched.set(uri, { filename: uri, sha256: blob.sha256 });
  }
  return ok([...matched.values()]);
}

async function compare(blobs: BlobStore, payload: RemotePayload, blob: BlobRow): Promise<Refusal | undefined> {
  const { uri, digest, size } = payload;
  if (size !== undefined && size !== BigInt(blob.size)) {
    return { code: "payload-size-mismatch", uri, expected: size.toString(), found: blob.size };
  }
  const found = digest.algorithm === "sha-256" ? blob.sha256 : await digestBlob(blobs, blob, digest.algorithm);
  return found === bytesToHex(digest.bytes) ? undefined : { code: "payload-digest-mismatch", uri };
}

/** Blobs are named by SHA-256; a manifest that signs another digest has it computed from the file. */
async function digestBlob(blobs: BlobStore, blob: BlobRow, algorithm: "sha-384" | "sha-512"): Promise<string> {
  const hash = createHash(algorithm.replace("-", ""));
  if (blob.size > 0) {
    for await (const chunk of await blobs.read(blob.sha256, blob.size, { start: 0, end: blob.size - 1 })) {
      hash.update(chunk as Uint8Array);
    }
  }
  return hash.digest("hex");
}

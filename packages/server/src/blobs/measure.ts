import { createHash } from "node:crypto";

/** What a blob is, all of it computed in the one pass that received it. Digests in lower-case hex. */
export interface BlobFacts {
  readonly sha256: string;
  /** DDI clients check this one (server.md 1 fact 10); it protects nothing. */
  readonly sha1: string;
  readonly md5: string;
  readonly size: number;
}

export interface Measure {
  update(chunk: Uint8Array): void;
  readonly size: number;
  facts(): BlobFacts;
}

export function startMeasure(): Measure {
  const hashes = { sha256: createHash("sha256"), sha1: createHash("sha1"), md5: createHash("md5") };
  let size = 0;
  return {
    update(chunk) {
      size += chunk.length;
      for (const hash of Object.values(hashes)) hash.update(chunk);
    },
    get size() {
      return size;
    },
    facts: () => ({
      sha256: hashes.sha256.digest("hex"),
      sha1: hashes.sha1.digest("hex"),
      md5: hashes.md5.digest("hex"),
      size,
    }),
  };
}

export function measureBytes(bytes: Uint8Array): BlobFacts {
  const measure = startMeasure();
  measure.update(bytes);
  return measure.facts();
}

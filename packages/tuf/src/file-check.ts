import { bytesToHex, type Crypto, type DigestName, type RunningDigest } from "@sumac/crypto";
import type { TufRefusal } from "./refusal.ts";

/** Length and digests of a file as metadata lists them; what is undefined is not checked. */
export interface ExpectedFile {
  readonly length: number | undefined;
  readonly hashes: ReadonlyMap<string, string> | undefined;
}

/**
 * Compares a stream with what is signed about it, chunk by chunk: memory does not grow with the file, and `take` refuses
 * before a byte too many is passed on.
 */
export class FileCheck {
  readonly #file: string;
  readonly #expected: ExpectedFile;
  readonly #digests: readonly { readonly name: string; readonly expected: string; readonly running: RunningDigest }[];
  #received = 0;

  constructor(file: string, expected: ExpectedFile, known: ReadonlyMap<string, DigestName>, crypto: Crypto) {
    this.#file = file;
    this.#expected = expected;
    this.#digests = [...(expected.hashes ?? [])].flatMap(([name, hash]) => {
      const digest = known.get(name);
      return digest === undefined ? [] : [{ name, expected: hash, running: crypto.startDigest(digest) }];
    });
  }

  /** Ask first: a file that is listed with foreign digests only cannot be checked. */
  start(): TufRefusal | undefined {
    const { hashes } = this.#expected;
    if (hashes === undefined || this.#digests.length > 0) return undefined;
    return { code: "digest-unknown", file: this.#file, algorithms: [...hashes.keys()] };
  }

  take(chunk: Uint8Array): TufRefusal | undefined {
    this.#received += chunk.length;
    const { length } = this.#expected;
    if (length !== undefined && this.#received > length) {
      return { code: "length-mismatch", file: this.#file, expected: length, received: undefined };
    }
    for (const { running } of this.#digests) running.update(chunk);
    return undefined;
  }

  /** At the end of the stream; once. */
  finish(): TufRefusal | undefined {
    const { length } = this.#expected;
    if (length !== undefined && this.#received !== length) {
      return { code: "length-mismatch", file: this.#file, expected: length, received: this.#received };
    }
    for (const { name, expected, running } of this.#digests) {
      const computed = bytesToHex(running.digest());
      if (computed !== expected) {
        return { code: "digest-mismatch", file: this.#file, algorithm: name, expected, computed };
      }
    }
    return undefined;
  }
}

/** The same for bytes that are there already. */
export function checkFile(
  file: string,
  bytes: Uint8Array,
  expected: ExpectedFile,
  known: ReadonlyMap<string, DigestName>,
  crypto: Crypto,
): TufRefusal | undefined {
  if (expected.length !== undefined && bytes.length !== expected.length) {
    return { code: "length-mismatch", file, expected: expected.length, received: bytes.length };
  }
  const check = new FileCheck(file, expected, known, crypto);
  return check.start() ?? check.take(bytes) ?? check.finish();
}

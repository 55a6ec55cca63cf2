import { bytesToHex } from "@sumac/crypto";
import { annotatedBytes, elementsOf } from "./annotated-bytes.ts";
import type { Inspection } from "./inspection.ts";

/** What `--bytes` adds: from it anybody can compute digests and signatures again. */
export function bytePage({ opened, signedBytes }: Inspection): readonly string[] {
  const { envelope, computedDigest } = opened;
  const { encoded, content, contentOffset } = envelope.manifest;
  const first = contentOffset - (encoded.length - content.length);
  const head = bytesToHex(encoded.subarray(0, encoded.length - content.length));
  return [
    "",
    "BYTES: each once, at its offset",
    ...annotatedBytes(envelope.encoded, elementsOf(opened)),
    "",
    "WHAT IS HASHED",
    `  manifest: bytes ${first} to ${contentOffset + content.length - 1} (${encoded.length}), byte string head ${head} included`,
    `    computed  ${computedDigest.algorithm} ${bytesToHex(computedDigest.bytes)}`,
    `    claimed   ${envelope.digest.algorithm} ${bytesToHex(envelope.digest.bytes)}`,
    ...Array.from(envelope.severed, ([name, { encoded: bytes, content: inner, contentOffset: start }]) => {
      const from = start - (bytes.length - inner.length);
      return `  ${name}: bytes ${from} to ${start + inner.length - 1} (${bytes.length}), head included`;
    }),
    "",
    "WHAT IS SIGNED: the encoded digest, in a COSE Sig_structure",
    `  digest    ${bytesToHex(envelope.digestElement)}`,
    ...signedBytes.map(
      (bytes, i) =>
        `  signature ${i + 1}: ${bytes === undefined ? "of an unknown kind" : `${bytes.length} bytes ${bytesToHex(bytes)}`}`,
    ),
    ...(signedBytes.length === 0 ? ["  by nobody yet"] : []),
  ];
}

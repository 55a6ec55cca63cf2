import type { Crypto } from "@sumac/crypto";
import { digestEquals, digestOf } from "@sumac/suit";
import { type Finding, finding } from "./finding.ts";
import type { Journal } from "./lint-journal.ts";

/** Content that stands in the manifest is signed with it, and no device can match it if its digest is another's. */
export function lintContent({ contents }: Journal, crypto: Crypto): Finding[] {
  return contents.flatMap(({ index, offset, contents: possible, digests, sizes }) => {
    const fits = possible.some(
      (content) =>
        (sizes.length === 0 || sizes.includes(BigInt(content.length))) &&
        digests.some((digest) => digestEquals(digestOf(crypto, digest.algorithm, content), digest)),
    );
    return fits ? [] : [finding(offset, { code: "content-mismatch", index })];
  });
}

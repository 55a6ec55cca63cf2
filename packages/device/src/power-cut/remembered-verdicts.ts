import { bytesToHex, type Crypto } from "@sumac/crypto";

/**
 * A sweep verifies the same few signatures thousands of times. Verifying is a function of key, message and signature
 * alone, and all three are the name under which the answer is kept: no other input can meet it.
 */
export function rememberVerdicts(crypto: Crypto): Crypto {
  const verdicts = new Map<string, boolean>();
  return {
    startDigest: (name) => crypto.startDigest(name),
    verify(key, message, signature) {
      const name = [key.scheme, ...[key.bytes, message, signature].map(bytesToHex)].join(" ");
      const verdict = verdicts.get(name) ?? crypto.verify(key, message, signature);
      verdicts.set(name, verdict);
      return verdict;
    },
  };
}

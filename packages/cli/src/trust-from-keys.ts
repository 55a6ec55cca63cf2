import { algorithmById } from "@sumac/cose";
import { nodeCrypto } from "@sumac/crypto/node";
import { checkTrustRecord, type TrustRecord, trustKey } from "@sumac/verifier";
import type { Arguments, Option } from "./command.ts";
import { usage } from "./failure.ts";
import type { Io } from "./io.ts";
import { parseUnsigned } from "./option-values.ts";
import { readPublicKey } from "./public-key-file.ts";

export const allowAlgorithmOption: Option = {
  name: "allow-alg",
  value: "id",
  use: "repeatable",
  summary: "accept a deprecated COSE algorithm: -7 (ES256) or -8 (EdDSA)",
};

/** Public keys from the command line as a trust record of one release role; `option` names them: `key` or `trust`. */
export async function trustFromKeys(given: Arguments, option: string, io: Io): Promise<TrustRecord> {
  const files = given.all(option);
  if (files.length === 0) {
    throw usage(
      "missing-option",
      `no --${option}: nobody would be trusted`,
      `give the vendor's public key: --${option} vendor.pub.pem`,
    );
  }
  const keys = [];
  for (const file of files) keys.push(trustKey(await readPublicKey(io, file), nodeCrypto));
  const threshold = Number(parseUnsigned("threshold", given.option("threshold") ?? "1", 1n));
  const record = checkTrustRecord({
    roles: [{ name: "release", purpose: "release", threshold, keys, components: "any" }],
    legacyAlgorithms: given.all(allowAlgorithmOption.name).map(parseAlgorithm),
  });
  if (record.ok) return record.value;
  if (record.error.code === "trust-threshold") {
    const problem = `--threshold ${threshold} is more than the ${keys.length} keys given`;
    throw usage("bad-value", problem, "give more keys or a lower threshold");
  }
  throw usage("option-repeated", `two --${option} files hold the same key`, "give each key once: it counts once");
}

function parseAlgorithm(value: string): number {
  const known = /^-?\d{1,3}$/.test(value) ? algorithmById(Number(value)) : undefined;
  if (known !== undefined) return known.id;
  throw usage("bad-value", `--allow-alg ${value} is no COSE algorithm known here`, "give -7 (ES256) or -8 (EdDSA)");
}

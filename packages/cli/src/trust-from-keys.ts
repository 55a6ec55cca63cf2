import { algorithmById } from "@sumac/cose";
import { bytesToHex, canVerify, type SignatureScheme } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  checkTrustRecord,
  type Profile,
  type Role,
  type TrustedKey,
  type TrustRecord,
  type TrustRecordRefusal,
  trustComponents,
  trustKey,
} from "@sumac/verifier";
import type { Arguments, Option } from "./command.ts";
import { type Failure, unavailable, usage } from "./failure.ts";
import type { Io } from "./io.ts";
import { parseChoice, parseUnsigned } from "./option-values.ts";
import { readPublicKey } from "./public-key-file.ts";

export const allowAlgorithmOption: Option = {
  name: "allow-alg",
  value: "id",
  use: "repeatable",
  summary: "accept a deprecated COSE algorithm: -7 (ES256) or -8 (EdDSA)",
};

export const profileOption: Option = {
  name: "profile",
  value: "name",
  summary: "signatures demanded: classic (default), hybrid (classical and ML-DSA) or cnsa2 (ML-DSA-87, SHA-384/512)",
};

/** Public keys from the command line as a trust record of one release role; `option` names them: `key` or `trust`. */
export async function trustFromKeys(given: Arguments, option: string, io: Io): Promise<TrustRecord> {
  if (given.all(option).length === 0) {
    throw usage(
      "missing-option",
      `no --${option}: nobody would be trusted`,
      `give the vendor's public key: --${option} vendor.pub.pem`,
    );
  }
  const profile = parseChoice("profile", given.option("profile") ?? "classic", ["classic", "hybrid", "cnsa2"]);
  const release = { name: "release", purpose: "release", option, threshold: "threshold" } as const;
  const owner = { name: "owner", purpose: "approval", option: "owner-key", threshold: "owner-threshold" } as const;
  const names = new Map<string, string>();
  const roles: Role[] = [];
  for (const wanted of given.all(owner.option).length > 0 ? [release, owner] : [release]) {
    const keys = await readKeys(given.all(wanted.option), names, io);
    const threshold = Number(parseUnsigned(wanted.threshold, given.option(wanted.threshold) ?? "1", 1n));
    roles.push({ name: wanted.name, purpose: wanted.purpose, threshold, keys, components: "any" });
  }
  const legacyAlgorithms = given.all(allowAlgorithmOption.name).map(parseAlgorithm);
  const record = checkTrustRecord({ profile, roles, legacyAlgorithms });
  if (record.ok) return record.value;
  const about = "role" in record.error && record.error.role === owner.name ? owner : release;
  throw trustFailure(record.error, { ...about, names, profile });
}

/**
 * The root keys of `--trust-root`, for whoever passes trust updates on: one signature is enough here, and they may write
 * nothing but trust records. The devices judge them by their own. Undefined: none were given.
 */
export async function rootsFromKeys(given: Arguments, io: Io): Promise<TrustRecord | undefined> {
  const files = given.all("trust-root");
  if (files.length === 0) return undefined;
  const names = new Map<string, string>();
  const keys = await readKeys(files, names, io);
  const components = Object.values(trustComponents);
  const roles: readonly Role[] = [{ name: "root", purpose: "release", threshold: 1, keys, components }];
  const profile = parseChoice("profile", given.option("profile") ?? "classic", ["classic", "hybrid", "cnsa2"]);
  const record = checkTrustRecord({ profile, roles, legacyAlgorithms: [] });
  if (record.ok) return record.value;
  throw trustFailure(record.error, { option: "trust-root", threshold: "threshold", names, profile });
}

async function readKeys(files: readonly string[], names: Map<string, string>, io: Io): Promise<TrustedKey[]> {
  const keys: TrustedKey[] = [];
  for (const file of files) {
    const key = await readPublicKey(io, file);
    if (!canVerify(nodeCrypto, key.scheme)) throw cannotCheck(file, key.scheme);
    const trusted = trustKey(key, nodeCrypto);
    names.set(bytesToHex(trusted.keyId), file);
    keys.push(trusted);
  }
  return keys;
}

const cannotCheck = (file: string, scheme: SignatureScheme): Failure =>
  unavailable(
    "trust-scheme-unsupported",
    `this Node cannot check ${scheme} signatures, and ${file} is such a key`,
    "run sumac with Node 24 or newer",
  );

interface GivenKeys {
  readonly option: string;
  /** The option that says how many of them. */
  readonly threshold: string;
  /** File by key id. */
  readonly names: ReadonlyMap<string, string>;
  readonly profile: Profile;
}

function trustFailure(
  refusal: TrustRecordRefusal,
  { option, threshold: thresholdOption, names, profile }: GivenKeys,
): Failure {
  switch (refusal.code) {
    case "trust-threshold": {
      const { threshold, keys, part } = refusal;
      if (part === "any") {
        const problem = `--${thresholdOption} ${threshold} is more than the ${keys} keys given`;
        return usage("bad-value", problem, "give more keys or a lower threshold");
      }
      return usage(
        "profile-key-missing",
        `profile ${profile} counts ${partWords[part]} keys by themselves: needed ${threshold}, given ${keys}`,
        `give one more: --${option} FILE; \`sumac keys show FILE\` says what a key is`,
      );
    }
    case "trust-key-not-in-profile": {
      const remedy =
        profile === "classic"
          ? "for ML-DSA keys choose --profile hybrid or cnsa2"
          : "leave it out, or choose --profile hybrid";
      const file = names.get(refusal.keyId) ?? refusal.keyId;
      return usage("key-not-in-profile", `profile ${profile} takes no signatures by the key in ${file}`, remedy);
    }
    case "trust-duplicate-key":
      return usage("option-repeated", `two --${option} files hold the same key`, "give each key once: it counts once");
    default:
      throw new Error(`keys from the command line gave ${refusal.code}`);
  }
}

const partWords = { classical: "classical", "ml-dsa": "ML-DSA" } as const;

export function parseAlgorithm(value: string): number {
  const known = /^-?\d{1,3}$/.test(value) ? algorithmById(Number(value)) : undefined;
  if (known !== undefined) return known.id;
  throw usage("bad-value", `--allow-alg ${value} is no COSE algorithm known here`, "give -7 (ES256) or -8 (EdDSA)");
}

import path from "node:path";
import type { RequestedKey, RequestedRole } from "@sumac/signing";
import { publicKeySuffix } from "@sumac/signing/node";
import { type Envelope, type Manifest, parseManifest } from "@sumac/suit";
import { profileOf, type Role, trustPartOf } from "@sumac/verifier";
import type { Arguments, Option } from "./command.ts";
import { usage } from "./failure.ts";
import type { Io } from "./io.ts";
import { parseUnsigned } from "./option-values.ts";
import { readPublicKey } from "./public-key-file.ts";
import { readTrustRecordFile, type TrustRecordFile } from "./trust-record-file.ts";

export const requestedRolesOptions: readonly Option[] = [
  { name: "key", value: "file", use: "repeatable", summary: "public key (PEM) of somebody who is asked to sign" },
  { name: "threshold", value: "n", summary: "how many of them have to sign (default: all)" },
  { name: "trust", value: "file", summary: "trust record that says who has to sign, instead of --key" },
  {
    name: "role",
    value: "name",
    use: "repeatable",
    summary: "role of the trust record, if it has several that could be meant",
  },
];

/** Who is asked to sign: the keys of the line as one role, or roles of a trust record. */
export async function requestedRoles(given: Arguments, envelope: Envelope, io: Io): Promise<readonly RequestedRole[]> {
  const files = given.all("key");
  const trust = given.option("trust");
  if (trust === undefined) {
    if (given.all("role").length > 0) {
      throw usage(
        "missing-option",
        "--role without --trust names nothing",
        "give the trust record: --trust vendor.trust",
      );
    }
    if (files.length === 0) {
      throw usage(
        "missing-option",
        "nobody is asked to sign",
        "give public keys with --key, or a trust record with --trust",
      );
    }
    const threshold = given.option("threshold");
    const keys: RequestedKey[] = [];
    for (const file of files) keys.push({ publicKey: await readPublicKey(io, file), ...holderOf(file) });
    const need = threshold === undefined ? keys.length : Number(parseUnsigned("threshold", threshold, 1n));
    return [{ name: "release", threshold: need, keys }];
  }
  const beside = ["key", "threshold"].find((option) => given.option(option) !== undefined);
  if (beside !== undefined) {
    throw usage("options-conflict", `--${beside} and --trust both say who has to sign`, "leave one of them out");
  }
  const file = await readTrustRecordFile(io, trust);
  return chosenRoles(file, given.all("role"), envelope).flatMap((role) => partsOf(role, file));
}

/** `keys/alice.pub.pem` is alice's, as far as people are concerned. */
function holderOf(file: string): { readonly holder?: string } {
  const name = path.basename(file).replace(new RegExp(`${publicKeySuffix.replaceAll(".", "\\.")}$|\\.pem$`), "");
  return /^[A-Za-z0-9._@-]{1,64}$/.test(name) ? { holder: name } : {};
}

function chosenRoles({ record, part }: TrustRecordFile, names: readonly string[], envelope: Envelope): readonly Role[] {
  if (names.length > 0) {
    return names.map((name) => {
      const role = record.roles.find((one) => one.name === name);
      if (role !== undefined) return role;
      const known = record.roles.map((one) => one.name).join(", ");
      throw usage("bad-value", `the trust record has no role ${name}`, `it has ${known}`);
    });
  }
  const manifest = parseManifest(envelope.manifest);
  const purpose = manifest.ok && isTrustUpdate(manifest.value) ? "root" : part === "vendor" ? "release" : "approval";
  const roles = record.roles.filter((role) => role.purpose === purpose);
  if (roles.length === 1) return roles;
  const known = record.roles.map((one) => one.name).join(", ");
  const found = roles.length === 0 ? "no" : `${roles.length} roles, not one,`;
  throw usage(
    "role-ambiguous",
    `the trust record has ${found} ${purpose} role to ask`,
    `name one with --role; it has ${known}`,
  );
}

const isTrustUpdate = ({ components }: Manifest): boolean => components.some((id) => trustPartOf(id) !== undefined);

/** A hybrid record wants the threshold of a role in classical keys and again in ML-DSA keys. */
function partsOf({ name, purpose, threshold, keys }: Role, { record }: TrustRecordFile): readonly RequestedRole[] {
  const asked = keys.map(({ key }) => ({ publicKey: key }));
  if (profileOf(record) !== "hybrid" || purpose === "approval") return [{ name, threshold, keys: asked }];
  const isMlDsa = ({ publicKey }: RequestedKey): boolean => publicKey.scheme.startsWith("ml-dsa");
  return [
    { name: `${name} (classical)`, threshold, keys: asked.filter((key) => !isMlDsa(key)) },
    { name: `${name} (ML-DSA)`, threshold, keys: asked.filter(isMlDsa) },
  ];
}

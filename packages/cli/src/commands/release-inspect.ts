import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { explain, type Rejection, type TrustRecord } from "@sumac/verifier";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { readDescription } from "../description-file.ts";
import { encryptionLimits } from "../encrypted-payload.ts";
import { asEnvelope } from "../envelope-file.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { approvalPage } from "../inspect/approval-page.ts";
import { bytePage } from "../inspect/byte-page.ts";
import { type Inspection, inspect } from "../inspect/inspection.ts";
import { inspectionJson } from "../inspect/inspection-json.ts";
import { openEnvelope } from "../inspect/open-envelope.ts";
import type { Io } from "../io.ts";
import { asSigningRequest, looksLikeRequest, readSignable } from "../signing-request-file.ts";
import { allowAlgorithmOption, profileOption, trustFromKeys } from "../trust-from-keys.ts";
import { readTrustRecordFile } from "../trust-record-file.ts";

export const releaseInspect: Command = {
  name: "release inspect",
  summary: "show an envelope so that a person can approve it",
  operands: [{ name: "envelope", summary: "the envelope (.suit) or a signing request; - reads standard input" }],
  options: [
    { name: "key", value: "file", use: "repeatable", summary: "public key (PEM) to check the signatures with" },
    { name: "trust", value: "file", summary: "trust record to check the signatures with, instead of --key" },
    { name: "threshold", value: "n", summary: "how many of the keys must have signed (default 1)" },
    profileOption,
    allowAlgorithmOption,
    { name: "config", value: "file", summary: "description of a product, to name its vendor and class ids by" },
    { name: "bytes", summary: "also every byte, what is hashed and what is signed" },
  ],
  notes: [
    "Without --key or --trust no signature is checked: whoever sent the file may have written all of it.",
    "Whether a device would install it, `sumac verify` says; whether it is well made, `sumac release lint`.",
    "Exit code 3: it contradicts itself, or is not signed as --key or --trust demand. It is shown all the same.",
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const trust = await readTrust(given, io);
  const config = given.option("config");
  const description = config === undefined ? undefined : await readDescription(io, config);
  const name = given.operand("envelope");
  const bytes = await readInspected(io, name);
  const inspection = inspect(openEnvelope(bytes, name), trust, description);
  const wantsBytes = given.flag("bytes") === "given";
  const rejection = rejectionOf(inspection);
  terminal.json({
    ...(inspectionJson(name, inspection, wantsBytes ? "shown" : "hidden") as object),
    code: rejection?.code,
  });
  for (const { text, colour } of approvalPage(name, inspection)) terminal.line(text, colour);
  if (wantsBytes) for (const text of bytePage(inspection)) terminal.line(text);
  if (rejection === undefined) return exitCode.ok;
  terminal.failure({ code: rejection.code, ...explain(rejection), exit: exitCode.refused });
  return exitCode.refused;
}

/** Whoever is asked to sign wants to see all of it: a request is shown by the envelope in it. */
async function readInspected(io: Io, name: string): Promise<Uint8Array> {
  const read = await readSignable(io, name);
  if (!looksLikeRequest(read)) return asEnvelope(read, name);
  return asSigningRequest(read, name, { crypto: nodeCrypto, limits: encryptionLimits }).release.envelope.encoded;
}

async function readTrust(given: Arguments, io: Io): Promise<TrustRecord | undefined> {
  const file = given.option("trust");
  if (file === undefined) {
    const needsKey = ["threshold", "profile", "allow-alg"].find((option) => given.option(option) !== undefined);
    if (given.all("key").length > 0 || needsKey === undefined) {
      return given.all("key").length === 0 ? undefined : trustFromKeys(given, "key", io);
    }
    throw usage("missing-option", `--${needsKey} without --key checks nothing`, "give the keys: --key vendor.pub.pem");
  }
  const beside = ["key", "threshold", "profile", "allow-alg"].find((option) => given.option(option) !== undefined);
  if (beside === undefined) return (await readTrustRecordFile(io, file)).record;
  throw usage("options-conflict", `--${beside} and --trust both say whom to trust`, "leave one of them out");
}

/** The first thing that a device would refuse, in its order: what is signed, then whether this is it. */
function rejectionOf({ opened, signatures, inside }: Inspection): Rejection | undefined {
  const { envelope, computedDigest, digestMatches, foreignMember } = opened;
  if (signatures?.rejection !== undefined) return signatures.rejection;
  if (!digestMatches) {
    const [claimed, computed] = [bytesToHex(envelope.digest.bytes), bytesToHex(computedDigest.bytes)];
    return { code: "manifest-digest-mismatch", claimed, computed };
  }
  if (foreignMember !== undefined) return foreignMember;
  return [...inside.values()].map(rejectionOf).find((rejection) => rejection !== undefined);
}

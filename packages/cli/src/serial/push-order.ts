import { nodeCrypto } from "@sumac/crypto/node";
import {
  explain,
  matchImage,
  type Recipient,
  type TrustRecord,
  trustComponents,
  type VerifiedUpdate,
  verifyEnvelope,
} from "@sumac/verifier";
import type { Arguments, CommandContext } from "../command.ts";
import { readEnvelopeFile } from "../envelope-file.ts";
import { exitCode } from "../exit-code.ts";
import { Failure } from "../failure.ts";
import { fileChunks } from "../file-chunks.ts";
import { parseIdentifier } from "../option-values.ts";
import { matchPayloads } from "../payload-argument.ts";
import { findPayloadBeside } from "../payload-beside.ts";
import { trustFromKeys } from "../trust-from-keys.ts";

/** What a person wants to have on the device: read, and accepted by the keys on the command line, before a line is opened. */
export interface PushOrder {
  readonly file: string;
  readonly envelope: Uint8Array;
  readonly update: VerifiedUpdate;
  readonly trust: TrustRecord;
  /** Payload files that lie outside, by URI; each is the one that the manifest names. */
  readonly payloads: ReadonlyMap<string, string>;
}

export async function readOrder(given: Arguments, { io, terminal }: CommandContext): Promise<PushOrder> {
  const trust = await trustFromKeys(given, "key", io);
  const file = given.operand("file");
  const envelope = await readEnvelopeFile(io, file);
  const identifier = (option: "vendor-id" | "class-id"): Recipient["vendorIds"] => {
    const value = given.option(option);
    return value === undefined ? "any" : [parseIdentifier(option, value)];
  };
  const update = judgeOrder(envelope, trust, {
    vendorIds: identifier("vendor-id"),
    classIds: identifier("class-id"),
    deviceIds: "any",
    components: "any",
  });
  const steps = update.plan.update.flatMap((step) => (step.do === "fetch" && step.source === "remote" ? [step] : []));
  const named = matchPayloads(given.all("payload"), [...new Set(steps.map(({ uri }) => uri))]);
  const payloads = new Map<string, string>();
  for (const { uri, expected } of steps) {
    const payload = named.get(uri) ?? findPayloadBeside(io, file, uri, [expected.digest]);
    const progress = terminal.progress(payload, Number(expected.size ?? 0n));
    const matched = await matchImage(fileChunks(io, payload, progress), expected, nodeCrypto);
    progress.clear();
    if (!matched.ok) throw rejected(matched.error);
    payloads.set(uri, payload);
  }
  return { file, envelope, update, trust, payloads };
}

/** The verdict of this computer for that recipient; the device comes to its own. Throws what is refused. */
export function judgeOrder(
  envelope: Uint8Array,
  trust: TrustRecord,
  recipient: Recipient,
  floor: { readonly floor: bigint; readonly manifestDigest?: Uint8Array } = { floor: 0n },
): VerifiedUpdate {
  const verdict = verifyEnvelope(envelope, {
    crypto: nodeCrypto,
    trust,
    recipient,
    installed: floor,
    now: BigInt(Math.floor(Date.now() / 1000)),
  });
  if (!verdict.ok) throw rejected(verdict.error);
  return verdict.value;
}

function rejected(rejection: Parameters<typeof explain>[0]): Failure {
  const exit = rejection.code === "malformed" ? exitCode.malformed : exitCode.refused;
  return new Failure({ code: rejection.code, ...explain(rejection), exit });
}

/** Trust records are replaced like an image; every device has a place for them. */
export const trustRecipients: readonly { readonly id: readonly Uint8Array[]; readonly maxSize: bigint }[] =
  Object.values(trustComponents).map((id) => ({ id, maxSize: 65_536n }));

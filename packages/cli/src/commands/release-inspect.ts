import { algorithmById } from "@sumac/cose";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  type AuthenticationBlock,
  describeEnvelope,
  describeManifest,
  type Envelope,
  parseEnvelope,
  parseManifest,
  resolveSeverable,
} from "@sumac/suit";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { readEnvelopeFile } from "../envelope-file.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { type Jsonable, jsonInteger } from "../json-output.ts";
import { orFail } from "../signing-failure.ts";

export const releaseInspect: Command = {
  name: "release inspect",
  summary: "describe an envelope without believing it",
  operands: [{ name: "envelope", summary: "the envelope (.suit); - reads standard input" }],
  options: [],
  notes: ["Nothing is verified: `sumac verify` does that."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const envelope = orFail(parseEnvelope(await readEnvelopeFile(io, given.operand("envelope"))));
  const manifest = orFail(parseManifest(envelope.manifest));
  // A member that does not belong to the manifest is told as a digest only: inspecting must not stop at it.
  const resolved = resolveSeverable(envelope, manifest, nodeCrypto);
  const members = resolved.ok ? resolved.value : {};
  const lines = [...describeEnvelope(envelope), ...describeManifest(manifest, members)];
  terminal.json({
    size: envelope.encoded.length,
    claimedManifestDigest: envelope.digest.bytes,
    sequence: jsonInteger(manifest.sequenceNumber),
    signatures: envelope.blocks.map(describeBlock),
    severed: [...envelope.severed.keys()],
    integratedPayloads: describePayloads(envelope),
    lines,
  });
  for (const line of lines) terminal.line(line);
  if (!resolved.ok) terminal.line(`the severed members do not fit the manifest: ${resolved.error.code}`, "red");
  terminal.line("nothing of this was verified", "yellow");
  return exitCode.ok;
}

const describePayloads = ({ integratedPayloads }: Envelope): Jsonable =>
  Array.from(integratedPayloads, ([uri, payload]) => ({ uri, size: payload.length }));

function describeBlock(block: AuthenticationBlock): Jsonable {
  if (block.kind === "unsupported") return { tag: block.tag };
  const { algorithm, keyId } = block.sign1;
  return {
    keyId: keyId ?? null,
    algorithm: algorithm === undefined ? null : (algorithmById(algorithm)?.name ?? null),
    algorithmId: algorithm ?? null,
  };
}

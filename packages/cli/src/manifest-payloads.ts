import { nodeCrypto } from "@sumac/crypto/node";
import { checkConsistency } from "@sumac/signing";
import { everyCommand, parseEnvelope, type SuitDigest } from "@sumac/suit";
import { orFail } from "./signing-failure.ts";

/** What an envelope says of payloads beside it, before anybody vouched for it. */
export interface ManifestPayloads {
  /** Every URI it may fetch from outside, each once. */
  readonly uris: readonly string[];
  /** Every image digest it names. A payload with none of them would be refused by every device. */
  readonly digests: readonly SuitDigest[];
}

/** Reads an envelope that is one thing (digest, members and integrated payloads fit); else fails with the reason. */
export function readManifestPayloads(bytes: Uint8Array): ManifestPayloads {
  const envelope = orFail(parseEnvelope(bytes));
  const { manifest, members } = orFail(checkConsistency(envelope, nodeCrypto));
  const { shared, payloadFetch, install } = manifest;
  const sequences = [
    shared,
    payloadFetch?.at === "inline" ? payloadFetch.value : members.payloadFetch,
    install?.at === "inline" ? install.value : members.install,
  ];
  const uris = new Set<string>();
  const digests: SuitDigest[] = [];
  for (const command of sequences.flatMap((sequence) => [...everyCommand(sequence)])) {
    if (command.kind !== "override-parameters") continue;
    const { uri, imageDigest } = command.parameters;
    if (uri !== undefined && !envelope.integratedPayloads.has(uri)) uris.add(uri);
    if (imageDigest !== undefined) digests.push(imageDigest);
  }
  return { uris: [...uris], digests };
}

import { concatBytes } from "@sumac/crypto";
import type { DdiArtifact, DdiDeployment } from "../ddi/ddi-client-reply.ts";
import { Unavailable } from "../unavailable.ts";

/** The artifact of a deployment that holds the envelope. A payload is the artifact whose name is its URI. */
export const envelopeArtifact = "manifest.suit";

/** By its exact name, and only among what the deployment offers: a URI never leads the device anywhere else. */
export function findArtifact(deployment: DdiDeployment, filename: string): DdiArtifact {
  const artifacts = deployment.chunks.flatMap((chunk) => chunk.artifacts);
  const found = artifacts.find((artifact) => artifact.filename === filename);
  if (found === undefined) throw new Unavailable("artifact-missing", { retryable: false, detail: filename });
  return found;
}

/** The whole stream, or the first bytes beyond the limit: enough to refuse it as too large. */
export async function readUpTo(stream: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) break;
  }
  return concatBytes(...chunks);
}

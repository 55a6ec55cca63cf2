import { concatBytes } from "@sumac/crypto";
import type { FetchMetadata } from "./client/drive.ts";
import { type HttpSource, Stalled } from "./node-http-source.ts";
import { TufUnavailable } from "./tuf-unavailable.ts";

/** What is done when no server answers: `stop` throws, `use-stored` lets the verifier judge what it has. */
export type WithoutServer = "stop" | "use-stored";

/** Metadata over HTTP. The connection is cut at the cap, so memory is bounded whatever the server sends. */
export function fetchMetadataFrom(source: HttpSource, withoutServer: WithoutServer): FetchMetadata {
  return async (path, cap) => {
    try {
      const answer = await source.open(path);
      return answer.kind === "absent" ? "absent" : await readBounded(answer.chunks, cap);
    } catch (error) {
      if (error instanceof Stalled) return "stalled";
      if (withoutServer === "use-stored" && error instanceof TufUnavailable && error.code === "unreachable") {
        return "unreachable";
      }
      throw error;
    }
  };
}

async function readBounded(chunks: AsyncIterable<Uint8Array>, cap: number): Promise<Uint8Array | "too-large"> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > cap) return "too-large";
    parts.push(chunk);
  }
  return concatBytes(...parts);
}

import { createHash } from "node:crypto";
import { oneChunk } from "../file-chunks.ts";
import { answerFailure, askServer, serverUrl } from "../server-request.ts";
import type { ReleasePaper } from "./release-papers.ts";

export interface SentPaper {
  readonly name: string;
  readonly sha256: string;
  readonly outcome: "attached" | "already-attached";
}

/** Uploads papers and names them as parts of a published release. Again after a failure: nothing is sent twice. */
export async function sendPapers(
  papers: readonly ReleasePaper[],
  release: number,
  server: URL,
  token: string,
): Promise<readonly SentPaper[]> {
  const sent: SentPaper[] = [];
  for (const { name, bytes } of papers) {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const blob = serverUrl(server, `api/v1/blobs/${sha256}`);
    const present = await askServer({ method: "HEAD", url: blob, token });
    if (present.status === 404) {
      const body = { type: "application/octet-stream", length: bytes.length, chunks: oneChunk(bytes) };
      const answer = await askServer({ method: "PUT", url: blob, token, body });
      if (answer.status !== 200 && answer.status !== 201) throw await answerFailure(answer, blob);
    } else if (present.status !== 200) throw await answerFailure(present, blob);
    const url = serverUrl(server, `api/v1/releases/${release}/attachments`);
    const text = new TextEncoder().encode(JSON.stringify({ name, sha256 }));
    const body = { type: "application/json", length: text.length, chunks: oneChunk(text) };
    const answer = await askServer({ method: "POST", url, token, body });
    if (answer.status !== 200 && answer.status !== 201) throw await answerFailure(answer, url);
    sent.push({ name, sha256, outcome: answer.status === 201 ? "attached" : "already-attached" });
  }
  return sent;
}

import type { FastifyReply, FastifyRequest } from "fastify";
import type { Artifact } from "../actions/fetch-artifact.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import { decidePrecondition } from "./precondition.ts";
import { decideRange } from "./range.ts";
import { replyRefusal } from "./reply-refusal.ts";

/** Decided by the headers alone, before anything is counted or opened. */
export type ArtifactAnswer =
  | { readonly kind: "not-modified" }
  | { readonly kind: "precondition-failed" }
  | { readonly kind: "unsatisfiable" }
  | { readonly kind: "head" }
  | { readonly kind: "bytes"; readonly status: 200 | 206; readonly start: number; readonly end: number };

export const etagOf = ({ blob }: Artifact): string => `"${blob.sha256}"`;

export function decideArtifact(request: FastifyRequest, artifact: Artifact): ArtifactAnswer {
  const { headers } = request;
  const decided = decidePrecondition(
    { ifMatch: headers["if-match"], ifNoneMatch: headers["if-none-match"], ifRange: text(headers["if-range"]) },
    etagOf(artifact),
  );
  if (decided.go === "failed") return { kind: "precondition-failed" };
  if (decided.go === "not-modified") return { kind: "not-modified" };
  // Range is defined for GET alone (RFC 9110 14.2).
  if (request.method === "HEAD") return { kind: "head" };
  const { size } = artifact.blob;
  const range = decideRange(decided.honourRange === "yes" ? headers.range : undefined, size);
  if (range.send === "unsatisfiable") return { kind: "unsatisfiable" };
  if (range.send === "all") return { kind: "bytes", status: 200, start: 0, end: size - 1 };
  return { kind: "bytes", status: 206, start: range.start, end: range.end };
}

/** Sends what was decided. The same URL gives the same bytes for ever, so everybody may keep them. */
export async function sendArtifact(
  reply: FastifyReply,
  blobs: BlobStore,
  artifact: Artifact,
  answer: ArtifactAnswer,
): Promise<FastifyReply> {
  const { size, sha256 } = artifact.blob;
  reply.headers({ etag: etagOf(artifact), "accept-ranges": "bytes" });
  if (answer.kind !== "precondition-failed" && answer.kind !== "unsatisfiable") {
    reply.header("cache-control", "public, max-age=31536000, immutable");
  }
  switch (answer.kind) {
    case "not-modified":
      return reply.code(304).send();
    case "precondition-failed":
      return replyRefusal(reply, { code: "precondition-failed" });
    case "unsatisfiable":
      reply.header("content-range", `bytes */${size}`);
      return replyRefusal(reply, { code: "range-not-satisfiable" });
    case "head":
      return reply.type("application/octet-stream").header("content-length", size).send();
    case "bytes": {
      const { start, end, status } = answer;
      reply
        .code(status)
        .type("application/octet-stream")
        .header("content-length", end - start + 1);
      if (status === 206) reply.header("content-range", `bytes ${start}-${end}/${size}`);
      if (size === 0) return reply.send("");
      // Opened before the head is sent, so that a damaged blob is an error and not a broken download.
      return reply.send(await blobs.read(sha256, size, { start, end }));
    }
  }
}

const text = (header: string | string[] | undefined): string | undefined =>
  typeof header === "string" ? header : undefined;

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

/** What a file is, as far as HTTP goes. */
export interface HttpFile {
  readonly blob: { readonly sha256: string; readonly size: number };
}

const etagOf = ({ blob }: HttpFile): string => `"${blob.sha256}"`;

export function decideArtifact(request: FastifyRequest, artifact: HttpFile): ArtifactAnswer {
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

/** As what it is sent, and who may keep it. */
export interface ArtifactHandling {
  readonly mediaType: string;
  readonly keptBy: "public" | "private";
}
const firmware: ArtifactHandling = { mediaType: "application/octet-stream", keptBy: "public" };

/** Sends what was decided. The same URL gives the same bytes for ever, so whoever has them may keep them. */
export function sendArtifact(
  reply: FastifyReply,
  blobs: BlobStore,
  artifact: Artifact,
  answer: ArtifactAnswer,
  { mediaType, keptBy }: ArtifactHandling = firmware,
): Promise<FastifyReply> {
  const { size, sha256 } = artifact.blob;
  const how = { type: mediaType, cache: `${keptBy}, max-age=31536000, immutable` };
  return send(reply, artifact, how, answer, async (range) => (size === 0 ? "" : blobs.read(sha256, size, range)));
}

export interface HttpForm {
  readonly type: string;
  readonly cache: string;
}

/** The same for a file that is in memory. */
export function sendBytes(
  reply: FastifyReply,
  file: HttpFile & { readonly bytes: Uint8Array },
  form: HttpForm,
  answer: ArtifactAnswer,
): Promise<FastifyReply> {
  return send(reply, file, form, answer, async ({ start, end }) => Buffer.from(file.bytes.subarray(start, end + 1)));
}

async function send(
  reply: FastifyReply,
  file: HttpFile,
  { type, cache }: HttpForm,
  answer: ArtifactAnswer,
  read: (range: { readonly start: number; readonly end: number }) => Promise<unknown>,
): Promise<FastifyReply> {
  const { size } = file.blob;
  const validators = { etag: etagOf(file), "accept-ranges": "bytes" };
  const kept = { ...validators, "cache-control": cache };
  switch (answer.kind) {
    case "not-modified":
      return reply.code(304).headers(kept).send();
    case "precondition-failed":
      return replyRefusal(reply.headers(validators), { code: "precondition-failed" });
    case "unsatisfiable":
      reply.headers({ ...validators, "content-range": `bytes */${size}` });
      return replyRefusal(reply, { code: "range-not-satisfiable" });
    case "head":
      return reply
        .headers({ ...kept, "content-length": size })
        .type(type)
        .send();
    case "bytes": {
      const { start, end, status } = answer;
      // Opened before a header is set: a damaged blob must be an error, and no cache may keep that.
      const body = await read({ start, end });
      if (status === 206) reply.header("content-range", `bytes ${start}-${end}/${size}`);
      reply.code(status).headers({ ...kept, "content-length": end - start + 1 });
      return reply.type(type).send(body);
    }
  }
}

const text = (header: string | string[] | undefined): string | undefined =>
  typeof header === "string" ? header : undefined;

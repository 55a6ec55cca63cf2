import path from "node:path";
import { payloadFileName } from "@sumac/signing";
import type { SuitDigest } from "@sumac/suit";
import { unavailable } from "./failure.ts";
import { fileState } from "./file-state.ts";
import type { Io } from "./io.ts";

/**
 * The file of a payload beside its envelope: under the last part of its URI, or named after the one digest it can have.
 * Only names in the envelope's own folder: a URI must not lead to other files of whoever runs this.
 */
export function findPayloadBeside(io: Io, envelope: string, uri: string, digests: readonly SuitDigest[]): string {
  const folder = path.dirname(envelope === "-" ? "." : envelope);
  const candidates = [path.posix.basename(uri.split(/[?#]/)[0] ?? "")];
  const [digest, ...others] = digests;
  if (digest !== undefined && others.length === 0) candidates.push(payloadFileName(digest));
  for (const candidate of candidates) {
    if (candidate === "" || candidate === "." || candidate === "..") continue;
    const file = path.join(folder, candidate);
    if (fileState(io, file) === "file") return file;
  }
  const problem = `the payload ${uri} is not beside the envelope`;
  throw unavailable("payload-not-found", problem, `put its file into ${folder === "." ? "the same folder" : folder}`);
}

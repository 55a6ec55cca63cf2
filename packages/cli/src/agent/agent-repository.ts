import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { NodeTargetRepository } from "@sumac/device/node";
import { explain } from "@sumac/tuf";
import type { HttpTls } from "@sumac/tuf/node";
import { holdRoot } from "@sumac/tuf/writer";
import { readWhole } from "../bound-read.ts";
import { malformedInput } from "../failure.ts";
import type { Io } from "../io.ts";
import type { AgentConfig } from "./agent-config.ts";
import { readTls } from "./agent-connection.ts";
import type { TufConfig } from "./tuf-config.ts";

const largestRoot = 512_000;

/** The signed repository of a configuration; undefined where it names none. */
export async function openAgentRepository(
  { tuf, server }: AgentConfig,
  folder: string,
  io: Io,
): Promise<NodeTargetRepository | undefined> {
  return tuf === undefined ? undefined : openRepository(tuf, readTls(server, io), folder, io);
}

/**
 * What was accepted of it is kept in the folder of the device. Nothing is sent yet. Throws `Failure` for what can be found
 * wrong before.
 */
export async function openRepository(
  tuf: TufConfig,
  tls: HttpTls,
  folder: string,
  io: Io,
): Promise<NodeTargetRepository> {
  const root = await readWhole(io, tuf.root, "the root of a repository", largestRoot);
  const held = holdRoot(root, path.basename(tuf.root), nodeCrypto);
  if (!held.ok) {
    const { problem } = explain(held.error);
    throw malformedInput("root-unusable", `${tuf.root}: ${problem}`, "name the 1.root.json of the vendor's repository");
  }
  return new NodeTargetRepository({
    folder: path.join(folder, "tuf"),
    url: tuf.url,
    root,
    ...(tuf.minimum === undefined ? {} : { minimum: tuf.minimum }),
    crypto: nodeCrypto,
    tls,
  });
}

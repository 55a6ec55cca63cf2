import { nodeCrypto } from "@sumac/crypto/node";
import { draftDigest, publishSteps } from "@sumac/tuf/writer";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { unavailable } from "../failure.ts";
import {
  type Ceremony,
  keepSignature,
  openCeremony,
  progressOf,
  readRequest,
  readSignature,
} from "../repo/ceremony.ts";
import { bring } from "../repo/published-tree.ts";
import { Repository } from "../repo/repository.ts";
import { progressLines } from "../repo/tell-ceremony.ts";
import { writingFailure } from "../repo/writing-failure.ts";

export const repoCombine: Command = {
  name: "repo combine",
  summary: "check the signatures of a ceremony and, when they are enough, write the role",
  operands: [
    { name: "folder", summary: "the repository" },
    { name: "role", summary: "role of the ceremony, or its request.json" },
  ],
  options: [
    {
      name: "signature",
      value: "file",
      use: "repeatable",
      summary: "signature brought back; those in the ceremony's folder are taken anyway",
    },
  ],
  notes: [
    "Signatures are kept, so that they may come one by one. It is safe to run it again.",
    "Devices see the new role after sumac repo publish; of a new root they learn at once.",
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const repository = await Repository.open(io, given.operand("folder"));
  const named = given.operand("role");
  const asked = named.endsWith(".json") ? await readRequest(io, named) : undefined;
  const role = asked?.role ?? named;
  if (asked !== undefined && isDone(repository, role, asked.digest)) {
    terminal.json({ role, version: asked.draft.version, outcome: "was-complete" });
    terminal.line(`${role} version ${asked.draft.version} is complete already`);
    return exitCode.ok;
  }
  const ceremony = await openCeremony(repository, role);
  if (ceremony === undefined || (asked !== undefined && asked.digest !== ceremony.request.digest)) {
    if (asked !== undefined) {
      const current = repository.version(role);
      throw writingFailure({ code: "request-outdated", role, version: asked.draft.version, current });
    }
    throw unavailable(
      "ceremony-not-found",
      `nothing of ${role} waits to be signed`,
      `prepare it with sumac repo prepare ${repository.name} ${role}`,
    );
  }
  const whole = await withSignatures(repository, ceremony, given.all("signature"));
  const { bytes, signed, missing } = progressOf(repository, whole);
  for (const signature of whole.signatures) keepSignature(repository, whole, signature);
  for (const line of progressLines(repository, whole)) terminal.line(line);
  if (missing.length > 0) throw writingFailure({ code: "signatures-missing", role, missing });
  const { version } = whole.request.draft;
  const steps = publishSteps([{ role, version, bytes }], []);
  bring(repository.folder, steps);
  const file = steps.map(({ path }) => path)[0];
  terminal.json({ role, version, outcome: "complete", file, digest: whole.request.digest, signed });
  terminal.line(`${role} version ${version} is complete: ${file}`);
  return exitCode.ok;
}

/** All are read before any is kept: a wrong file leaves the ceremony as it was. */
async function withSignatures(repository: Repository, ceremony: Ceremony, files: readonly string[]): Promise<Ceremony> {
  const byKey = new Map(ceremony.signatures.map((signature) => [signature.keyId, signature]));
  for (const file of files) {
    const signature = await readSignature(repository.io, file);
    byKey.set(signature.keyId, signature);
  }
  return { ...ceremony, signatures: [...byKey.values()] };
}

function isDone(repository: Repository, role: string, digest: string): boolean {
  const held = role === "root" ? repository.root() : repository.targets(role);
  return held !== undefined && draftDigest(held.wire, nodeCrypto) === digest;
}

import path from "node:path";
import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  drive,
  explain,
  type FoundTarget,
  findTarget,
  refresh,
  sumacPolicy,
  type TufNote,
  type TufRefusal,
} from "@sumac/tuf";
import { openTrustedFiles, TufUnavailable } from "@sumac/tuf/node";
import { targetFilePath } from "@sumac/tuf/writer";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure, unavailable } from "../failure.ts";
import { metadataByName, publishedTarget } from "../repo/published-tree.ts";

export const repoCheck: Command = {
  name: "repo check",
  summary: "look a release up in the published tree as a device does",
  operands: [
    { name: "folder", summary: "the repository, or a copy of what is published" },
    { name: "target", summary: "path of the release, such as drives/dx9/2.4.0.suit" },
  ],
  options: [
    { name: "state", value: "folder", use: "required", summary: "what the device remembers; made if it is not there" },
  ],
  notes: ["With an empty state it is a new device, which begins with root 1. Refusals are those of a device."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const name = given.operand("folder");
  const tree = path.resolve(io.workingFolder, name);
  const target = given.operand("target");
  const firstRoot = metadataByName(tree, "1.root.json");
  if (firstRoot === undefined) {
    throw unavailable(
      "repository-not-found",
      `${name} holds no published tree: there is no ${path.join(name, "metadata", "1.root.json")}`,
      "name the folder that metadata/ and targets/ are in",
    );
  }
  const state = given.required("state");
  const files = await openTrustedFiles(path.resolve(io.workingFolder, state)).catch((fault: unknown) => {
    throw stateFailure(fault, state);
  });
  const now = BigInt(Math.floor(Date.now() / 1000));
  const context = {
    crypto: nodeCrypto,
    policy: sumacPolicy,
    factoryRoot: firstRoot,
    buildTime: now,
    clock: { seconds: now, source: "trusted" },
  } as const;
  const notes: TufNote["code"][] = [];
  const fetchMetadata = async (file: string) => metadataByName(tree, file) ?? ("absent" as const);
  const note = ({ code }: TufNote): void => {
    notes.push(code);
  };
  const step = <T>(steps: Parameters<typeof drive<T>>[0]): Promise<T> =>
    drive(steps, files, fetchMetadata, note).catch((fault: unknown) => {
      throw stateFailure(fault, state);
    });
  const fresh = await step(refresh(context));
  if (!fresh.ok) throw refusal(fresh.error);
  const found = await step(findTarget(fresh.value, target));
  if (!found.ok) throw refusal(found.error);
  checkFile(tree, found.value);
  const { role, roleVersion, target: file } = found.value;
  const { root, timestamp } = fresh.value;
  const sha256 = file.hashes.get("sha256");
  const gateReport = customDigest(file.custom, "gate_report");
  const versions = { root: root.version, timestamp: timestamp.version };
  terminal.json({ target, role, roleVersion, ...versions, sha256, gateReport, notes });
  terminal.line(`${target} is current: ${role} version ${roleVersion}, root version ${root.version}`, "green");
  terminal.line(`  sha256 ${sha256}, ${file.length} bytes`);
  if (gateReport !== undefined) terminal.line(`  gate report sha256 ${gateReport}`);
  return exitCode.ok;
}

/** `{ "sha256": ... }` in `custom`: told, and nothing follows from it here. */
function customDigest(custom: FoundTarget["target"]["custom"], member: string): string | undefined {
  const value = custom?.members.get(member);
  const digest = value?.kind === "object" ? value.members.get("sha256") : undefined;
  return digest?.kind === "string" && /^[0-9a-f]{64}$/.test(digest.value) ? digest.value : undefined;
}

/** The last thing that a device does before it opens the envelope. */
function checkFile(tree: string, { target: { path: name, hashes, length } }: FoundTarget): void {
  const sha256 = hashes.get("sha256");
  if (sha256 === undefined) throw refusal({ code: "digest-unknown", file: name, algorithms: [...hashes.keys()] });
  const file = targetFilePath(name, { hashes: { sha256 }, length });
  const bytes = publishedTarget(tree, file);
  if (bytes === undefined) throw refusal({ code: "file-missing", file });
  if (bytes.length !== length) {
    throw refusal({ code: "length-mismatch", file, expected: length, received: bytes.length });
  }
  const digest = nodeCrypto.startDigest("sha-256");
  digest.update(bytes);
  const computed = bytesToHex(digest.digest());
  if (computed !== sha256) {
    throw refusal({ code: "digest-mismatch", file, algorithm: "sha256", expected: sha256, computed });
  }
}

function stateFailure(fault: unknown, state: string): Failure {
  if (!(fault instanceof TufUnavailable)) throw fault;
  return unavailable(
    "state-unusable",
    `${state} cannot hold what the device remembers: ${fault.detail}`,
    "name a folder of this user's with --state, or one that is not there yet",
  );
}

const refusal = (refused: TufRefusal): Failure =>
  new Failure({ code: refused.code, ...explain(refused), exit: exitCode.refused });

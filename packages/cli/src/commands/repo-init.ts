import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { defaultLifetimes, firstRoot, firstTargets } from "@sumac/tuf/writer";
import { makeFolder } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext, Option } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { fileState } from "../file-state.ts";
import { beginCeremony, openCeremony } from "../repo/ceremony.ts";
import { readKeys, thresholdOf } from "../repo/key-arguments.ts";
import { Repository, writeSettings } from "../repo/repository.ts";
import { newSettings } from "../repo/repository-settings.ts";
import { tellPrepared } from "../repo/tell-ceremony.ts";
import { orTell } from "../repo/writing-failure.ts";

const roles = ["root", "targets", "snapshot", "timestamp"] as const;

const keyOption = (name: string, summary: string): Option => ({ name, value: "file", use: "repeatable", summary });

export const repoInit: Command = {
  name: "repo init",
  summary: "begin a signed repository, with the first root and targets to be signed",
  operands: [{ name: "folder", summary: "where the repository goes; it holds no private keys" }],
  options: [
    keyOption("root", "public key (PEM) of a holder of root; three of them are a good number"),
    { name: "root-threshold", value: "n", summary: "how many root keys have to sign (default 2)" },
    keyOption("targets", "public key of a holder of targets"),
    { name: "targets-threshold", value: "n", summary: "how many targets keys have to sign (default all)" },
    keyOption("snapshot", "public key of whoever publishes: the server's"),
    keyOption("timestamp", "public key of whoever publishes: the server's"),
    { name: "allow-ml-dsa", summary: "take ML-DSA-65 keys, which only Sumac's own clients verify" },
  ],
  notes: ["Next: sumac repo sign for each request that is named, then sumac repo combine."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const folder = given.operand("folder");
  if (fileState(io, path.join(folder, "repository.yaml")) !== "absent" && (await isBegun(folder, io))) {
    throw usage(
      "repository-there-already",
      `${folder} is a repository already`,
      "see how far it is with sumac repo status, or begin another one elsewhere",
    );
  }
  const people = new Map<string, string>();
  const rings = new Map<string, { keys: Awaited<ReturnType<typeof readKeys>>["keys"]; threshold: number }>();
  for (const role of roles) {
    const files = given.all(role);
    if (files.length === 0)
      throw usage("missing-option", `no --${role}: nobody could sign it`, `give --${role} KEY.pub.pem`);
    const named = await readKeys(io, files);
    for (const [id, name] of named.people) people.set(id, name);
    const usual = { root: 2, targets: files.length, snapshot: 1, timestamp: 1 }[role];
    const threshold = role === "root" || role === "targets" ? thresholdOf(given, `${role}-threshold`, usual) : usual;
    rings.set(role, { keys: named.keys, threshold });
  }
  const schemes = given.flag("allow-ml-dsa") === "given" ? "classical-and-ml-dsa" : "classical";
  const context = {
    crypto: nodeCrypto,
    now: BigInt(Math.floor(Date.now() / 1000)),
    lifetimes: defaultLifetimes,
    schemes,
  } as const;
  const keys = Object.fromEntries(rings) as unknown as Parameters<typeof firstRoot>[0]["keys"];
  const root = orTell(firstRoot({ tree: "online", keys }, context));
  const targets = orTell(firstTargets(context));
  // Everything was checked; only now the folder begins to be one.
  for (const name of ["metadata", "targets", "ceremonies"]) makeFolder(io, path.join(folder, name));
  writeSettings(io, folder, newSettings(schemes, people));
  const repository = await Repository.open(io, folder);
  const ceremonies = [
    await beginCeremony(repository, "root", root),
    await beginCeremony(repository, "targets", targets),
  ];
  tellPrepared(ceremonies, terminal);
  return exitCode.ok;
}

/** An init that was cut short leaves a folder in which nobody can sign yet; it is begun again. */
async function isBegun(folder: string, io: CommandContext["io"]): Promise<boolean> {
  const repository = await Repository.open(io, folder);
  if (repository.version("root") > 0) return true;
  return (
    (await openCeremony(repository, "root")) !== undefined && (await openCeremony(repository, "targets")) !== undefined
  );
}

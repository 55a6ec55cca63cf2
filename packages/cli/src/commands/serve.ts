import { existsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { nodeCrypto } from "@sumac/crypto/node";
import { checkWithVerifier, type RepositoryOptions, startServer, Unavailable } from "@sumac/server";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { untilInterrupted } from "../interruption.ts";
import type { Io } from "../io.ts";
import { locate } from "../location.ts";
import { parsePort, parsePublicUrl } from "../option-values.ts";
import { openNamedSigners, passphraseNote } from "../signers.ts";
import { isSystemError } from "../system-failure.ts";
import { checkTokenFile, makeTokenFile, type TokenFile } from "../token-provision.ts";
import { allowAlgorithmOption, profileOption, rootsFromKeys, trustFromKeys } from "../trust-from-keys.ts";

export const serve: Command = {
  name: "serve",
  summary: "run the update server",
  operands: [],
  options: [
    { name: "data", value: "folder", use: "required", summary: "database and payloads; made if it is not there" },
    { name: "trust", value: "file", use: "repeatable", summary: "public key (PEM) whose releases may be published" },
    { name: "trust-root", value: "file", use: "repeatable", summary: "public root key whose trust updates are served" },
    { name: "threshold", value: "n", summary: "how many of the keys must have signed (default 1)" },
    profileOption,
    allowAlgorithmOption,
    { name: "host", value: "name", summary: "address to listen on (default 127.0.0.1)" },
    { name: "port", value: "n", summary: "port to listen on, 0 for any (default 8480)" },
    { name: "public-url", value: "url", summary: "what devices call the server, if a proxy stands before it" },
    { name: "polling-seconds", value: "n", summary: "how often devices ask (default 300)" },
    {
      name: "snapshot-key",
      value: "file",
      use: "repeatable",
      summary: "encrypted key of the repository's snapshot; a signed tree is published at /tuf",
    },
    {
      name: "timestamp-key",
      value: "file",
      use: "repeatable",
      summary: "encrypted key of its timestamp; may be the same file",
    },
    {
      name: "passphrase-file",
      value: "file",
      use: "repeatable",
      summary: "passphrase of these keys; one for all, or one for each: snapshot keys first",
    },
    {
      name: "test-only-online-key",
      value: "file",
      use: "repeatable",
      summary: "TEST ONLY: unencrypted key (PEM) of snapshot or timestamp",
    },
    { name: "well-known", value: "folder", summary: "csaf/ and security.txt in it are served under /.well-known/" },
    { name: "publish-token-file", value: "file", summary: "token for publishing; made if the file is not there" },
    { name: "device-token-file", value: "file", summary: "token for devices; made if the file is not there" },
  ],
  notes: [
    "Logs JSON lines to stderr. SIGINT or SIGTERM ends it in order, with exit code 0.",
    "While root exchanges an online key, give the old one and the new one.",
    passphraseNote,
  ],
  onInterrupt: "finish",
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  // Asked for first: a signal that comes right after "listening" has to find somebody who hears it.
  const { interrupted } = io;
  const data = given.required("data");
  const trust = await trustFromKeys(given, "trust", io);
  const roots = await rootsFromKeys(given, io);
  const publicUrl = given.option("public-url");
  const options = {
    host: given.option("host") ?? "127.0.0.1",
    port: parsePort("port", given.option("port") ?? "8480"),
    pollingSleepSeconds: parsePollingSeconds(given.option("polling-seconds") ?? "300"),
    ...(publicUrl === undefined ? {} : { publicUrl: parsePublicUrl("public-url", publicUrl) }),
  };
  const repository = await readOnlineKeys(given, context);
  const wellKnown = wellKnownFolder(given, io);
  // What can be wrong is found before a data folder is made.
  const tokenFiles = tokenFilesOf(given, io);
  const missing: TokenFile[] = [];
  for (const tokenFile of tokenFiles) {
    if ((await checkTokenFile(tokenFile, data, context)) === "missing") missing.push(tokenFile);
  }
  await tryAddress(options);
  const checkEnvelope = checkWithVerifier({ crypto: nodeCrypto, trust, ...(roots === undefined ? {} : { roots }) });
  const server = await startServer({
    ...options,
    dataDirectory: locate(io, data),
    checkEnvelope,
    ...(repository === undefined ? {} : { repository }),
    ...(wellKnown === undefined ? {} : { wellKnown }),
    log: { stream: io.stderr },
  });
  try {
    for (const tokenFile of missing) await makeTokenFile(tokenFile, data, context);
    const publishTokenFile = given.option("publish-token-file");
    const deviceTokenFile = given.option("device-token-file");
    terminal.jsonLine({ event: "listening", url: server.url, data, publishTokenFile, deviceTokenFile });
    terminal.line(`listening on ${server.url}`, "green");
    for (const { file, wanted } of missing) {
      terminal.line(`  made a token for ${wanted.role === "publish" ? "publishing" : "devices"}: ${file}`);
    }
    terminal.line(
      `  publish with: sumac publish FILE.suit --server ${server.url} --token-file ${publishTokenFile ?? "FILE"}`,
    );
    await untilInterrupted(interrupted);
  } finally {
    await server.close();
  }
  terminal.jsonLine({ event: "stopped" });
  terminal.line("stopped");
  return exitCode.ok;
}

function wellKnownFolder(given: Arguments, io: Io): string | undefined {
  const name = given.option("well-known");
  if (name === undefined) return undefined;
  const folder = locate(io, name);
  // A link to a folder will do: it can be turned to the next export at once.
  const isFolder = existsSync(folder) && statSync(folder).isDirectory();
  if (isFolder) return folder;
  throw usage(
    "bad-value",
    `--well-known ${name} is not a folder`,
    "name the folder that csaf/ and security.txt are in",
  );
}

/** Undefined: no signed tree is published here. */
async function readOnlineKeys(given: Arguments, context: CommandContext): Promise<RepositoryOptions | undefined> {
  const [snapshot, timestamp] = [given.all("snapshot-key"), given.all("timestamp-key")];
  const testOnlyKeys = given.all("test-only-online-key");
  const isHalf = (snapshot.length === 0) !== (timestamp.length === 0);
  if (isHalf && testOnlyKeys.length === 0) {
    const absent = snapshot.length === 0 ? "snapshot-key" : "timestamp-key";
    throw usage("missing-option", `no --${absent}: the server signs both`, `give --${absent} FILE as well`);
  }
  const keys = [...new Set([...snapshot, ...timestamp])];
  if (keys.length === 0 && testOnlyKeys.length === 0) return undefined;
  const signers = await openNamedSigners({ keys, testOnlyKeys }, given, context);
  return { signers, crypto: nodeCrypto };
}

function tokenFilesOf(given: Arguments, io: Io): readonly TokenFile[] {
  const [publishing, devices] = [given.option("publish-token-file"), given.option("device-token-file")];
  const same = publishing !== undefined && devices !== undefined && locate(io, publishing) === locate(io, devices);
  if (same) {
    const problem = "--publish-token-file and --device-token-file name the same file";
    throw usage("option-repeated", problem, "give each token a file of its own");
  }
  const publish = { role: "publish", label: "publish token file" } as const;
  const gateway = { role: "gateway", label: "device token file", pattern: "*" } as const;
  return [
    ...(publishing === undefined ? [] : [{ option: "publish-token-file", file: publishing, wanted: publish }]),
    ...(devices === undefined ? [] : [{ option: "device-token-file", file: devices, wanted: gateway }]),
  ];
}

/** Listens for a moment: what cannot be listened on is found before anything is made. The server itself decides. */
async function tryAddress({ host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once("error", reject);
      probe.listen({ host, port }, resolve);
    });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new Unavailable("address-unavailable", `cannot listen on ${host}:${port} (${error.code})`, {
      retryable: error.code === "EADDRINUSE",
      cause: error,
    });
  }
  await new Promise((resolve) => probe.close(resolve));
}

function parsePollingSeconds(value: string): number {
  const seconds = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (seconds >= 1 && seconds <= 86_399) return seconds;
  throw usage("bad-value", `--polling-seconds ${value} is not a number from 1 to 86399`, "give seconds, such as 300");
}

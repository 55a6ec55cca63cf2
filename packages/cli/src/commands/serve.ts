import { nodeCrypto } from "@sumac/crypto/node";
import { checkWithVerifier, createToken, listTokens, type NewToken, revokeToken, startServer } from "@sumac/server";
import { writeFileAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { fileState } from "../file-state.ts";
import { untilInterrupted } from "../interruption.ts";
import { locate } from "../location.ts";
import { parsePort } from "../option-values.ts";
import { readToken } from "../token-file.ts";
import { allowAlgorithmOption, trustFromKeys } from "../trust-from-keys.ts";

export const serve: Command = {
  name: "serve",
  summary: "run the update server",
  operands: [],
  options: [
    { name: "data", value: "folder", use: "required", summary: "database and payloads; made if it is not there" },
    { name: "trust", value: "file", use: "repeatable", summary: "public key (PEM) whose releases may be published" },
    { name: "threshold", value: "n", summary: "how many of the keys must have signed (default 1)" },
    allowAlgorithmOption,
    { name: "host", value: "name", summary: "address to listen on (default 127.0.0.1)" },
    { name: "port", value: "n", summary: "port to listen on, 0 for any (default 8480)" },
    { name: "public-url", value: "url", summary: "what devices call the server, if a proxy stands before it" },
    { name: "polling-seconds", value: "n", summary: "how often devices ask (default 300)" },
    { name: "publish-token-file", value: "file", summary: "token for publishing; made if the file is not there" },
    { name: "device-token-file", value: "file", summary: "token for devices; made if the file is not there" },
  ],
  notes: ["Logs JSON lines to stderr. SIGINT or SIGTERM ends it in order, with exit code 0."],
  onInterrupt: "finish",
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const data = given.required("data");
  const dataDirectory = locate(io, data);
  const trust = await trustFromKeys(given, "trust", io);
  const publicUrl = given.option("public-url");
  const server = await startServer({
    dataDirectory,
    checkEnvelope: checkWithVerifier({ crypto: nodeCrypto, trust }),
    host: given.option("host") ?? "127.0.0.1",
    port: parsePort("port", given.option("port") ?? "8480"),
    pollingSleepSeconds: parsePollingSeconds(given.option("polling-seconds") ?? "300"),
    ...(publicUrl === undefined ? {} : { publicUrl: checkPublicUrl(publicUrl) }),
    log: { stream: io.stderr },
  });
  try {
    const publishTokenFile = given.option("publish-token-file");
    const deviceTokenFile = given.option("device-token-file");
    const publishing = { role: "publish", label: "publish token file" } as const;
    const devices = { role: "gateway", label: "device token file", pattern: "*" } as const;
    const made = {
      publish: publishTokenFile && (await provideToken(publishTokenFile, dataDirectory, publishing, context)),
      device: deviceTokenFile && (await provideToken(deviceTokenFile, dataDirectory, devices, context)),
    };
    terminal.jsonLine({ event: "listening", url: server.url, data, publishTokenFile, deviceTokenFile });
    terminal.line(`listening on ${server.url}`, "green");
    if (made.publish === "made") terminal.line(`  made a token for publishing: ${publishTokenFile}`);
    if (made.device === "made") terminal.line(`  made a token for devices: ${deviceTokenFile}`);
    terminal.line(
      `  publish with: sumac publish FILE.suit --server ${server.url} --token-file ${publishTokenFile ?? "FILE"}`,
    );
    await untilInterrupted(io.interrupted);
  } finally {
    await server.close();
  }
  terminal.jsonLine({ event: "stopped" });
  terminal.line("stopped");
  return exitCode.ok;
}

/** Makes a token where there is no file; a file that is there must fit a token that the database has. */
async function provideToken(
  file: string,
  dataDirectory: string,
  wanted: NewToken,
  context: CommandContext,
): Promise<"made" | "there"> {
  const { io } = context;
  if (fileState(io, file) === "absent") {
    const { id, token } = await createToken(dataDirectory, wanted);
    try {
      writeFileAtomically(io, {
        name: file,
        bytes: new TextEncoder().encode(`${token}\n`),
        ifExists: "refuse",
        mode: 0o600,
      });
      return "made";
    } catch (error) {
      // Nobody would ever know it.
      await revokeToken(dataDirectory, id);
      throw error;
    }
  }
  await readToken(file, context);
  const tokens = await listTokens(dataDirectory);
  if (tokens.some(({ role, revokedAt }) => role === wanted.role && revokedAt === null)) return "there";
  throw usage(
    "token-unknown",
    `${file} holds a token, and this server has none for ${wanted.role === "publish" ? "publishing" : "devices"}`,
    "it belongs to another server; move it away to have one made, or name another file",
  );
}

function parsePollingSeconds(value: string): number {
  const seconds = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (seconds >= 1 && seconds <= 86_399) return seconds;
  throw usage("bad-value", `--polling-seconds ${value} is not a number from 1 to 86399`, "give seconds, such as 300");
}

function checkPublicUrl(value: string): string {
  const url = URL.parse(value);
  const plain = url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.search + url.hash === "";
  if (plain && !value.endsWith("/")) return value;
  throw usage("bad-value", `--public-url ${value} is no http(s) address`, "give one without a slash at its end");
}

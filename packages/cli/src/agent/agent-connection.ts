import { X509Certificate } from "node:crypto";
import { statSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { checkDdiOptions, createDdiClient, type DdiClient, type DdiToken } from "@sumac/device";
import { createNodeHttp, type NodeHttpTls, wait } from "@sumac/device/node";
import { readBoundedFile, readText } from "../bound-read.ts";
import { malformedInput, unavailable } from "../failure.ts";
import type { Io } from "../io.ts";
import { fileFailure } from "../system-failure.ts";
import type { AgentConfig, ServerConfig } from "./agent-config.ts";

export interface AgentConnection {
  readonly server: DdiClient;
  /** The same server, in the name of another device; the token has to be a gateway's. */
  serverFor(controllerId: string): DdiClient;
  close(): void;
}

const certificates = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const mostPemBytes = 1 << 20;

/** The update server of a configuration; nothing is sent yet. Throws `Failure` for what can be found wrong before. */
export async function connectAgent(
  { server: config, poll, secondaries }: AgentConfig,
  io: Io,
  signal: AbortSignal,
): Promise<AgentConnection> {
  const { url: baseUrl, tenant, controllerId } = config;
  const token = await accessToken(config, io);
  for (const id of [controllerId, ...secondaries.map((secondary) => secondary.controllerId)]) {
    const checked = checkDdiOptions({ baseUrl, tenant, controllerId: id, token });
    if (checked.ok) continue;
    const problem = `the server would not understand the configuration: ${checked.error.code}`;
    throw malformedInput("config-bad-value", problem, "check server, tenant, controllerId and the token");
  }
  const http = createNodeHttp({ tls: readTls(config, io) });
  const serverFor = (id: string): DdiClient =>
    bounded(createDdiClient({ baseUrl, tenant, controllerId: id, token, http, wait, signal }), poll);
  return { server: serverFor(controllerId), serverFor, close: () => http.close() };
}

/** What a server asks for is kept, between the bounds of whoever runs the device. */
const bounded = (client: DdiClient, { leastMs, mostMs }: AgentConfig["poll"]): DdiClient => ({
  ...client,
  async poll() {
    const poll = await client.poll();
    return { ...poll, sleepMs: Math.min(Math.max(poll.sleepMs, leastMs), mostMs) };
  },
});

async function accessToken({ access }: ServerConfig, io: Io): Promise<DdiToken> {
  if (access.kind === "certificate") return { kind: "client-certificate" };
  refuseOpenSecret(access.file);
  const value = (await readText(io, access.file, "a token", 1024)).trim();
  if (/^[\x21-\x7e]{16,256}$/.test(value)) return { kind: access.token, value };
  // The content stays out of the message: it may be a secret all the same.
  throw malformedInput("token-invalid", `${access.file} holds no token`, "write the token into it, and nothing else");
}

export function readTls({ access, authority }: ServerConfig, io: Io): NodeHttpTls {
  if (access.kind === "certificate") refuseOpenSecret(access.key);
  const own =
    access.kind === "certificate" ? { cert: readPem(io, access.file), key: readPem(io, access.key) } : undefined;
  const tls = { ...own, ...(authority === undefined ? {} : { ca: readPem(io, authority) }) };
  try {
    // A list of authorities of which none can be read would be taken for an empty one.
    for (const certificate of tls.ca?.match(certificates) ?? []) new X509Certificate(certificate);
    if (tls.ca !== undefined && tls.ca.match(certificates) === null) throw new Error("no certificate");
    createSecureContext(tls);
    return tls;
  } catch (cause) {
    const files = [authority, ...(access.kind === "certificate" ? [access.file, access.key] : [])];
    const named = files.filter((file) => file !== undefined).join(", ");
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    const problem = `the certificates cannot be used together (${code}): ${named}`;
    throw malformedInput("certificate-unusable", problem, "write PEM; the key has to be the one of the certificate");
  }
}

function readPem(io: Io, file: string): string {
  const { bytes, size } = readBoundedFile(io, file, mostPemBytes);
  if (size <= mostPemBytes) return new TextDecoder("latin1").decode(bytes);
  throw malformedInput("certificate-unusable", `${file} is too large for certificates`, "name a PEM file");
}

/** A secret that everybody on this machine can read is none. */
function refuseOpenSecret(file: string): void {
  let mode: number;
  try {
    mode = statSync(file).mode;
  } catch (error) {
    throw fileFailure(error, file);
  }
  if ((mode & 0o007) === 0) return;
  throw unavailable("secret-file-open", `${file} can be read by every user of this machine`, `chmod o= ${file}`);
}

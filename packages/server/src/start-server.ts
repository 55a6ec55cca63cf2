import { randomInt } from "node:crypto";
import type { AddressInfo } from "node:net";
import type { DatabaseSync } from "node:sqlite";
import type { FastifyInstance } from "fastify";
import { BlobStore } from "./blobs/blob-store.ts";
import { collectBlobs } from "./blobs/collect.ts";
import type { Files } from "./blobs/files.ts";
import type { CheckEnvelope } from "./check-envelope.ts";
import { lockDataDirectory, prepareDataDirectory } from "./data-directory.ts";
import { LastSeen } from "./devices/last-seen.ts";
import { buildApp, type LogOptions } from "./http/app.ts";
import { logFault } from "./http/log-fault.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { keepRenewed } from "./repository/keep-renewed.ts";
import { PublishedRepository, type RepositoryOptions } from "./repository/published-repository.ts";
import type { ServerContext } from "./server-context.ts";
import { openStore } from "./store/store.ts";
import { scopeOf } from "./tokens/create-token.ts";
import { Unavailable } from "./unavailable.ts";

export interface ServerOptions {
  /** Created if it is not there. One server at a time. */
  readonly dataDirectory: string;
  /** What publishing believes; see `checkWithVerifier`. */
  readonly checkEnvelope: CheckEnvelope;
  /** Keys of snapshot and timestamp; absent: no signed tree is published. */
  readonly repository?: RepositoryOptions;
  /** Folder that holds `csaf/` and `security.txt`, served to anybody under `/.well-known/`; only read. */
  readonly wellKnown?: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Default 127.0.0.1: TLS ends in front of it. */
  readonly host?: string;
  /** Default `DEFAULT`; part of every DDI path. */
  readonly tenant?: string;
  readonly site?: string;
  /** Whole seconds from 1 to 86399, default 300; spread by a tenth. Below 30 is for tests and demonstrations. */
  readonly pollingSleepSeconds?: number;
  /** What links begin with behind a proxy, without a slash at the end. Default: the name that the device used. */
  readonly publicUrl?: string;
  /** Default: level `info`, to standard error. */
  readonly log?: Partial<LogOptions>;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  readonly limits?: Partial<Limits>;
}

export interface RunningServer {
  /** `http://HOST:PORT`, with the port that was given out. */
  readonly url: string;
  /**
   * Stops accepting, lets running requests finish within `limits.shutdownMs`, writes what waits in memory, closes.
   * May be called any number of times.
   */
  close(): Promise<void>;
}

/** How a test reaches below the server; nothing else passes any of it. */
export interface ServerParts {
  readonly files?: Files;
  readonly openDatabase?: (path: string) => DatabaseSync;
}

const lastSeenEveryMs = 5000;

/** Starts a server and resolves when it listens. Throws `Unavailable`, and `RangeError` for options that mean nothing. */
export async function startServer(options: ServerOptions, parts: ServerParts = {}): Promise<RunningServer> {
  const pollingSleepSeconds = checkSleep(options.pollingSleepSeconds ?? 300);
  const publicUrl = checkPublicUrl(options.publicUrl);
  const scope = scopeOf(options);
  const limits = { ...defaultLimits, ...options.limits };
  const now = options.clock ?? Date.now;
  const log = { level: options.log?.level ?? "info", stream: options.log?.stream ?? process.stderr } as const;
  // Taken apart in reverse order, whatever was reached.
  const undo: (() => Promise<void> | void)[] = [];
  try {
    const directory = await prepareDataDirectory(options.dataDirectory);
    const lock = lockDataDirectory(directory);
    undo.push(() => lock.release());
    const store = openStore({
      path: directory.database,
      scope,
      ...(parts.openDatabase === undefined ? {} : { openDatabase: parts.openDatabase }),
    });
    undo.push(() => store.close());
    const seconds = (): bigint => BigInt(Math.floor(now() / 1000));
    const repository =
      options.repository === undefined
        ? undefined
        : new PublishedRepository(directory.root, options.repository, seconds);
    const blobs = new BlobStore(directory.blobs, parts.files);
    await blobs.prepare();
    const collected = await collectBlobs(store, blobs, now(), limits.blobGraceMs);
    const lastSeen = new LastSeen(store);
    undo.push(() => lastSeen.flush());
    let url = "";
    const context: ServerContext = {
      store,
      blobs,
      checkEnvelope: options.checkEnvelope,
      repository,
      wellKnown: options.wellKnown,
      lastSeen,
      limits,
      pollingSleepSeconds,
      publicUrl,
      now,
      chance: () => randomInt(0, 1001) / 1000,
      listeningUrl: () => url,
    };
    const app = buildApp(context, log);
    undo.push(() => stop(app, limits.shutdownMs));
    const timer = setInterval(() => {
      lastSeen.flush().catch((thrown: unknown) => {
        if (thrown instanceof Unavailable) logFault(app.log, thrown);
        else app.log.error({ err: thrown }, "bug");
      });
    }, lastSeenEveryMs).unref();
    undo.push(() => clearInterval(timer));
    if (repository !== undefined) {
      const renewal = await keepRenewed(repository, app.log, limits.repositoryCheckMs);
      undo.push(() => renewal.stop());
    }
    if (collected.removed > 0) app.log.info({ blobs: collected.removed }, "unused blobs collected");
    for (const sha256 of collected.missing) app.log.error({ code: "blob-damaged", sha256 }, "blob missing");
    url = await listen(app, options.host ?? "127.0.0.1", options.port);
    let closing: Promise<void> | undefined;
    return {
      url,
      close() {
        closing ??= takeApart(undo).then(() => undefined);
        return closing;
      },
    };
  } catch (thrown) {
    await takeApart(undo).catch(() => undefined);
    throw thrown;
  }
}

async function takeApart(undo: readonly (() => Promise<void> | void)[]): Promise<void> {
  const faults: unknown[] = [];
  for (const step of undo.toReversed()) {
    try {
      await step();
    } catch (thrown) {
      faults.push(thrown);
    }
  }
  if (faults.length > 0) throw faults[0];
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    await app.listen({ host, port, listenTextResolver: (address) => `listening at ${address}` });
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code;
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw thrown;
    throw new Unavailable("address-unavailable", `cannot listen on ${host}:${port} (${code})`, {
      retryable: code === "EADDRINUSE",
      cause: thrown,
    });
  }
  const { address, family, port: given } = app.server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${given}`;
}

async function stop(app: FastifyInstance, deadlineMs: number): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), deadlineMs);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
  }
}

function checkSleep(seconds: number): number {
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= 86_399) return seconds;
  throw new RangeError("the polling sleep is a whole number of seconds from 1 to 86399");
}

function checkPublicUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  const plain =
    url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.search === "" && url.hash === "";
  if (!plain || text.endsWith("/")) throw new RangeError("the public URL is http(s) with no slash at the end");
  return text;
}

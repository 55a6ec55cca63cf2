import { createHash } from "node:crypto";
import {
  Agent,
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What a request of the DDI is for. */
export type Purpose = "poll" | "attributes" | "deployment" | "feedback" | "artifact" | "other";

/** A request of the device, as anybody on the wire sees it: token and all. */
export interface Seen {
  readonly purpose: Purpose;
  /** Of the artifact that is asked for. */
  readonly filename: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Uint8Array;
}

/** Writes the whole answer itself, however wrong. */
export type Forgery = (response: ServerResponse) => void;

/** Bytes without end. */
export const endless: unique symbol = Symbol("endless");

/** What the attacker does. What it does not touch goes to the server and comes back as it was. */
export interface Tampering {
  /** Answers instead of the server; asked first. */
  readonly forge?: (request: Seen) => Forgery | undefined;
  /** Other content for a file, by its name. Sizes and hashes of the deployment are made to agree, so that they tell nothing. */
  readonly file?: (filename: string, genuine: Uint8Array) => Uint8Array | typeof endless | undefined;
  /** The server's JSON, to be changed in place or replaced. */
  readonly poll?: (document: PollDocument) => unknown;
  readonly deployment?: (document: DeploymentDocument) => unknown;
  /** Files come in pieces of 1 KiB with this pause between them: a slow line. */
  readonly pauseMs?: number;
}

interface PollDocument {
  config: { polling: { sleep: string } };
  _links: Record<string, { href: string }>;
}

export interface DeploymentDocument {
  id: string;
  deployment: {
    download: string;
    update: string;
    chunks: { part: string; name: string; version: string; artifacts: ArtifactDocument[] }[];
  };
}

export interface ArtifactDocument {
  filename: string;
  size: number;
  hashes: Record<string, string>;
  _links: Record<string, { href: string }>;
}

/** Somebody between device and server who reads and changes everything (RFC 9124 THREAT.NET.ONPATH). */
export class OnPathAttacker {
  readonly url: string;
  /** Everything the device sent since `forget`. */
  readonly seen: Seen[] = [];
  /** Set before the device polls. */
  tampering: Tampering = {};
  readonly #server: ReturnType<typeof createServer>;
  readonly #upstream: () => string;
  readonly #agent = new Agent({ keepAlive: true });

  private constructor(server: ReturnType<typeof createServer>, upstream: () => string) {
    this.#server = server;
    this.#upstream = upstream;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(upstream: () => string): Promise<OnPathAttacker> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const attacker = new OnPathAttacker(server, upstream);
    server.on("request", (incoming, response) => {
      attacker.#relay(incoming, response).catch((error: unknown) => response.destroy(error as Error));
    });
    return attacker;
  }

  forget(): void {
    this.seen.length = 0;
    this.tampering = {};
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Sends a request of the device once more, as it was. */
  async replay({ method, path, headers, body }: Seen): Promise<number> {
    return (await this.#ask(method, path, headers, body)).status;
  }

  async #relay(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = await readRequest(incoming);
    this.seen.push(seen);
    const { forge, file, poll, deployment, pauseMs } = this.tampering;
    const forgery = forge?.(seen);
    if (forgery !== undefined) return forgery(response);
    const answer = await this.#ask(seen.method, seen.path, seen.headers, seen.body);
    if (answer.status >= 300) return send(response, answer);
    if (seen.purpose === "artifact" && file !== undefined) {
      const other = file(seen.filename ?? "", await this.#genuine(seen.path, seen.headers));
      if (other !== undefined) return sendFile(response, other);
    }
    if (seen.purpose === "artifact" && pauseMs !== undefined) return trickle(response, answer, pauseMs);
    if (seen.purpose === "poll" && poll !== undefined) return send(response, changed(answer, poll));
    if (seen.purpose === "deployment") {
      if (file !== undefined) await this.#agree(answer, seen.headers, file);
      if (deployment !== undefined) return send(response, changed(answer, deployment));
    }
    return send(response, answer);
  }

  /** Makes the deployment agree with what will be sent instead. */
  async #agree(answer: Answer, headers: Seen["headers"], file: NonNullable<Tampering["file"]>): Promise<void> {
    const document = JSON.parse(new TextDecoder().decode(answer.body)) as DeploymentDocument;
    for (const artifact of document.deployment.chunks.flatMap(({ artifacts }) => artifacts)) {
      const href = artifact._links["download"]?.href ?? "";
      const other = file(artifact.filename, await this.#genuine(new URL(href).pathname, headers));
      if (other === undefined) continue;
      artifact.size = other === endless ? 2 ** 40 : other.length;
      if (other === endless) continue;
      for (const name of Object.keys(artifact.hashes)) {
        artifact.hashes[name] = createHash(name).update(other).digest("hex");
      }
    }
    answer.body = new TextEncoder().encode(JSON.stringify(document));
  }

  async #genuine(
    path: string,
    { range: _range, "if-range": _ifRange, ...headers }: Seen["headers"],
  ): Promise<Uint8Array> {
    return (await this.#ask("GET", path, headers, new Uint8Array())).body;
  }

  #ask(method: string, path: string, headers: Seen["headers"], body: Uint8Array): Promise<Answer> {
    const { hostname, port } = new URL(this.#upstream());
    return new Promise((resolve, reject) => {
      const outgoing = request({ hostname, port, path, method, headers, agent: this.#agent }, (answer) => {
        collect(answer).then(
          (content) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: content }),
          reject,
        );
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }
}

interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  body: Uint8Array;
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

async function readRequest(incoming: IncomingMessage): Promise<Seen> {
  const { url: path = "/", method = "GET", headers } = incoming;
  const filename = /\/artifacts\/([^/?]+)$/.exec(path)?.[1];
  return {
    purpose: purposeOf(method, path, filename),
    filename: filename === undefined ? undefined : decodeURIComponent(filename),
    method,
    path,
    headers,
    body: await collect(incoming),
  };
}

function purposeOf(method: string, path: string, filename: string | undefined): Purpose {
  if (filename !== undefined) return "artifact";
  if (path.endsWith("/feedback")) return "feedback";
  if (path.endsWith("/configData")) return "attributes";
  if (path.includes("/deploymentBase/")) return "deployment";
  return method === "GET" && /\/controller\/v1\/[^/]+$/.test(path) ? "poll" : "other";
}

function changed<Document>({ body, ...rest }: Answer, change: (document: Document) => unknown): Answer {
  const document = JSON.parse(new TextDecoder().decode(body)) as Document;
  return { ...rest, body: new TextEncoder().encode(JSON.stringify(change(document) ?? document)) };
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, "content-length": body.length });
  response.end(body);
}

async function trickle(response: ServerResponse, { status, headers, body }: Answer, pauseMs: number): Promise<void> {
  response.writeHead(status, headers);
  for (let at = 0; at < body.length && !response.destroyed; at += 1024) {
    response.write(body.subarray(at, at + 1024));
    await sleep(pauseMs);
  }
  response.end();
}

function sendFile(response: ServerResponse, content: Uint8Array | typeof endless): void {
  if (content === endless) {
    response.writeHead(200, { "content-length": 2 ** 40, etag: '"endless"' });
    pourEndlessly(response, new Uint8Array(64 * 1024));
    return;
  }
  const etag = `"${createHash("sha256").update(content).digest("hex")}"`;
  send(response, { status: 200, headers: { etag }, body: content });
}

/** Goes on until the other side hangs up. */
export function pourEndlessly(response: ServerResponse, block: Uint8Array): void {
  const more = (): void => {
    while (!response.destroyed && response.write(block));
  };
  response.on("drain", more);
  more();
}

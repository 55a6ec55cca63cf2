import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the attacker does to an artifact on its way; `endless` never stops sending. */
type Tampered = Uint8Array | "endless";

/** By file name, the envelope being `manifest.suit`; undefined = left alone. */
export type Tampering = (filename: string, original: Uint8Array) => Tampered | undefined;

/**
 * Somebody between device and server who sees and changes everything (THREAT.NET.ONPATH): a proxy on loopback that also
 * rewrites sizes and hashes of the deployment, so that only signatures can tell. Artifacts are held in memory: it is
 * made for a demonstration, not for traffic.
 */
export class OnPathAttacker {
  readonly url: string;
  /** Set before the device polls. */
  tampering: Tampering = () => undefined;
  readonly #server: ReturnType<typeof createServer>;
  readonly #upstream: URL;

  private constructor(server: ReturnType<typeof createServer>, upstream: string) {
    this.#server = server;
    this.#upstream = new URL(upstream);
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(upstream: string): Promise<OnPathAttacker> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const attacker = new OnPathAttacker(server, upstream);
    server.on("request", (incoming, response) => {
      attacker.#relay(incoming, response).catch((error: unknown) => response.destroy(error as Error));
    });
    return attacker;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #relay(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = incoming.url ?? "/";
    const answer = await this.#ask(incoming, path);
    const filename = /\/artifacts\/([^/?]+)$/.exec(path)?.[1];
    if (filename !== undefined && answer.status < 300) {
      const original = (await this.#ask(incoming, path, "whole")).body;
      const tampered = this.tampering(decodeURIComponent(filename), original);
      if (tampered !== undefined) return send(response, tampered);
    }
    const body = path.includes("/deploymentBase/") ? await this.#rewrite(incoming, answer.body) : answer.body;
    response.writeHead(answer.status, { ...answer.headers, "content-length": body.length });
    response.end(body);
  }

  /** Makes the deployment agree with what will be sent instead. */
  async #rewrite(incoming: IncomingMessage, body: Uint8Array): Promise<Uint8Array> {
    if (incoming.method !== "GET" || body.length === 0) return body;
    const deployment = JSON.parse(new TextDecoder().decode(body)) as Deployment;
    for (const artifact of deployment.deployment?.chunks.flatMap((chunk) => chunk.artifacts) ?? []) {
      const link = artifact._links["download"] ?? artifact._links["download-http"];
      if (link === undefined) continue;
      const original = (await this.#ask(incoming, new URL(link.href).pathname, "whole")).body;
      const tampered = this.tampering(artifact.filename, original);
      if (tampered === undefined) continue;
      artifact.size = tampered === "endless" ? 2 ** 40 : tampered.length;
      for (const name of Object.keys(artifact.hashes)) {
        if (tampered !== "endless") artifact.hashes[name] = createHash(name).update(tampered).digest("hex");
      }
    }
    return new TextEncoder().encode(JSON.stringify(deployment));
  }

  async #ask(incoming: IncomingMessage, path: string, extent: "as-asked" | "whole" = "as-asked"): Promise<Answer> {
    const { hostname, port } = this.#upstream;
    const { range: _range, "if-range": _ifRange, "content-length": length, ...rest } = incoming.headers;
    const headers = extent === "whole" ? rest : { ...incoming.headers, ...(length && { "content-length": length }) };
    return new Promise((resolve, reject) => {
      const method = extent === "whole" ? "GET" : incoming.method;
      const outgoing = request({ hostname, port, path, method, headers }, (answer) => {
        const chunks: Uint8Array[] = [];
        answer.on("data", (chunk: Uint8Array) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () =>
          resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: Buffer.concat(chunks) }),
        );
      });
      outgoing.on("error", reject);
      if (extent === "whole") outgoing.end();
      else incoming.pipe(outgoing);
    });
  }
}

interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array;
}

interface Deployment {
  readonly deployment?: { readonly chunks: readonly { readonly artifacts: readonly Artifact[] }[] };
}

interface Artifact {
  readonly filename: string;
  size: number;
  readonly hashes: Record<string, string>;
  readonly _links: Record<string, { readonly href: string }>;
}

function send(response: ServerResponse, tampered: Tampered): void {
  if (tampered !== "endless") {
    const etag = `"${createHash("sha256").update(tampered).digest("hex")}"`;
    response.writeHead(200, { "content-length": tampered.length, etag });
    response.end(tampered);
    return;
  }
  response.writeHead(200, { "content-length": 2 ** 40, etag: '"endless"' });
  const block = new Uint8Array(64 * 1024);
  const more = (): void => {
    while (!response.destroyed && response.write(block));
  };
  response.on("drain", more);
  more();
}

import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";
import type { TestRepository } from "./tuf-repository.ts";

const running: http.Server[] = [];

afterEach(async () => {
  await Promise.all(
    running.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
});

export type Forgery = (request: http.IncomingMessage, response: http.ServerResponse) => void;

export interface TufServer {
  readonly metadataUrl: string;
  readonly targetsUrl: string;
  /** Paths that were asked for, with the range if there was one. */
  readonly requests: string[];
  /** Answers instead of the repository, by path. */
  readonly forged: Map<string, Forgery>;
  /** Bytes handed to the sockets. */
  sent(): number;
}

/** A repository on 127.0.0.1, stopped at the end of the test. */
export async function serveTuf(repository: TestRepository): Promise<TufServer> {
  const requests: string[] = [];
  const forged = new Map<string, Forgery>();
  let sent = 0;
  const server = http.createServer((request, response) => {
    const path = (request.url ?? "").slice(1);
    const { range } = request.headers;
    requests.push(range === undefined ? path : `${path} ${range}`);
    response.on("close", () => {
      sent += request.socket.bytesWritten;
    });
    const forgery = forged.get(path);
    if (forgery !== undefined) return forgery(request, response);
    const bytes = path.startsWith("metadata/")
      ? repository.served.get(path.slice("metadata/".length))
      : repository.targetFiles.get(decodeURIComponent(path.slice("targets/".length)));
    if (bytes === undefined) {
      response.writeHead(404).end("no such file");
      return;
    }
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
    if (from > 0) response.writeHead(206, { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` });
    response.end(bytes.subarray(from));
  });
  running.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { metadataUrl: `${url}/metadata`, targetsUrl: `${url}/targets`, requests, forged, sent: () => sent };
}

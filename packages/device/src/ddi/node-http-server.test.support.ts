/** Test support: a real HTTP server on the loopback address that answers as each test says, and remembers the questions. */
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";

interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export type Answer = (response: http.ServerResponse, request: http.IncomingMessage) => void;

export interface TestServer {
  readonly origin: string;
  readonly requests: SeenRequest[];
  /** Connections accepted so far. */
  readonly connections: () => number;
  close(): Promise<void>;
}

/** The nth request gets the nth answer; the last one stays. */
export async function startTestServer(answers: readonly Answer[], tls?: https.ServerOptions): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  let connections = 0;
  const listener: http.RequestListener = (request, response) => {
    response.on("error", () => undefined);
    let body = "";
    request.setEncoding("latin1");
    request.on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const answer = answers[Math.min(requests.length, answers.length - 1)];
      requests.push({ method, path: url, headers, body });
      answer?.(response, request);
    });
  };
  const server = tls === undefined ? http.createServer(listener) : https.createServer(tls, listener);
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    requests,
    connections: () => connections,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const json =
  (value: unknown, status = 200): Answer =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(typeof value === "string" ? value : JSON.stringify(value));
  };

export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(code, headers);
    response.end("refused");
  };

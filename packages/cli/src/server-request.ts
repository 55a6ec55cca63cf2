import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Refusal } from "@sumac/server";
import { exitCode } from "./exit-code.ts";
import { Failure, unavailable } from "./failure.ts";

export interface ServerRequest {
  readonly method: "HEAD" | "GET" | "PUT" | "POST";
  readonly url: URL;
  readonly token: string;
  readonly body?: { readonly type: string; readonly length: number; readonly chunks: AsyncIterable<Uint8Array> };
}

export interface ServerAnswer {
  readonly status: number;
  /** Parsed JSON, or undefined if the body is something else. */
  readonly body: unknown;
}

/** Without a byte in either direction. */
const idleMs = 60_000;
const maxAnswerBytes = 1 << 20;

/**
 * One request to the publish API. Redirects are not followed: the token is for this server alone. A refusal that
 * arrives before the whole body was sent ends the sending and counts.
 */
export function askServer(asked: ServerRequest): Promise<ServerAnswer> {
  const { method, url, token, body } = asked;
  return new Promise((resolve, reject) => {
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const request = send(url, {
      method,
      timeout: idleMs,
      headers: {
        authorization: `Bearer ${token}`,
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": body.type, "content-length": body.length }),
      },
    });
    let answered = false;
    request.on("timeout", () => request.destroy(new TimedOut()));
    request.on("error", (error) => {
      if (!answered) reject(linkFailure(error, url));
    });
    // An answer 101 hands the connection over and is followed by no other event: nobody here asked for it.
    request.on("upgrade", (_response, socket) => {
      socket.destroy();
      reject(unexpectedAnswer(101, url));
    });
    request.on("response", (response) => {
      answered = true;
      readAnswerBody(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, body: parseJson(text) }),
        (error: unknown) => reject(linkFailure(error, url)),
      );
    });
    if (body === undefined) request.end();
    else {
      sendBody(request, body.chunks, () => answered).catch((error: unknown) => {
        request.destroy();
        if (!answered) reject(error);
      });
    }
  });
}

async function sendBody(
  request: ClientRequest,
  chunks: AsyncIterable<Uint8Array>,
  isAnswered: () => boolean,
): Promise<void> {
  for await (const chunk of chunks) {
    if (isAnswered() || request.destroyed) return;
    // The chunk's buffer is used again for the next one: wait until this one has left.
    await new Promise<void>((resolve) => request.write(chunk, () => resolve()));
  }
  request.end();
}

async function readAnswerBody(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response) {
    length += (part as Buffer).length;
    if (length > maxAnswerBytes) {
      response.destroy();
      return "";
    }
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

class TimedOut extends Error {}

/** An answer that is no success: the server's refusal in its own words, its fault, or not a Sumac server at all. */
export async function answerFailure({ status, body }: ServerAnswer, url: URL): Promise<Failure> {
  const { explain, readAnswer } = await import("@sumac/server");
  // An answer to HEAD has no body.
  const reason = readAnswer(body) ?? bodiless[status];
  if (reason === undefined) return unexpectedAnswer(status, url);
  // What the verifier refused is told by its own code.
  const code = "refusal" in reason ? reason.refusal.code : reason.code;
  const exit = status < 500 && status !== 429 ? exitCode.refused : exitCode.unavailable;
  return new Failure({ code, ...explain(reason), exit });
}

/** Well-formed HTTP, and nothing that a Sumac server says. */
export const unexpectedAnswer = (status: number, url: URL): Failure =>
  unavailable(
    "unexpected-answer",
    `${url.host} answered ${status} to ${url.pathname}, which means nothing here`,
    "check that --server is the address of a Sumac server",
  );

const bodiless: Readonly<Record<number, Refusal>> = {
  401: { code: "unauthorized" },
  403: { code: "role-missing", need: "publish" },
  429: { code: "too-many-requests" },
};

/** Below the path of --server, for servers that do not live at the root of theirs. */
export const serverUrl = (server: URL, name: string): URL => {
  const url = new URL(server);
  url.pathname = `${server.pathname.replace(/\/+$/, "")}/${name}`;
  url.search = "";
  url.hash = "";
  return url;
};

/** What of the link failed, in the words of the device's DDI client. */
function linkFailure(error: unknown, url: URL): Failure {
  if (error instanceof TimedOut) {
    return unavailable(
      "timed-out",
      `${url.host} did not answer for ${idleMs / 1000} s`,
      "try again; what was uploaded stays",
    );
  }
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === undefined) throw error;
  if (/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EADDRNOTAVAIL)$/.test(code)) {
    const remedy = "check --server, and that the server runs: sumac serve";
    return unavailable("server-unreachable", `there is no answer from ${url.host} (${code})`, remedy);
  }
  if (/CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_/.test(code)) {
    const remedy = "check the address and the server's certificate; NODE_EXTRA_CA_CERTS names your own authority";
    return unavailable("tls-refused", `the TLS connection to ${url.host} was refused (${code})`, remedy);
  }
  return unavailable(
    "link-lost",
    `the connection to ${url.host} broke (${code})`,
    "run the command again; what was uploaded stays",
  );
}

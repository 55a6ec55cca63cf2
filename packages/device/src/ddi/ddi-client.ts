import { err, ok, type Result } from "@sumac/cbor";
import { ddiFault } from "./ddi-client-fault.ts";
import {
  type DdiConnection,
  type DdiToken,
  discardBody,
  type HttpPort,
  type HttpRequest,
  readBody,
  sendDdi,
  statusFault,
} from "./ddi-client-http.ts";
import {
  type BadReply,
  type DdiArtifact,
  type DdiCancellation,
  type DdiDeployment,
  type DdiPoll,
  isActionId,
  type LinkBase,
  parseCancellation,
  parseDeployment,
  parsePoll,
  parseReply,
} from "./ddi-client-reply.ts";
import { type DownloadLimits, download } from "./download.ts";

/**
 * The device's side of hawkBit's Direct Device Integration v1. Every failure is an `Unavailable`; nothing the server
 * says is more than advice. Links are those of the last answers: absolute and on the configured origin.
 */
export interface DdiClient {
  poll(): Promise<DdiPoll>;
  /** The device's attributes; they replace what the server knew. */
  putConfig(data: Readonly<Record<string, string>>): Promise<void>;
  deployment(href: string): Promise<DdiDeployment>;
  feedback(actionId: string, feedback: DdiFeedback): Promise<void>;
  cancellation(href: string): Promise<DdiCancellation>;
  cancelFeedback(stopId: string, feedback: DdiFeedback): Promise<void>;
  /** Resumes by itself; see `download`. `from` is the first byte wanted. */
  download(
    artifact: Pick<DdiArtifact, "href" | "size">,
    options: { readonly from: number; readonly signal?: AbortSignal },
  ): AsyncIterable<Uint8Array>;
}

export interface DdiFeedback {
  readonly execution:
    | "closed"
    | "proceeding"
    | "download"
    | "downloaded"
    | "canceled"
    | "rejected"
    | "scheduled"
    | "resumed";
  readonly finished: "success" | "failure" | "none";
  /** At most 50 lines of at most 512 characters are sent; the rest is cut. */
  readonly details: readonly string[];
  readonly progress?: { readonly cnt: number; readonly of: number };
}

export interface DdiLimits {
  /** Of one JSON answer. */
  readonly maxReplyBytes: number;
  readonly maxRedirects: number;
  readonly download: DownloadLimits;
}

export const defaultDdiLimits: DdiLimits = {
  maxReplyBytes: 65_536,
  maxRedirects: 3,
  download: { maxAttempts: 8, firstBackOffMs: 500, maxBackOffMs: 30_000, progressBytes: 1024 },
};

export interface DdiOptions {
  /** Scheme, host and port, and a path where the server lives below one. */
  readonly baseUrl: string;
  readonly tenant: string;
  readonly controllerId: string;
  readonly token: DdiToken;
  readonly http: HttpPort;
  /** Sleeps between attempts of a download, or until the signal is aborted; add jitter here. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
  /** Ends whatever is under way, so that a program can stop without waiting for a time-out. */
  readonly signal?: AbortSignal;
  readonly limits?: DdiLimits;
}

/** One of the values a person configured cannot be used. */
export interface DdiOptionsRefusal {
  readonly code: "server-address-invalid" | "tenant-invalid" | "controller-id-invalid" | "token-invalid";
}

const maxDetails = 50;
const maxDetailLength = 512;

/** Checks what a person configured; makes no request. */
export function checkDdiOptions(
  options: Pick<DdiOptions, "baseUrl" | "tenant" | "controllerId" | "token">,
): Result<LinkBase, DdiOptionsRefusal> {
  const base = parseServerAddress(options.baseUrl);
  if (base === undefined) return err({ code: "server-address-invalid" });
  if (!isPathSegment(options.tenant)) return err({ code: "tenant-invalid" });
  if (!isPathSegment(options.controllerId)) return err({ code: "controller-id-invalid" });
  // Anything else could end the header line, or would be sent as other bytes than were configured.
  if (options.token.kind !== "client-certificate" && !/^[\x21-\x7e]{1,256}$/.test(options.token.value)) {
    return err({ code: "token-invalid" });
  }
  const baseUrl = `${base.href.replace(/\/+$/, "")}/${encodeURIComponent(options.tenant)}/controller/v1/${encodeURIComponent(options.controllerId)}`;
  return ok({ baseUrl, origin: base.origin });
}

/** Throws on options that `checkDdiOptions` refuses. */
export function createDdiClient(options: DdiOptions): DdiClient {
  const checked = checkDdiOptions(options);
  if (!checked.ok) throw new RangeError(checked.error.code);
  const base = checked.value;
  const limits = options.limits ?? defaultDdiLimits;
  const connection: DdiConnection = {
    http: options.http,
    origin: base.origin,
    token: options.token,
    maxRedirects: limits.maxRedirects,
  };
  const stopped = options.signal === undefined ? {} : { signal: options.signal };
  const send = (request: HttpRequest) => sendDdi(connection, { ...stopped, ...request });

  async function get<T>(href: string, parse: (reply: unknown) => Result<T, BadReply>): Promise<T> {
    const headers = { accept: "application/hal+json, application/json" };
    const answer = await send({ method: "GET", url: onOrigin(href, base), headers, expect: "message" });
    if (answer.status !== 200) {
      await discardBody(answer);
      throw statusFault(answer);
    }
    const reply = parseReply(await readBody(answer, limits.maxReplyBytes));
    const parsed = reply.ok ? parse(reply.value) : reply;
    if (!parsed.ok) throw ddiFault(parsed.error.code, `in field ${parsed.error.field}`, { cause: parsed.error });
    return parsed.value;
  }

  async function tell(method: "PUT" | "POST", url: string, message: unknown): Promise<void> {
    const body = new TextEncoder().encode(JSON.stringify(message));
    const headers = { accept: "application/json", "content-type": "application/json" };
    const answer = await send({ method, url, headers, body, expect: "message" });
    await discardBody(answer);
    if (answer.status < 200 || answer.status > 299) throw statusFault(answer);
  }

  const tellAction = (kind: "deploymentBase" | "cancelAction", id: string, feedback: DdiFeedback): Promise<void> => {
    if (!isActionId(id)) throw new RangeError("an action id is a decimal number from 1 to 2147483647");
    return tell("POST", `${base.baseUrl}/${kind}/${id}/feedback`, feedbackMessage(id, feedback));
  };

  return {
    poll: () => get(base.baseUrl, (reply) => parsePoll(reply, base)),
    putConfig: (data) => tell("PUT", `${base.baseUrl}/configData`, { mode: "replace", data }),
    deployment: (href) => get(href, (reply) => parseDeployment(reply, base)),
    feedback: async (actionId, feedback) => tellAction("deploymentBase", actionId, feedback),
    cancellation: (href) => get(href, parseCancellation),
    cancelFeedback: async (stopId, feedback) => tellAction("cancelAction", stopId, feedback),
    download: ({ href, size }, range) =>
      download({ url: onOrigin(href, base), size, ...stopped, ...range }, limits.download, {
        send,
        wait: options.wait,
      }),
  };
}

function feedbackMessage(id: string, { execution, finished, details, progress }: DdiFeedback): unknown {
  return {
    id,
    status: {
      execution,
      result: progress === undefined ? { finished } : { finished, progress },
      details: details.slice(0, maxDetails).map((line) => line.slice(0, maxDetailLength)),
    },
  };
}

/** A caller may keep a link across a change of configuration; the token must not follow it. */
function onOrigin(href: string, base: LinkBase): string {
  if (!URL.canParse(href) || new URL(href).origin !== base.origin)
    throw ddiFault("foreign-link", "kept from elsewhere");
  return href;
}

function parseServerAddress(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const plain = url.username === "" && url.password === "" && url.search === "" && url.hash === "";
  return plain && (url.protocol === "https:" || url.protocol === "http:") ? url : undefined;
}

/** `.` and `..` would be taken out of the path and lead to another resource. */
const isPathSegment = (text: string): boolean =>
  text.length > 0 && text.length <= 256 && text !== "." && text !== ".." && !/\p{Cc}/u.test(text);

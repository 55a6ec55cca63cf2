import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { measureBytes } from "./blobs/measure.ts";
import { type RunningServer, type ServerOptions, type ServerParts, startServer } from "./start-server.ts";
import { createToken } from "./tokens/create-token.ts";
import type { TokenRole } from "./tokens/token.ts";
import { classId, type ToyEnvelope, toyCheck, vendorId } from "./toy-envelope.test.support.ts";

export { classId, vendorId };

const cleanUp: (() => Promise<void> | void)[] = [];

/** Runs at the end of the test, last added first. */
export const atEnd = (step: () => Promise<void> | void): number => cleanUp.push(step);

afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "sumac-server-"));
  atEnd(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export interface TestServer extends RunningServer {
  readonly dataDirectory: string;
  readonly log: string[];
  /** A token of this role; made once. */
  token(role: TokenRole): Promise<string>;
  /** One request; the token's role goes before the path: `api("publish", "GET", "/releases")`. */
  api(role: TokenRole, method: string, path: string, body?: unknown): Promise<Answer>;
  /** Stops the server and starts it again on the same directory. */
  restart(options?: Partial<ServerOptions>): Promise<TestServer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

/** A member of an answer by its path, such as `devices.0.state`; undefined if there is none. */
export function at(answer: Answer, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key], answer.json);
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  const json: unknown = text.startsWith("{") ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json };
}

export async function startTestServer(
  options: Partial<ServerOptions> = {},
  parts: ServerParts = {},
  tokens: Map<string, string> = new Map(),
): Promise<TestServer> {
  const dataDirectory = options.dataDirectory ?? temporaryDirectory();
  const log: string[] = [];
  const server = await startServer(
    {
      port: 0,
      checkEnvelope: toyCheck,
      log: { level: "debug", stream: { write: (line) => log.push(line) } },
      ...options,
      dataDirectory,
    },
    parts,
  );
  atEnd(() => server.close());
  const token = async (role: TokenRole): Promise<string> => {
    const known = tokens.get(role);
    if (known !== undefined) return known;
    const created = await createToken(dataDirectory, { role, label: `test ${role}` });
    tokens.set(role, created.token);
    return created.token;
  };
  return {
    ...server,
    dataDirectory,
    log,
    token,
    async api(role, method, path, body) {
      const json = body === undefined ? {} : { "content-type": "application/json" };
      const response = await fetch(`${server.url}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${await token(role)}`, ...json },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return read(response);
    },
    async restart(changed) {
      await server.close();
      return startTestServer({ ...options, ...changed, dataDirectory }, parts, tokens);
    },
  };
}

export async function putBlob(
  server: TestServer,
  bytes: Uint8Array,
  name: string = measureBytes(bytes).sha256,
): Promise<Answer> {
  const response = await fetch(`${server.url}/api/v1/blobs/${name}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${await server.token("publish")}`, "content-type": "application/octet-stream" },
    body: bytes.slice(),
  });
  return read(response);
}

/** Bytes that differ by place and seed. */
export function image(length: number, seed: number = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + seed * 17 + (i >> 8)) & 0xff;
  return bytes;
}

export interface ToyRelease {
  readonly payload: Uint8Array;
  readonly uri: string;
  readonly envelope: Uint8Array;
  readonly manifestDigest: string;
  readonly request: { readonly envelope: string; readonly payloads: readonly { uri: string; sha256: string }[] };
}

export function toyRelease(
  sequence: number,
  changes: Partial<ToyEnvelope> = {},
  payload: Uint8Array = image(5000, sequence),
): ToyRelease {
  const { sha256, size } = measureBytes(payload);
  const uri = changes.payloads?.[0]?.uri ?? `sha256-${sha256}.bin`;
  const toy: ToyEnvelope = {
    signed: true,
    vendorId,
    classId,
    components: ["00"],
    sequence,
    payloads: [{ uri, sha256, size }],
    ...changes,
  };
  const envelope = new TextEncoder().encode(JSON.stringify(toy));
  return {
    payload,
    uri,
    envelope,
    manifestDigest: toy.manifestDigest ?? measureBytes(envelope).sha256,
    request: {
      envelope: Buffer.from(envelope).toString("base64"),
      payloads: toy.payloads.map(({ uri: u, sha256: s }) => ({ uri: u, sha256: s })),
    },
  };
}

/** Uploads and publishes; the API's answer to the release. */
export async function publish(server: TestServer, release: ToyRelease): Promise<Answer> {
  const put = await putBlob(server, release.payload);
  if (put.status > 201) throw new Error(`the blob was answered ${put.status} ${put.text}`);
  return server.api("publish", "POST", "/releases", release.request);
}

export interface TestDevice {
  readonly id: string;
  readonly token: string;
  /** A DDI request below the controller's base. */
  ddi(method: string, path: string, body?: string | Uint8Array, headers?: Record<string, string>): Promise<Answer>;
  feedback(action: number, execution: string, finished: string, ...details: string[]): Promise<Answer>;
  /** Reports vendor, class and a sequence number. */
  report(sequence: number, manifestDigest?: string): Promise<Answer>;
  /** The number of the action that a poll offers, if any. */
  poll(): Promise<number | undefined>;
}

export async function registerTestDevice(server: TestServer, id: string, profile?: string): Promise<TestDevice> {
  const answer = await server.api("device-admin", "POST", "/devices", {
    controllerId: id,
    ...(profile === undefined ? {} : { profile }),
  });
  if (answer.status !== 201) throw new Error(`the device was answered ${answer.status} ${answer.text}`);
  return testDevice(server, id, String(at(answer, "targetToken")));
}

export function testDevice(server: TestServer, id: string, token: string): TestDevice {
  const base = `${server.url}/DEFAULT/controller/v1/${encodeURIComponent(id)}`;
  const device: TestDevice = {
    id,
    token,
    async ddi(method, path, body, headers = {}) {
      return read(
        await fetch(`${base}${path}`, {
          method,
          headers: { authorization: `TargetToken ${token}`, "content-type": "application/json", ...headers },
          ...(body === undefined ? {} : { body: typeof body === "string" ? body : body.slice() }),
        }),
      );
    },
    feedback: (action, execution, finished, ...details) =>
      device.ddi(
        "POST",
        `/deploymentBase/${action}/feedback`,
        JSON.stringify({ id: String(action), time: "x", status: { execution, result: { finished }, details } }),
      ),
    report: (sequence, manifestDigest) =>
      device.ddi(
        "PUT",
        "/configData",
        JSON.stringify({
          mode: "replace",
          data: {
            vendorId,
            classId,
            sequence: String(sequence),
            ...(manifestDigest === undefined ? {} : { manifestDigest }),
          },
        }),
      ),
    async poll() {
      const href = at(await device.ddi("GET", ""), "_links.deploymentBase.href");
      return href === undefined ? undefined : Number(/deploymentBase\/(\d+)/.exec(String(href))?.[1]);
    },
  };
  return device;
}

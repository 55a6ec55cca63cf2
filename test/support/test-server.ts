import { createHash } from "node:crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  type ActionView,
  checkWithVerifier,
  createToken,
  type DeviceView,
  type ReleaseView,
  type RepositoryOptions,
  type RunningServer,
  startServer,
} from "@sumac/server";
import type { TrustRecord } from "@sumac/verifier";
import type { Release } from "./example-product.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export interface ServerTokens {
  readonly publish: string;
  readonly gateway: string;
  readonly operator: string;
}

interface Believed {
  readonly trust: TrustRecord;
  /** Absent: the server publishes no signed tree. */
  readonly repository: RepositoryOptions | undefined;
}

/** The real server on a folder of its own, with a token for everybody who has business with it. */
export class TestServer {
  readonly folder: string;
  readonly tokens: ServerTokens;
  readonly #trust: TrustRecord;
  readonly #repository: RepositoryOptions | undefined;
  #running: RunningServer;

  private constructor(folder: string, tokens: ServerTokens, { trust, repository }: Believed, running: RunningServer) {
    this.folder = folder;
    this.tokens = tokens;
    this.#trust = trust;
    this.#repository = repository;
    this.#running = running;
  }

  static async start(trust: TrustRecord, repository?: RepositoryOptions): Promise<TestServer> {
    const folder = temporaryFolder();
    const make = async (role: "publish" | "device-admin"): Promise<string> =>
      (await createToken(folder, { role, label: role })).token;
    const gateway = await createToken(folder, { role: "gateway", label: "gateway", pattern: "rtu-*" });
    const tokens = { publish: await make("publish"), gateway: gateway.token, operator: await make("device-admin") };
    const believed = { trust, repository };
    return new TestServer(folder, tokens, believed, await run(folder, believed, 0));
  }

  get url(): string {
    return this.#running.url;
  }

  close(): Promise<void> {
    return this.#running.close();
  }

  /** Stops the server and starts it again on the same data and the same port. */
  async restart(): Promise<void> {
    const port = Number(new URL(this.url).port);
    await this.close();
    this.#running = await run(this.folder, { trust: this.#trust, repository: this.#repository }, port);
  }

  async publish({ envelope, image, uri }: Release): Promise<ReleaseView> {
    const sha256 = createHash("sha256").update(image).digest("hex");
    const headers = { authorization: `Bearer ${this.tokens.publish}` };
    const stored = await fetch(`${this.url}/api/v1/blobs/${sha256}`, {
      method: "PUT",
      headers: { ...headers, "content-type": "application/octet-stream" },
      body: new Uint8Array(image),
    });
    if (!stored.ok) throw new Error(`payload: ${stored.status} ${await stored.text()}`);
    const published = await fetch(`${this.url}/api/v1/releases`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ envelope: Buffer.from(envelope).toString("base64"), payloads: [{ uri, sha256 }] }),
    });
    if (!published.ok) throw new Error(`release: ${published.status} ${await published.text()}`);
    return (await published.json()) as ReleaseView;
  }

  /** What an operator sees of a device. */
  async device(controllerId: string): Promise<DeviceView | undefined> {
    const { devices } = (await this.#read("devices?limit=500")) as { devices: DeviceView[] };
    return devices.find((device) => device.controllerId === controllerId);
  }

  async releases(): Promise<readonly ReleaseView[]> {
    return ((await this.#read("releases")) as { releases: ReleaseView[] }).releases;
  }

  action(id: number): Promise<ActionView> {
    return this.#read(`actions/${id}`) as Promise<ActionView>;
  }

  async #read(path: string): Promise<unknown> {
    const answer = await fetch(`${this.url}/api/v1/${path}`, {
      headers: { authorization: `Bearer ${this.tokens.operator}` },
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}

const run = (dataDirectory: string, { trust, repository }: Believed, port: number): Promise<RunningServer> =>
  startServer({
    dataDirectory,
    checkEnvelope: checkWithVerifier({ crypto: nodeCrypto, trust }),
    ...(repository === undefined ? {} : { repository }),
    port,
    log: { level: "silent" },
  });

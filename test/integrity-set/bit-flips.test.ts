import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createDdiClient, type DdiClient, defaultDdiLimits } from "@sumac/device";
import { createNodeHttp, defaultNodeHttpTimeouts, wait } from "@sumac/device/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AttackScene, offered, sendEnvelope, vendorTrust } from "../support/attack-scene.ts";
import { makeRelease } from "../support/example-product.ts";
import { impressionOf, newer, provisioned, type Sample, vendor } from "../support/sample-device.ts";

/** Places that are the same in every run of the same test. */
const seed = createHash("sha256")
  .update(readFileSync(import.meta.filename))
  .digest()
  .readUInt32LE();
let state = seed;
function draw(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

const flips = 1000;

/** Hands out the genuine files, with the bit of the moment flipped. */
class FlippingProxy {
  /** Counted over the whole file; undefined = it is left alone. */
  bit: { readonly file: string; readonly at: number } | undefined;
  readonly #server: Server;

  private constructor(files: Readonly<Record<string, Uint8Array>>) {
    this.#server = createServer((request, response) => {
      const name = request.url?.slice(1) ?? "";
      const genuine = files[name] ?? new Uint8Array();
      const at = this.bit?.file === name ? this.bit.at : undefined;
      const body = at === undefined ? genuine : genuine.with(at >> 3, (genuine[at >> 3] ?? 0) ^ (1 << (at & 7)));
      const etag = `"${createHash("sha256").update(body).digest("hex")}"`;
      response.writeHead(200, { "content-length": body.length, etag }).end(body);
    });
  }

  static async start(files: Readonly<Record<string, Uint8Array>>): Promise<FlippingProxy> {
    const proxy = new FlippingProxy(files);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe("CR 3.1: a proxy flips one bit at a random place of what the device fetches over HTTP", () => {
  const files = { "manifest.suit": newer.envelope, "firmware.bin": newer.image };
  const http = createNodeHttp({ timeouts: defaultNodeHttpTimeouts });
  let proxy: FlippingProxy;
  let client: DdiClient;
  let sample: Sample;
  beforeAll(async () => {
    proxy = await FlippingProxy.start(files);
    sample = await provisioned();
    const token = { kind: "gateway", value: "t" } as const;
    const access = { baseUrl: proxy.url, tenant: "DEFAULT", controllerId: "rtu-1", token };
    client = createDdiClient({ ...access, http, wait, limits: defaultDdiLimits });
  });
  afterAll(async () => {
    http.close();
    await proxy.close();
  });

  const fetch = (name: keyof typeof files, from = 0) =>
    client.download({ href: `${proxy.url}/${name}`, size: files[name].length }, { from });

  async function round(): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of fetch("manifest.suit")) chunks.push(chunk);
    const received = sample.device.receive(new Uint8Array(Buffer.concat(chunks)), {});
    if (!received.ok) return received.error.code;
    if (received.value.kind !== "offer") return received.value.kind;
    const staged = await sample.device.install(received.value.offer, { fetch: (from) => fetch("firmware.bin", from) });
    return staged.ok ? "accepted" : staged.error.code;
  }

  test(`CR 3.1: ${flips} flipped bits, 0 accepted`, { timeout: 120_000 }, async () => {
    const impression = impressionOf(sample);
    const answers = new Map<string, number>();
    const accepted: string[] = [];
    for (let i = 0; i < flips; i++) {
      // Half in the envelope, where each bit means something else, half in the payload.
      const file = i % 2 === 0 ? "manifest.suit" : "firmware.bin";
      proxy.bit = { file, at: draw(files[file].length * 8) };
      const answer = await round();
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      if (answer === "accepted") accepted.push(`bit ${proxy.bit.at} of ${file}`);
    }
    expect(accepted).toEqual([]);
    expect(answers.get("image-digest-mismatch")).toBe(flips / 2);
    for (const code of ["manifest-digest-mismatch", "signature-invalid", "signer-unknown", "malformed"]) {
      expect([...answers.keys()]).toContain(code);
    }
    expect(impressionOf(sample)).toEqual(impression);
    expect(await sample.device.boot()).toMatchObject({ booted: { sequence: 5n } });
    // It was the bit each time, and nothing else.
    proxy.bit = undefined;
    expect(await round()).toBe("accepted");
  });
});

describe("CR 3.1 RE 1: where it came from is told by the signature, not by the connection", () => {
  test("CR 3.1 RE 1: a stranger's server with everything right but the key is refused, genuine bytes from one are taken", async () => {
    const scene = await AttackScene.set(vendorTrust);
    try {
      const made = { version: "1.2.0", sequence: 3n, image: offered.image };
      scene.attacker.tampering = sendEnvelope((await makeRelease(made, [])).envelope);
      expect(await scene.meet()).toEqual({ did: "refused", code: "threshold-not-met" });
      scene.attacker.tampering = sendEnvelope((await makeRelease(made, [vendor])).envelope);
      expect(await scene.meet()).toEqual({ did: "updated", code: undefined });
    } finally {
      await scene.close();
    }
  });
});

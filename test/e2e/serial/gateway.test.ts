/** A gateway updates devices at its serial ports from the real server; each device is a process at a real pseudo-terminal. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  createDdiClient,
  GatewaySecondary,
  type SecondaryRound,
  type SecondaryStep,
  type SecondaryWait,
  SumacSecondary,
} from "@sumac/device";
import { createNodeHttp, openGatewayLine, wait } from "@sumac/device/node";
import { trustKey } from "@sumac/verifier";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exampleImage, fixture, makeRelease, type Release, testSigner } from "../../support/example-product.ts";
import { SumacProcess } from "../../support/sumac-process.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { TestServer } from "../../support/test-server.ts";

const vendor = fixture("keys", "vendor.test-only.public.pem");
const folder = temporaryFolder();
const hasTerminals = process.platform !== "win32";
if (!hasTerminals) console.warn("the gateway is not tried: this system has no pseudo-terminals");

describe.skipIf(!hasTerminals)("serial devices behind a gateway", { timeout: 60_000 }, () => {
  let server: TestServer;
  let factory: string;
  const http = createNodeHttp();
  const devices: SumacProcess[] = [];

  const release = async (sequence: bigint, version: "1.0.0" | "1.1.0" | "1.2.0"): Promise<Release> =>
    makeRelease({ version, sequence, image: exampleImage(version) }, [await testSigner("vendor")]);

  beforeAll(async () => {
    const signer = await testSigner("vendor");
    const keys = [trustKey(signer.publicKey, nodeCrypto)];
    const role = { name: "release", purpose: "release", threshold: 1, keys, components: "any" } as const;
    server = await TestServer.start({ roles: [role], legacyAlgorithms: [] });
    const first = await release(1n, "1.0.0");
    factory = path.join(folder, "first.suit");
    writeFileSync(factory, first.envelope);
    writeFileSync(path.join(folder, path.basename(first.uri)), first.image);
  });

  afterAll(async () => {
    for (const device of devices) device.kill("SIGINT");
    for (const device of devices) await device.ended;
    http.close();
    await server?.close();
  });

  async function start(id: string, ...faults: readonly string[]): Promise<SumacProcess> {
    const device = new SumacProcess(
      [
        ...["device", "serial", id, "--id", id, "--config", fixture("sumac.yaml"), "--trust", vendor],
        ...["--factory", factory, "--link", `${id}-port`, "--json", ...faults],
      ],
      { folder },
    );
    devices.push(device);
    await device.next("listening");
    return device;
  }

  function secondary(
    id: string,
    answers: Partial<Record<SecondaryStep, SecondaryWait>> = {},
    asked: SecondaryStep[] = [],
  ): GatewaySecondary {
    const ddi = { baseUrl: server.url, tenant: "DEFAULT", controllerId: id, http, wait } as const;
    return new GatewaySecondary({
      server: createDdiClient({ ...ddi, token: { kind: "gateway", value: server.tokens.gateway } }),
      crypto: nodeCrypto,
      peer: new SumacSecondary({ crypto: nodeCrypto, wait, restartMs: 10_000 }),
      connect: () =>
        openGatewayLine({
          path: path.join(folder, `${id}-port`),
          baud: 115_200,
          framing: "console",
          controlLines: "leave",
        }),
      mayProceed: async (step) => {
        asked.push(step);
        return answers[step] ?? "granted";
      },
      wait,
      random: () => 0,
      lookAgainMs: 1000,
      observe: () => undefined,
      record: () => undefined,
      uptimeMs: () => performance.now(),
    });
  }

  /** Until something was done, as an agent polls. */
  async function rounds(of: GatewaySecondary, most = 6): Promise<SecondaryRound> {
    const { signal } = new AbortController();
    let round = await of.runOnce(signal);
    for (let n = 1; n < most && (round.did === "nothing" || round.did === "unreachable"); n++) {
      if (round.did === "unreachable") await wait(700);
      round = await of.runOnce(signal);
    }
    return round;
  }

  test("two are updated, each under its own name; the server knows what each of them runs", async () => {
    await start("rtu-1");
    await start("rtu-2", "--fault", "lost-answers=9", "--fault", "chatter");
    await server.publish(await release(2n, "1.1.0"));
    for (const id of ["rtu-1", "rtu-2"]) {
      const gateway = secondary(id);
      expect(gateway.status).toEqual({ state: "unknown" });
      expect(await rounds(gateway)).toMatchObject({ did: "updated" });
      expect(gateway.status).toMatchObject({ state: "confirmed", floor: 2n });
      expect(JSON.stringify(await server.device(id))).toContain('"2"');
    }
  });

  test("T-GW-OPERATOR nothing is sent, and nothing restarted, before the gateway's operator allows it", async () => {
    await start("rtu-5");
    const asked: SecondaryStep[] = [];
    const answers: Partial<Record<SecondaryStep, SecondaryWait>> = { install: { code: "consent-awaited" } };
    const gateway = secondary("rtu-5", answers, asked);
    expect(await rounds(gateway)).toMatchObject({ did: "waiting", code: "consent-awaited" });
    expect(gateway.status).toMatchObject({ floor: 1n, state: "idle" });
    delete answers.install;
    answers.restart = { code: "interlock" };
    expect(await rounds(gateway)).toMatchObject({ did: "waiting", code: "interlock" });
    expect(gateway.status).toMatchObject({ floor: 1n, state: "staged" });
    delete answers.restart;
    expect(await rounds(gateway)).toMatchObject({ did: "updated" });
    expect(asked).toEqual(["install", "install", "restart", "restart"]);
  });

  test("one that does not pass its self-test is restarted, and goes back", async () => {
    await start("rtu-6", "--fault", "fail-self-test");
    const asked: SecondaryStep[] = [];
    const gateway = secondary("rtu-6", {}, asked);
    expect(await rounds(gateway)).toMatchObject({ did: "reverted", code: "self-test-failed" });
    expect(gateway.status).toMatchObject({ floor: 1n, state: "reverted" });
    expect(asked.at(-1)).toBe("go-back");
  });

  test("one whose cable is pulled on the way is unreachable for a while, and goes on", async () => {
    await start("rtu-3", "--fault", "unplug-at=6000");
    const gateway = secondary("rtu-3");
    const { signal } = new AbortController();
    const seen: string[] = [];
    for (let n = 0; n < 12 && seen.at(-1) !== "updated"; n++) {
      seen.push((await gateway.runOnce(signal)).did);
      if (seen.at(-1) === "unreachable") {
        expect(gateway.status).toMatchObject({ state: "unreachable" });
        await wait(700);
      }
    }
    expect(seen).toContain("unreachable");
    expect(seen.at(-1)).toBe("updated");
    expect(gateway.status).toMatchObject({ state: "confirmed", floor: 2n });
  });

  test("one that is not there costs nothing but its own state", async () => {
    const gateway = secondary("rtu-9");
    expect(await gateway.runOnce(new AbortController().signal)).toMatchObject({ did: "unreachable" });
    expect(gateway.status).toEqual({ state: "unreachable", code: "port-absent" });
  });

  test("T-GW-FREEZE one that trusts somebody else refuses by itself, and the server hears why", async () => {
    const id = "rtu-4";
    const foreign = await testSigner("foreign");
    const own = await makeRelease({ version: "1.0.0", sequence: 1n, image: exampleImage("1.0.0") }, [foreign]);
    const place = path.join(folder, "foreign");
    mkdirSync(place);
    writeFileSync(path.join(place, "first.suit"), own.envelope);
    writeFileSync(path.join(place, path.basename(own.uri)), own.image);
    const device = new SumacProcess(
      [
        ...["device", "serial", id, "--id", id, "--config", fixture("sumac.yaml"), "--link", `${id}-port`, "--json"],
        ...["--trust", fixture("keys", "foreign.test-only.public.pem"), "--factory", path.join(place, "first.suit")],
      ],
      { folder },
    );
    devices.push(device);
    await device.next("listening");
    const gateway = secondary(id);
    expect(await rounds(gateway)).toMatchObject({ did: "refused", code: "signer-unknown" });
    expect(gateway.status).toMatchObject({ floor: 1n });
  });
});

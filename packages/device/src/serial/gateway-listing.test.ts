import { nodeCrypto } from "@sumac/crypto/node";
import { consoleFraming, memoryLinks, SmpClient, serveSmp } from "@sumac/smp";
import { nodeTimer } from "@sumac/smp/node";
import type { FoundTarget } from "@sumac/tuf";
import { parseTrustRecord } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import { deploymentOf, fault, TestServer } from "../ddi/ddi-server.test.support.ts";
import { classId, foreignKey, makeRelease, vendorId, vendorTrust } from "../device/release.test.support.ts";
import { listed } from "../repository/listed-target.test.support.ts";
import { byRepository, type RepositoryRefusal } from "../repository/repository-refusal.ts";
import { GatewaySecondary } from "./gateway-secondary.ts";
import { loaderImage, loaderKey, mcubootLoader } from "./mcuboot-recovery.test.support.ts";
import { mcubootLongestMessage } from "./mcuboot-recovery.ts";
import { McubootSecondary } from "./mcuboot-secondary.ts";
import { secondaryLogEntry } from "./secondary-event.ts";
import type { SecondaryPeer } from "./secondary-peer.ts";
import { overALine, smpScene } from "./smp-device.test.support.ts";
import { SumacSecondary } from "./sumac-secondary.ts";

const key = loaderKey();
const wait = async (): Promise<void> => undefined;
const ports = { crypto: nodeCrypto, wait, restartMs: 5000 };
const release = makeRelease({ sequence: 6n, image: loaderImage(key, "2.0.0", 2, 200) });
const target = "drives/rtu/1.6.0.suit";
const { signal } = new AbortController();

interface Behind {
  readonly peer: SecondaryPeer;
  readonly connect: () => Promise<SmpClient>;
}

async function sumac(): Promise<Behind> {
  const { handler } = await smpScene();
  return { peer: new SumacSecondary(ports), connect: async () => overALine(handler).client };
}

async function mcuboot(): Promise<Behind> {
  const loader = await mcubootLoader([key]);
  await loader.slots.write(0, 0, loaderImage(key, "1.0.0", 1));
  await loader.recovery.restart();
  const trust = parseTrustRecord(vendorTrust, nodeCrypto);
  if (!trust.ok) throw new Error(trust.error.code);
  const ledger = { read: async () => "blank" as const, write: wait };
  const own = { trust: trust.value, vendorId, classId, imageKeys: [key.publicKey], ledger };
  return {
    peer: new McubootSecondary({ ...ports, ...own, trustedTime: () => undefined }),
    connect: async () => {
      const [near, far] = memoryLinks();
      const framing = consoleFraming();
      const serving = { link: far, framing, handler: loader.recovery, form: "indefinite", timer: nodeTimer } as const;
      void serveSmp({ ...serving, longestReply: mcubootLongestMessage });
      return new SmpClient({ link: near, framing, timer: nodeTimer, timeout: 500 });
    },
  };
}

type Found = FoundTarget | RepositoryRefusal;

async function scene(made: () => Promise<Behind>, find: (path: string) => Found, named: "named" | "unnamed" = "named") {
  const server = new TestServer();
  server.offered = { ...deploymentOf("7", release), ...(named === "named" ? { target } : {}) };
  const steps: string[] = [];
  const told: string[] = [];
  const gateway = new GatewaySecondary({
    ...(await made()),
    server,
    crypto: nodeCrypto,
    repository: {
      find: async (path) => {
        const found = find(path);
        return "code" in found ? { ok: false, error: found } : { ok: true, value: found };
      },
    },
    mayProceed: async (step) => {
      steps.push(step);
      return "granted";
    },
    observe: () => undefined,
    record: (event) => {
      const { result, facts } = secondaryLogEntry("pump", event);
      told.push([result, facts?.["code"], facts?.["judgedBy"]].join(" "));
    },
    uptimeMs: () => performance.now(),
    lookAgainMs: 1000,
    wait,
    random: () => 0,
  });
  return { gateway, server, steps, told };
}

describe.each([
  ["that judges itself", sumac],
  ["whose gateway judges", mcuboot],
])("a device %s behind a gateway that asks a repository", (_, made) => {
  test("is updated to what it lists", async () => {
    const asked: string[] = [];
    const { gateway } = await scene(made, (path) => {
      asked.push(path);
      return listed(release.envelope);
    });
    expect(await gateway.runOnce(signal)).toMatchObject({ did: "updated" });
    expect(asked).toEqual([target]);
  });

  const unknown = byRepository({ code: "target-unknown", target });
  const frozen = byRepository({ code: "freshness-unknown", roles: ["timestamp"] });
  test.each<[string, Found, "named" | "unnamed", "refused" | "waiting", string]>([
    ["that is not listed", unknown, "named", "refused", "target-unknown"],
    ["of which the server says no place", listed(release.envelope), "unnamed", "refused", "target-not-named"],
    ["in a list of unknown age", frozen, "named", "waiting", "freshness-unknown"],
  ])("T-GW-UNLISTED a release %s is not even fetched", async (_name, found, named, did, code) => {
    const { gateway, server, steps, told } = await scene(made, () => found, named);
    expect(await gateway.runOnce(signal)).toMatchObject({ did, code });
    expect(server.calls.filter((call) => call.includes("suit"))).toEqual([]);
    expect([steps, told]).toEqual([[], [`${did} ${code} repository`]]);
    const said = did === "refused" ? /closed\/failure target-/ : /freshness-unknown/;
    expect(server.feedbacks.at(-1)).toMatch(said);
  });

  const another = makeRelease({ sequence: 6n, image: loaderImage(key, "2.0.1", 2, 201) });
  test.each<[string, Found, string]>([
    ["other bytes than it lists", listed(another.envelope), "length-mismatch"],
    ["another sequence number", listed(release.envelope, { sequence: 7 }), "custom-mismatch"],
    ["another product", listed(release.envelope, { custom: { class_id: "0".repeat(36) } }), "custom-mismatch"],
    ["another line", listed(release.envelope, { role: "line-pumps" }), "custom-mismatch"],
  ])("T-GW-UNLISTED a release of %s is not passed on", async (_name, found, code) => {
    const { gateway, server, steps, told } = await scene(made, () => found);
    expect(await gateway.runOnce(signal)).toMatchObject({ did: "refused" });
    const expected = code === "length-mismatch" ? /closed\/failure (length|digest)-mismatch$/ : /custom-mismatch$/;
    expect(server.feedbacks.at(-1)).toMatch(expected);
    expect(told.at(-1)).toMatch(/^refused [a-z-]+-mismatch repository$/);
    expect(steps).toEqual([]);
    expect(server.calls.filter((call) => call.includes("firmware.bin"))).toEqual([]);
  });

  test("waits for a repository that does not answer, and closes nothing", async () => {
    const { gateway, server, steps } = await scene(made, () => {
      throw fault("server-unreachable");
    });
    await expect(gateway.runOnce(signal)).rejects.toMatchObject({ code: "server-unreachable" });
    expect([steps, server.feedbacks]).toEqual([[], []]);
  });
});

test("T-GW-UNLISTED keys of another line: the gateway that judges counts them", async () => {
  const { gateway, steps } = await scene(mcuboot, () => listed(release.envelope, { keys: [foreignKey] }));
  expect(await gateway.runOnce(signal)).toMatchObject({ did: "refused", code: "custom-mismatch" });
  expect(steps).toEqual([]);
});

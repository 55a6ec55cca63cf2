import { nodeCrypto } from "@sumac/crypto/node";
import { consoleFraming, memoryLinks, SmpClient, serveSmp } from "@sumac/smp";
import { nodeTimer } from "@sumac/smp/node";
import { parseTrustRecord } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import { deploymentOf, TestServer } from "../ddi/ddi-server.test.support.ts";
import {
  classId,
  foreignKey,
  makeRelease,
  type Release,
  type ReleaseOptions,
  vendorId,
  vendorTrust,
} from "../device/release.test.support.ts";
import { GatewaySecondary, type SecondaryRound } from "./gateway-secondary.ts";
import { type Loader, loaderImage, loaderKey, mcubootLoader } from "./mcuboot-recovery.test.support.ts";
import { mcubootLongestMessage } from "./mcuboot-recovery.ts";
import { McubootSecondary } from "./mcuboot-secondary.ts";
import { mcubootSizes } from "./mcuboot-slots.ts";
import { secondaryLogEntry } from "./secondary-event.ts";
import type { SecondaryLedger, SecondaryRelease } from "./secondary-ledger.ts";
import type { SecondaryStep, SecondaryWait } from "./secondary-peer.ts";

const key = loaderKey();
const signal = new AbortController().signal;

interface Scene {
  readonly loader: Loader;
  readonly server: TestServer;
  readonly gateway: GatewaySecondary;
  /** What the gateway remembers. */
  remembered: SecondaryRelease | "blank" | "damaged";
  answers: Partial<Record<SecondaryStep, SecondaryWait>>;
  /** In the gateway's log: type and facts. */
  readonly recorded: string[];
  /** Offers this until it is closed, and answers what the gateway did. */
  offer(release: Release, image?: Uint8Array): Promise<SecondaryRound>;
}

let actions = 0;

/** Runs 1.0.0 with security counter 1. */
async function scene(): Promise<Scene> {
  const loader = await mcubootLoader([key]);
  await loader.slots.write(0, 0, loaderImage(key, "1.0.0", 1));
  await loader.recovery.restart();
  const server = new TestServer();
  const trust = parseTrustRecord(vendorTrust, nodeCrypto);
  if (!trust.ok) throw new Error(trust.error.code);
  const ledger: SecondaryLedger = {
    read: async () => made.remembered,
    write: async (release) => {
      made.remembered = release;
    },
  };
  const wait = async (): Promise<void> => undefined;
  const peer = new McubootSecondary({
    crypto: nodeCrypto,
    trust: trust.value,
    vendorId,
    classId,
    imageKeys: [key.publicKey],
    ledger,
    trustedTime: () => 1_800_000_000n,
    restartMs: 5000,
    wait,
  });
  const gateway = new GatewaySecondary({
    server,
    peer,
    crypto: nodeCrypto,
    connect: async () => overALine(loader),
    mayProceed: async (step) => made.answers[step] ?? "granted",
    observe: () => undefined,
    record: (event) => {
      const { type, facts } = secondaryLogEntry("valve", event);
      const { action: _, secondary, size: __, manifestDigest: ___, ...rest } = facts ?? {};
      made.recorded.push([type.replace("secondary-update-", ""), secondary, ...Object.values(rest)].join(" "));
    },
    uptimeMs: () => performance.now(),
    lookAgainMs: 1000,
    wait,
    random: () => 0,
  });
  const made: Scene = {
    loader,
    server,
    gateway,
    remembered: "blank",
    answers: {},
    recorded: [],
    async offer(release, image = release.image) {
      actions++;
      server.offered = deploymentOf(String(actions), { ...release, image });
      return gateway.runOnce(signal);
    },
  };
  return made;
}

function overALine({ recovery }: Loader): SmpClient {
  const [near, far] = memoryLinks();
  const framing = consoleFraming();
  const serving = { link: far, framing, handler: recovery, form: "indefinite", timer: nodeTimer } as const;
  void serveSmp({ ...serving, longestReply: mcubootLongestMessage });
  return new SmpClient({ link: near, framing, timer: nodeTimer, timeout: 500 });
}

const release = (sequence: bigint, version: string, counter: number, more: Partial<ReleaseOptions> = {}): Release =>
  makeRelease({ sequence, image: loaderImage(key, version, counter), ...more });

describe("a device with MCUboot behind a gateway", () => {
  test("is updated, confirmed, and remembered with the release that it runs", async () => {
    const made = await scene();
    expect(await made.offer(release(5n, "2.0.0", 2))).toMatchObject({ did: "updated" });
    expect(await made.loader.listed()).toContain("0: 2.0.0 active confirmed");
    expect(made.remembered).toMatchObject({ sequence: 5n });
    expect(made.gateway.status).toMatchObject({ state: "confirmed", floor: 5n });
    expect(made.server.feedbacks.at(-1)).toMatch(/closed\/success running-verified$/);
    expect(made.server.attributes.at(-1)).toMatchObject({ sequence: "5" });
    expect(await made.offer(release(5n, "2.0.0", 2))).toMatchObject({ did: "already-installed" });
    expect(made.recorded).toEqual([
      "received valve",
      "started valve 5 install",
      "started valve 5 restart",
      "confirmed valve 5 updated",
      "received valve",
      "confirmed valve already-installed",
    ]);
  });

  test("what the server cannot deliver has failed, and the gateway's log says so", async () => {
    const made = await scene();
    made.server.offered = deploymentOf("missing", release(5n, "2.0.0", 2), "another.bin");
    expect(await made.gateway.runOnce(signal)).toMatchObject({ did: "undeliverable", code: "artifact-missing" });
    expect(made.recorded).toEqual(["received valve", "failed valve artifact-missing"]);
  });

  test("is known by what it runs where the gateway's memory is new", async () => {
    const made = await scene();
    const image = loaderImage(key, "1.0.0", 1);
    expect(await made.offer(makeRelease({ sequence: 4n, image }))).toMatchObject({ did: "already-installed" });
    expect(made.remembered).toMatchObject({ sequence: 4n });
  });

  test("T-GW-ROLLBACK an older release, rightly signed, with a counter that the loader would take", async () => {
    const made = await scene();
    expect(await made.offer(release(5n, "2.0.0", 2))).toMatchObject({ did: "updated" });
    expect(await made.offer(release(4n, "1.9.0", 2))).toMatchObject({ did: "refused", code: "rollback" });
    expect(await made.loader.listed()).toContain("0: 2.0.0 active confirmed");
  });

  test("T-GW-ROLLBACK a memory that is damaged is not a new one", async () => {
    const made = await scene();
    made.remembered = "damaged";
    expect(await made.offer(release(5n, "2.0.0", 2))).toMatchObject({ did: "unreachable" });
    expect(made.gateway.status).toEqual({ state: "unreachable", code: "ledger-damaged" });
    expect(made.remembered).toBe("damaged");
  });

  const large = new Uint8Array(mcubootSizes.slot);
  const own = loaderImage(key, "2.0.0", 2);
  const foreignLoader = loaderImage(loaderKey(), "2.0.0", 2);
  test.each<[string, Release, string]>([
    ["signed by somebody else", release(5n, "2.0.0", 2, { signers: [foreignKey] }), "signer-unknown"],
    ["for another product", release(5n, "2.0.0", 2, { classId: new Uint8Array(16).fill(1) }), "wrong-class"],
    ["that has expired", release(5n, "2.0.0", 2, { useBefore: 1_700_000_000n }), "expired"],
    ["of no image", makeRelease({ sequence: 5n }), "malformed-image"],
    ["of an image for another boot loader", makeRelease({ sequence: 5n, image: foreignLoader }), "signer-unknown"],
    ["of an image that does not fit", makeRelease({ sequence: 5n, image: large }), "image-too-large"],
  ])("T-GW-UNTRUE a release %s is refused before a byte is sent", async (_, offered, code) => {
    const made = await scene();
    const before = await made.loader.listed();
    expect(await made.offer(offered)).toMatchObject({ did: "refused", code });
    expect(await made.loader.slots.read(1, 0, 4)).toEqual(new Uint8Array(4).fill(255));
    expect(await made.loader.listed()).toEqual(before);
    expect(made.server.feedbacks.at(-1)).toMatch(new RegExp(`closed/failure ${code}$`));
    expect(made.recorded).toEqual(["received valve", `refused valve ${code}`]);
    expect(made.remembered).toBe("blank");
  });

  test("T-GW-UNTRUE another payload than the manifest names, of the same length", async () => {
    const made = await scene();
    const swapped = own.with(600, (own[600] ?? 0) ^ 1);
    expect(await made.offer(makeRelease({ sequence: 5n, image: own }), swapped)).toMatchObject({
      did: "refused",
      code: "image-digest-mismatch",
    });
    expect(await made.loader.slots.read(1, 0, 4)).toEqual(new Uint8Array(4).fill(255));
  });

  test("a counter below the loader's own: it takes every byte, lists nothing, and that is said", async () => {
    const made = await scene();
    expect(await made.offer(release(5n, "2.0.0", 0))).toMatchObject({ did: "refused", code: "image-not-listed" });
    expect(made.remembered).toBe("blank");
  });

  test("T-GW-OPERATOR waits for the gateway's operator before the upload and before the restart", async () => {
    const made = await scene();
    made.answers = { install: { code: "outside-window" } };
    const offered = release(5n, "2.0.0", 2);
    expect(await made.offer(offered)).toMatchObject({ did: "waiting", code: "outside-window" });
    expect(await made.loader.slots.read(1, 0, 4)).toEqual(new Uint8Array(4).fill(255));
    made.answers = { restart: { code: "consent-awaited" } };
    expect(await made.gateway.runOnce(signal)).toMatchObject({ did: "waiting", code: "consent-awaited" });
    expect(made.loader.boots).toHaveLength(1);
    expect(await made.loader.listed()).toEqual(["0: 1.0.0 active confirmed", "1: 2.0.0 "]);
    expect(await made.gateway.runOnce(signal)).toMatchObject({ did: "waiting" });
    made.answers = {};
    expect(await made.gateway.runOnce(signal)).toMatchObject({ did: "updated" });
    expect(made.recorded).toEqual([
      "received valve",
      "waiting valve 5 outside-window",
      "started valve 5 install",
      "waiting valve 5 consent-awaited",
      "started valve 5 restart",
      "confirmed valve 5 updated",
    ]);
  });

  test("an upload that was cut goes on; one of other bytes is sent whole", async () => {
    const made = await scene();
    const offered = release(5n, "2.0.0", 2);
    const upload = (image: Uint8Array): Promise<unknown> =>
      made.loader.ask("image", 1, "write", {
        off: 0,
        data: image.subarray(0, 512),
        image: 2,
        len: offered.image.length,
      });
    await upload(loaderImage(key, "3.0.0", 3));
    expect(await made.offer(offered)).toMatchObject({ did: "updated" });
    expect(await made.loader.listed()).toContain("0: 2.0.0 active confirmed");
  });
});

import { nodeCrypto } from "@sumac/crypto/node";
import type { Signer } from "@sumac/signing";
import { type Role, type TrustRecord, trustKey } from "@sumac/verifier";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AttackedDevice, type Conditions, type Outcome } from "./attacked-device.ts";
import { exampleImage, firmware, type KeyHolder, makeRelease, type Release, testSigner } from "./example-product.ts";
import { OnPathAttacker, type Tampering } from "./on-path-attacker.ts";
import { type Stranger, startStranger } from "./stranger.ts";
import { TestServer } from "./test-server.ts";

/** Somebody's doing between a device that runs 1.1.0 and a server that offers it the genuine 1.2.0. */
export interface Attack {
  /** Id in docs/threat-model.md. */
  readonly threat: string;
  readonly name: string;
  readonly send: (scene: AttackScene) => Tampering | Promise<Tampering>;
  /** The one answer allowed. */
  readonly code: string;
  /** How the round ends; default `refused`. */
  readonly ends?: Outcome["did"];
  /**
   * What may differ afterwards; default `nothing`, not a byte of flash. `staging`: what lies in the slot that does not
   * run. `staging-and-record`: also how far the update had come.
   */
  readonly touches?: "staging" | "staging-and-record";
  readonly conditions?: Conditions;
}

/** The keys of the tests; the three who sign the genuine releases are enough for every trust record here. */
export const signers: Readonly<Record<KeyHolder, Signer>> = {
  vendor: await testSigner("vendor"),
  "vendor-p256": await testSigner("vendor-p256"),
  owner: await testSigner("owner"),
  "owner-p256": await testSigner("owner-p256"),
  foreign: await testSigner("foreign"),
  "foreign-p256": await testSigner("foreign-p256"),
};
const allWhoSign = [signers.vendor, signers["vendor-p256"], signers.owner];

/** The published releases, oldest first; the device has left 1.0.0 behind. */
export const releases: Readonly<Record<"1.0.0" | "1.1.0" | "1.2.0", Release>> = {
  "1.0.0": await makeRelease({ version: "1.0.0", sequence: 1n, image: exampleImage("1.0.0") }, allWhoSign),
  "1.1.0": await makeRelease({ version: "1.1.0", sequence: 2n, image: exampleImage("1.1.0") }, allWhoSign),
  "1.2.0": await makeRelease({ version: "1.2.0", sequence: 3n, image: exampleImage("1.2.0") }, allWhoSign),
};
export const offered: Release = releases["1.2.0"];
export const envelopeName = "manifest.suit";

export const role = (name: string, holders: readonly KeyHolder[], rest: Partial<Role> = {}): Role => ({
  name,
  purpose: "release",
  threshold: 1,
  keys: holders.map((holder) => trustKey(signers[holder].publicKey, nodeCrypto)),
  components: [firmware],
  ...rest,
});

/** The device believes the vendor, and lets another of its keys write settings only. */
export const vendorTrust: TrustRecord = {
  roles: [
    role("release", ["vendor"]),
    role("settings", ["vendor-p256"], { components: [[new TextEncoder().encode("settings")]] }),
  ],
  legacyAlgorithms: [],
};

/** Another envelope in place of the offered one; all sizes and hashes around it are made to agree. */
export const sendEnvelope = (envelope: Uint8Array): Tampering => ({
  file: (name) => (name === envelopeName ? envelope : undefined),
});

/** Another release, with its payload under the name that the offered one's has. */
export const sendRelease = ({ envelope, image, uri }: Release): Tampering => ({
  file: (name) => (name === envelopeName ? envelope : image),
  deployment: (document) => {
    for (const artifact of document.deployment.chunks[0]?.artifacts ?? []) {
      if (artifact.filename === offered.uri) artifact.filename = uri;
    }
  },
});

/** Another payload under the genuine envelope. */
export const sendPayload = (change: (image: Uint8Array) => Uint8Array): Tampering => ({
  file: (name, genuine) => (name === offered.uri ? change(genuine) : undefined),
});

/** Everybody an attack needs. */
export class AttackScene {
  readonly server: TestServer;
  readonly attacker: OnPathAttacker;
  readonly stranger: Stranger;
  readonly device: AttackedDevice;
  #attacks = 0;

  private constructor(server: TestServer, attacker: OnPathAttacker, stranger: Stranger, device: AttackedDevice) {
    this.server = server;
    this.attacker = attacker;
    this.stranger = stranger;
    this.device = device;
  }

  /** The device has come from 1.0.0 to 1.1.0 over this very server; then 1.2.0 was published. */
  static async set(trust: TrustRecord): Promise<AttackScene> {
    const server = await TestServer.start(vendorTrust);
    await server.publish(releases["1.1.0"]);
    const attacker = await OnPathAttacker.start(() => server.url);
    const scene = new AttackScene(
      server,
      attacker,
      await startStranger(),
      await AttackedDevice.provision(trust, releases["1.0.0"]),
    );
    expect(await scene.meet()).toEqual({ did: "updated", code: undefined });
    await server.publish(offered);
    return scene;
  }

  /** One round under a new name: the server stops offering a release to a device that keeps failing. */
  meet(conditions: Conditions = {}): Promise<Outcome> {
    this.#attacks++;
    const { gateway: token } = this.server.tokens;
    return this.device.meet({ url: this.attacker.url, token, controllerId: this.controllerId }, conditions);
  }

  /** The name of the last round. */
  get controllerId(): string {
    return `rtu-${this.#attacks}`;
  }

  /** An attack that gets through is undone, so that the ones behind it are judged by themselves. */
  async withstand(attack: Attack): Promise<void> {
    const content = this.device.content();
    try {
      await this.#expectWithstood(attack);
    } catch (broken) {
      await this.device.restore(content);
      throw broken;
    }
  }

  async #expectWithstood({ send, code, ends = "refused", touches, conditions = {} }: Attack): Promise<void> {
    const before = await this.device.impression();
    const contacts = this.stranger.contacts();
    this.attacker.forget();
    this.attacker.tampering = await send(this);
    const outcome = await this.meet(conditions);
    this.attacker.forget();
    expect(outcome).toEqual({ did: ends, code });

    // Off and on: what is stored counts.
    expect(await this.device.boot()).toMatchObject({
      kind: "running",
      mode: "confirmed",
      booted: { version: "1.1.0" },
    });
    const { stagingSlot, stateRegion, ...untouchable } = await this.device.impression();
    const allowed = {
      ...(touches === undefined ? {} : { stagingSlot }),
      // A device with a trusted clock keeps the time, whatever it is sent; floor and trust are compared by themselves.
      ...(touches === "staging-and-record" || conditions.now !== undefined ? { stateRegion } : {}),
    };
    expect({ ...untouchable, stagingSlot, stateRegion }).toEqual({ ...before, ...allowed });
    expect(this.stranger.contacts()).toBe(contacts);
    if (ends === "refused" || ends === "undeliverable") await this.#expectReport(code);
  }

  async close(): Promise<void> {
    await this.attacker.close();
    await this.stranger.close();
    await this.server.close();
  }

  /** The server, too, knows why. */
  async #expectReport(code: string): Promise<void> {
    const { action } = (await this.server.device(this.controllerId)) ?? {};
    expect(await this.server.action(action ?? 0)).toMatchObject({ state: "failed", open: false, reason: code });
  }
}

/** Plays the attacks one after the other on one device, which after all of them takes the genuine update. */
export function describeAttacks(title: string, trust: TrustRecord, attacks: readonly Attack[]): void {
  describe(title, { timeout: 20_000 }, () => {
    let scene: AttackScene;
    beforeAll(async () => {
      scene = await AttackScene.set(trust);
    });
    afterAll(() => scene.close());

    for (const attack of attacks)
      test(`${attack.threat}: ${attack.name}: ${attack.code}`, () => scene.withstand(attack));

    test("after all of this the genuine update still installs", async () => {
      expect(await scene.meet({ now: 1n })).toEqual({ did: "updated", code: undefined });
      expect(await scene.device.boot()).toMatchObject({ mode: "confirmed", booted: { version: "1.2.0" } });
      expect(await scene.device.impression()).toMatchObject({ floor: expect.stringMatching(/^3 /) });
      const { action, installed } = (await scene.server.device(scene.controllerId)) ?? {};
      expect(installed).toMatchObject({ sequence: "3" });
      expect(await scene.server.action(action ?? 0)).toMatchObject({ state: "running-verified" });
    });
  });
}

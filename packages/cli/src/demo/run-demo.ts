import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { publicKeyPem } from "@sumac/cose";
import { nodeCrypto } from "@sumac/crypto/node";
import { type AgentEvent, powerCutScenario, powerCutSweep } from "@sumac/device";
import { checkWithVerifier, createToken, type RunningServer, startServer } from "@sumac/server";
import { Passphrase, type Signer } from "@sumac/signing";
import { createKey, openKey, openUnencryptedTestKey } from "@sumac/signing/node";
import { formatUuid } from "@sumac/suit";
import { serializeTrustRecord, type TrustRecord, trustKey } from "@sumac/verifier";
import { CollectedArguments, type Command } from "../command.ts";
import { publish } from "../commands/publish.ts";
import { verify } from "../commands/verify.ts";
import { oneChunk } from "../file-chunks.ts";
import { interrupted } from "../interruption.ts";
import type { Io } from "../io.ts";
import { Terminal } from "../terminal.ts";
import { demoAttacks } from "./demo-attacks.ts";
import { DemoDevice, demoComponent, demoLayout } from "./demo-device.ts";
import { type DemoProduct, type DemoRelease, makeRelease, readDemoProduct } from "./demo-product.ts";
import { OnPathAttacker } from "./on-path-attacker.ts";

interface DemoStep {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
}

/** What `sumac demo --json` prints; others script it, so members are only ever added. */
export interface DemoReport {
  readonly steps: readonly DemoStep[];
  readonly booted: string | null;
  readonly refused: readonly { readonly attack: string; readonly code: string }[];
  readonly powerCuts: { readonly tried: number; readonly bricked: number };
}

export interface DemoObserver {
  step(step: DemoStep, detail: string): void;
  device(event: AgentEvent): void;
  failed(step: string, error: unknown): void;
}

const powerCutPoints = 200;

/**
 * The main job, on real firmware: key, build, sign, publish, poll, verify, stage, try, confirm; then attacks, power cuts
 * and a verification without any network. The report is what happened, never what should have. A signal ends it after
 * the step that runs: then it throws, with everything closed and removed.
 */
export async function runDemo(io: Io, observer: DemoObserver): Promise<DemoReport> {
  // Asked for before there is anything to tidy up: until then a signal ends the process at once.
  if (io.interrupted.aborted) throw interrupted();
  const demo = new Demo(io, observer);
  try {
    await demo.play();
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
  } finally {
    await demo.close();
  }
  return demo.report();
}

/** Ends the demonstration: every later step builds on the one that failed. */
class StepFailed extends Error {}

class Demo {
  readonly #io: Io;
  readonly #observer: DemoObserver;
  readonly #folder = mkdtempSync(path.join(tmpdir(), "sumac-demo-"));
  readonly #device: DemoDevice;
  readonly #steps: DemoStep[] = [];
  readonly #refused: { attack: string; code: string }[] = [];
  readonly #closing: (() => Promise<void> | void)[] = [];
  #booted: string | null = null;
  #powerCuts = { tried: 0, bricked: 0 };

  constructor(io: Io, observer: DemoObserver) {
    this.#io = io;
    this.#observer = observer;
    this.#device = new DemoDevice((event) => observer.device(event));
    const removeFolder = (): void => rmSync(this.#folder, { recursive: true, force: true });
    // Also for whoever does not wait for the step to end, and sends a second signal.
    process.once("exit", removeFolder);
    this.#closing.push(() => {
      removeFolder();
      process.off("exit", removeFolder);
    });
    this.#closing.push(() => this.#device.close());
  }

  report(): DemoReport {
    return { steps: this.#steps, booted: this.#booted, refused: this.#refused, powerCuts: this.#powerCuts };
  }

  async close(): Promise<void> {
    const faults: unknown[] = [];
    for (const close of this.#closing.reverse()) {
      try {
        await close();
      } catch (fault) {
        faults.push(fault);
      }
    }
    if (faults.length > 0) throw faults[0];
  }

  async play(): Promise<void> {
    const product = await readDemoProduct();
    const { vendor, foreign, publicKeyFile } = await this.#step("keys", () => this.#makeKeys(product));
    const releases = await this.#step("build and sign", () => this.#makeReleases(product, vendor));
    const trust = vendorTrust(vendor);
    const served = await this.#step("serve", () => this.#serve(trust));
    await this.#step("publish 1.0.0 and 1.1.0", async () => {
      await this.#publish(releases.v1_0, served);
      await this.#publish(releases.v1_1, served);
      return ["over HTTP, checked by the server with the vendor's key", undefined];
    });
    await this.#step("provision and boot 1.0.0", () => this.#provision(releases.v1_0, trust));
    await this.#step("update to 1.1.0", () => this.#update(served));

    await this.#step("publish 1.2.0", async () => {
      await this.#publish(releases.v1_2, served);
      return ["the update that is attacked", undefined];
    });
    const { attacker, attacks } = await this.#step("prepare attacks", async () => {
      const { description } = product;
      const [older, offered] = [releases.v1_0, releases.v1_2];
      const attacks = await demoAttacks({ description, vendor, foreign, older, offered });
      const attacker = await OnPathAttacker.start(served.server.url);
      this.#closing.push(() => attacker.close());
      return [`${attacks.length} of them, between device and server`, { attacker, attacks }];
    });
    // Under a new name for each attack: the server soon stops offering a release to a device that keeps failing.
    for (const attack of attacks) {
      await this.#step(`attack: ${attack.attack}`, async () => {
        attacker.tampering = attack.tampering ?? (() => undefined);
        const before = await this.#device.untouchables();
        const { round, code } = await this.#device.update(
          { url: attacker.url, token: served.deviceToken, controllerId: `rtu-attacked-${this.#refused.length}` },
          attack.beforeRestart,
        );
        const after = await this.#device.untouchables();
        if (code !== undefined) this.#refused.push({ attack: attack.attack, code });
        if (code !== attack.code)
          throw new Error(`the device ${round.did}: ${code ?? "no refusal"} instead of ${attack.code}`);
        if (after !== before) throw new Error(`the device changed:\n${before}\n${after}`);
        return [`${code}, nothing changed`, undefined];
      });
    }
    await this.#step(`power cut at ${powerCutPoints} points of an update`, () => this.#cutPower(trust, releases));
    await this.#step("verify offline", () => this.#verifyOffline(releases.v1_1, publicKeyFile));
  }

  /** `work` answers with a line for people and what later steps need. */
  async #step<T>(name: string, work: () => Promise<readonly [detail: string, result: T]>): Promise<T> {
    if (this.#io.interrupted.aborted) throw interrupted();
    const began = performance.now();
    const elapsed = (): number => Math.round(performance.now() - began);
    try {
      const [detail, result] = await work();
      const step = { name, ok: true, ms: elapsed() };
      this.#steps.push(step);
      this.#observer.step(step, detail);
      return result;
    } catch (error) {
      const step = { name, ok: false, ms: elapsed() };
      this.#steps.push(step);
      this.#observer.step(step, "failed");
      this.#observer.failed(name, error);
      throw new StepFailed(name, { cause: error });
    }
  }

  async #makeKeys({ foreignKeyFile }: DemoProduct) {
    const passphrase = Passphrase.parse(new TextEncoder().encode(randomBytes(16).toString("hex")));
    if (!passphrase.ok) throw new Error(passphrase.error.code);
    const directory = path.join(this.#folder, "keys");
    const made = await createKey({ directory, name: "vendor", algorithm: "ed25519", passphrase: passphrase.value });
    if (!made.ok) throw new Error(made.error.code);
    const opened = await openKey(made.value.privateKeyPath, passphrase.value);
    passphrase.value.wipe();
    if (!opened.ok) throw new Error(opened.error.code);
    const foreign = await openUnencryptedTestKey(foreignKeyFile);
    if (!foreign.ok) throw new Error(foreign.error.code);
    const vendor = opened.value.signer;
    const publicKeyFile = path.join(this.#folder, "vendor.pub.pem");
    writeFileSync(publicKeyFile, publicKeyPem(vendor.publicKey));
    const keys = { vendor, foreign: foreign.value.signer, publicKeyFile };
    return ["an Ed25519 key in a file encrypted with a passphrase", keys] as const;
  }

  async #makeReleases({ description, images }: DemoProduct, vendor: Signer) {
    const make = (version: string, sequence: bigint): Promise<DemoRelease> =>
      makeRelease(description, { version, sequence, image: images.get(version) ?? new Uint8Array() }, [vendor]);
    const releases = { v1_0: await make("1.0.0", 1n), v1_1: await make("1.1.0", 2n), v1_2: await make("1.2.0", 3n) };
    const { image, envelope } = releases.v1_1;
    return [`1.1.0: image of ${image.length} bytes, envelope of ${envelope.length}`, releases] as const;
  }

  async #serve(trust: TrustRecord) {
    const dataDirectory = path.join(this.#folder, "server");
    const { token } = await createToken(dataDirectory, { role: "publish", label: "demo" });
    const { token: deviceToken } = await createToken(dataDirectory, {
      role: "gateway",
      label: "demo",
      pattern: "rtu-*",
    });
    const publishTokenFile = path.join(this.#folder, "publish.token");
    writeFileSync(publishTokenFile, `${token}\n`, { mode: 0o600 });
    const server = await startServer({
      dataDirectory,
      checkEnvelope: checkWithVerifier({ crypto: nodeCrypto, trust }),
      port: 0,
      log: { level: "silent" },
    });
    this.#closing.push(() => server.close());
    return [server.url, { server, publishTokenFile, deviceToken }] as const;
  }

  /** With the real command, on files. */
  async #publish(release: DemoRelease, { server, publishTokenFile }: Served): Promise<void> {
    const envelopeFile = this.#writeRelease(release);
    await this.#run(publish, envelopeFile, { server: server.url, "token-file": publishTokenFile });
  }

  #writeRelease({ version, envelope, payloadUri, image }: DemoRelease): string {
    const envelopeFile = path.join(this.#folder, `rtu-demo-${version}.suit`);
    writeFileSync(envelopeFile, envelope);
    writeFileSync(path.join(this.#folder, payloadUri), image);
    return envelopeFile;
  }

  async #provision(release: DemoRelease, trust: TrustRecord) {
    await this.#device.provision({
      identity: {
        vendorIds: [release.vendorId],
        classIds: [release.classId],
        components: [demoComponent],
      },
      trustRecord: serializeTrustRecord(trust),
      envelope: release.envelope,
      fetch: () => oneChunk(release.image),
    });
    const booted = await this.#device.boot();
    if (booted.kind !== "running") throw new Error(`the device does not boot: ${booted.kind}`);
    return [`class ${formatUuid(release.classId)}`, undefined] as const;
  }

  async #update({ server, deviceToken }: Served) {
    const { round, code } = await this.#device.update({ url: server.url, token: deviceToken, controllerId: "rtu-1" });
    if (round.did !== "updated") throw new Error(`the device ${round.did}: ${code ?? "no refusal"}`);
    const booted = await this.#device.boot();
    if (booted.kind !== "running" || booted.mode !== "confirmed") throw new Error("the update was not confirmed");
    this.#booted = booted.booted.version ?? null;
    if (this.#booted !== "1.1.0") throw new Error(`the device runs ${this.#booted}`);
    return ["polled, verified, staged, tried, confirmed", undefined] as const;
  }

  async #cutPower(trust: TrustRecord, { v1_0, v1_1, v1_2 }: Releases) {
    const subject = {
      layout: demoLayout,
      crypto: nodeCrypto,
      factory: {
        identity: {
          vendorIds: [v1_0.vendorId],
          classIds: [v1_0.classId],
          components: [demoComponent],
        },
        trustRecord: serializeTrustRecord(trust),
      },
      releases: [played(v1_0), played(v1_1), played(v1_2)],
      chunkSize: 256,
    } as const;
    const report = await powerCutSweep(await powerCutScenario("update", subject), { points: powerCutPoints, seed: 1 });
    this.#powerCuts = { tried: report.tried, bricked: report.bricked };
    const [failure] = report.failures;
    if (failure !== undefined) {
      throw new Error(
        `${failure.problem} after a cut ${failure.cut.moment} operation ${failure.cut.operation}: ${failure.detail}`,
      );
    }
    return [
      `${report.tried} cuts over ${report.operations} flash operations, every one booted a good image`,
      undefined,
    ] as const;
  }

  /** The real command again: what a plant would do with files on a stick. */
  async #verifyOffline(release: DemoRelease, publicKeyFile: string) {
    const file = this.#writeRelease(release);
    const payload = `${release.payloadUri}=${path.join(this.#folder, release.payloadUri)}`;
    await this.#run(verify, file, { key: publicKeyFile, payload, floor: "2" });
    return ["envelope and payload, from files alone", undefined] as const;
  }

  /** Runs a command in this process; its results are not for the person who watches. */
  async #run(command: Command, operand: string, options: Readonly<Record<string, string>>): Promise<void> {
    const nowhere = { write: () => undefined, terminal: false, columns: 80 };
    const io = { ...this.#io, stdout: nowhere, stderr: nowhere };
    const given = new CollectedArguments(
      new Map(command.operands.map(({ name }) => [name, operand])),
      new Map(Object.entries(options).map(([name, value]) => [name, [value]])),
    );
    const code = await command.run(given, { io, terminal: new Terminal(io, "text") });
    if (code !== 0) throw new Error(`sumac ${command.name} ended with ${code}`);
  }
}

interface Served {
  readonly server: RunningServer;
  readonly publishTokenFile: string;
  readonly deviceToken: string;
}

interface Releases {
  readonly v1_0: DemoRelease;
  readonly v1_1: DemoRelease;
  readonly v1_2: DemoRelease;
}

const vendorTrust = (vendor: Signer): TrustRecord => ({
  roles: [
    {
      name: "release",
      purpose: "release",
      threshold: 1,
      keys: [trustKey(vendor.publicKey, nodeCrypto)],
      components: [demoComponent],
    },
  ],
  legacyAlgorithms: [],
});

const played = ({ envelope, image }: DemoRelease) => ({ envelope, images: [image] });

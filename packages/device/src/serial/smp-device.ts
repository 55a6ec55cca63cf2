import { err, ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import type {
  SumacAction,
  SumacDevice,
  SumacDigest,
  SumacEvent,
  SumacEvents,
  SumacIdentity,
  SumacReason,
  SumacRefused,
  SumacVerdict,
} from "@sumac/smp";
import { sumacProtocol } from "@sumac/smp";
import { digestAlgorithmLabel, digestOf, parseEnvelope, type SuitDigest } from "@sumac/suit";
import { isWaiting, type Operations, trustComponents } from "@sumac/verifier";
import type { Device } from "../device/device.ts";
import type { DeviceRefusal, Offer } from "../device/offer.ts";
import type { LogView } from "../log/event-log.ts";
import { logTypeById } from "../log/log-type.ts";
import { otherSlot } from "../slots/slot.ts";
import type { SlotImage } from "../slots/slot-check.ts";
import type { Slots } from "../slots/slots.ts";
import type { DeviceKey } from "../statement/device-key.ts";
import { deviceReport, runningReport } from "../statement/device-report.ts";
import type { TrustOffer } from "../trust/trust-update.ts";
import { Unavailable } from "../unavailable.ts";
import { smpFacts } from "./smp-device-facts.ts";
import { type DeviceAct, deviceActs, saidState } from "./smp-device-rule.ts";
import { PayloadFeed } from "./smp-payload-feed.ts";

export interface SmpDevicePorts {
  /** Running. */
  readonly device: Device;
  /** Of that device. */
  readonly slots: Slots;
  readonly crypto: Crypto;
  /** Absent: it has no key, and signs no reports. */
  readonly key?: DeviceKey;
  readonly log?: LogView;
  /** Switches off and on. Throws if nothing runs afterwards: such a device answers nobody. */
  restart(): Promise<void>;
  /** Of the image on trial; asked once for each boot. */
  selfTest(image: SlotImage): Promise<"passed" | "failed">;
  /** Seconds since 1970; undefined = there is no clock that is trusted. */
  trustedTime(): bigint | undefined;
  /** What the plant allows now; undefined = nobody operates here. */
  operations(): Promise<Operations | undefined>;
}

type InHand =
  | { readonly phase: "none" }
  | { readonly phase: "done"; readonly manifest: SuitDigest }
  | {
      readonly phase: "refused" | "waiting";
      readonly envelope: Uint8Array;
      readonly because: { readonly code: string };
      /** Absent: a fault of the storage, of which no report can be made. */
      readonly refusal?: DeviceRefusal;
    }
  | {
      readonly phase: "wants-payload";
      readonly envelope: Uint8Array;
      readonly manifest: SuitDigest;
      readonly feed: PayloadFeed;
      /** When the installation is over, however. Rejects for bugs only. */
      readonly ended: Promise<void>;
    };

/** Entries of the log that one answer chooses from. */
const mostEvents = 32;

/**
 * A device as Sumac's group of SMP shows it. The other end is believed nothing: the device's own verifier judges the
 * envelope, payload goes straight into the slot and is digested and read back there, and an image on trial is confirmed
 * only if it has passed its own self-test. What is in hand is lost with a restart, what lies in the slot is not: the same
 * envelope goes on there.
 */
export class SmpDevice implements SumacDevice {
  readonly #ports: SmpDevicePorts;
  #inHand: InHand = { phase: "none" };
  #selfTest: Promise<"passed" | "failed"> | undefined;

  constructor(ports: SmpDevicePorts) {
    this.#ports = ports;
  }

  async identity(): Promise<SumacIdentity> {
    const { device, slots } = this.#ports;
    const { identity, floor, running, trust, boot } = device.status();
    return {
      protocol: sumacProtocol,
      vendorIds: identity.vendorIds,
      classIds: identity.classIds,
      ...(identity.deviceId === undefined ? {} : { deviceId: identity.deviceId }),
      components: slots.components.map(({ id, capacity }) => ({ id, maxSize: BigInt(capacity) })),
      floor: floor.sequence,
      state: saidState(this.#inHand.phase, boot.state),
      manifest: digestFor(running.manifestDigest),
      trust: said(digestOf(this.#ports.crypto, "sha-256", trust.vendor.record)),
    };
  }

  async verdict(): Promise<SumacVerdict> {
    await this.#settled();
    const inHand = this.#inHand;
    switch (inHand.phase) {
      case "refused":
      case "waiting":
        return { state: inHand.phase, ...reasonOf(inHand.because) };
      case "done":
        return { state: "confirmed", manifest: said(inHand.manifest) };
      case "wants-payload": {
        const { wanted } = inHand.feed;
        if (wanted === undefined) throw new Error("an installation waits for nothing");
        const { uri, component, size, offset } = wanted;
        return { state: inHand.phase, uri, component, size, offset, manifest: said(inHand.manifest) };
      }
      case "none":
        return this.#bootVerdict();
    }
  }

  async #bootVerdict(): Promise<SumacVerdict> {
    const { boot, running } = this.#ports.device.status();
    const ran = { manifest: digestFor(running.manifestDigest) };
    switch (boot.state) {
      case "idle":
        return { state: "idle" };
      case "staged":
      case "armed": {
        const manifest = await this.#stagedManifest();
        return { state: boot.state, ...(manifest === undefined ? {} : { manifest: said(manifest) }) };
      }
      case "trial": {
        const failed = (await this.#tested()) === "failed";
        return { state: "trial", ...ran, ...(failed ? reasonOf({ code: "self-test-failed" }) : {}) };
      }
      case "confirmed":
        return { state: "confirmed", ...ran };
      case "reverted": {
        const tried = boot.trials.at(-1)?.manifestDigest;
        return { state: "reverted", ...(tried === undefined ? {} : { manifest: digestFor(tried) }) };
      }
    }
  }

  async offer(envelope: Uint8Array): Promise<void> {
    await this.#interrupt();
    const { device, trustedTime, operations } = this.#ports;
    const now = trustedTime();
    const plant = await operations();
    const received = device.receive(envelope, {
      ...(now === undefined ? {} : { now }),
      ...(plant === undefined ? {} : { operations: plant }),
    });
    if (!received.ok) {
      this.#refuse(envelope, received.error);
      return;
    }
    switch (received.value.kind) {
      case "already-installed": {
        const manifest = digestIn(envelope);
        this.#inHand = manifest === undefined ? { phase: "none" } : { phase: "done", manifest };
        return;
      }
      case "offer":
        return this.#install(envelope, received.value.offer);
      case "trust-offer":
        return this.#applyTrust(envelope, received.value.offer);
    }
  }

  #install(envelope: Uint8Array, offer: Offer): Promise<void> {
    const manifest = offer.update.manifestDigest;
    return this.#receive(envelope, manifest, async (feed) => {
      const installed = await this.#ports.device.install(offer, feed);
      if (!installed.ok) this.#refuse(envelope, installed.error);
      else this.#inHand = offer.set === "recovery" ? { phase: "done", manifest } : { phase: "none" };
    });
  }

  #applyTrust(envelope: Uint8Array, offer: TrustOffer): Promise<void> {
    const manifest = offer.update.manifestDigest;
    const component = trustComponents[offer.part];
    const size = Number(offer.expected.size);
    return this.#receive(envelope, manifest, async (feed) => {
      const applied = await this.#ports.device.applyTrust(offer, {
        fetch: (uri) => feed.fetch(0, { component, uri, size }),
      });
      if (!applied.ok) this.#refuse(envelope, applied.error);
      else this.#inHand = { phase: "done", manifest };
    });
  }

  /** Begins what takes the payload, up to the point where it waits for the first byte or needs none. */
  async #receive(
    envelope: Uint8Array,
    manifest: SuitDigest,
    work: (feed: PayloadFeed) => Promise<void>,
  ): Promise<void> {
    const feed = new PayloadFeed();
    const ended = work(feed).catch((fault: unknown) => {
      if (!(fault instanceof Unavailable)) throw fault;
      this.#inHand =
        fault.code === "aborted" ? { phase: "none" } : { phase: "refused", envelope, because: { code: fault.code } };
    });
    // It may reject while nobody waits for it; whoever asks next hears of it.
    ended.catch(() => undefined);
    this.#inHand = { phase: "wants-payload", envelope, manifest, feed, ended };
    await feed.settled(ended);
  }

  async takePayload(offset: number, data: Uint8Array): Promise<Result<number, SumacRefused>> {
    const inHand = this.#inHand;
    if (inHand.phase !== "wants-payload" || inHand.feed.wanted?.offset !== offset) return err("not-expected");
    await Promise.race([inHand.feed.hand(offset, data), inHand.ended]);
    const after = this.#after();
    const failed = after.phase === "refused" && after.refusal === undefined;
    return failed ? err("storage-failed") : ok(offset + data.length);
  }

  async act(action: SumacAction): Promise<Result<undefined, SumacRefused>> {
    await this.#settled();
    switch (this.#actFor(action)) {
      case "refuse-not-now":
        return err("not-now");
      case "refuse-not-expected":
        return err("not-expected");
      case "confirm":
        return this.#confirm();
      case "abandon":
        return storing(async () => {
          await this.#interrupt();
          await this.#ports.device.abandon();
        });
      case "arm-and-restart":
      case "restart":
      case "nothing":
        return ok(undefined);
    }
  }

  async #confirm(): Promise<Result<undefined, SumacRefused>> {
    if ((await this.#tested()) === "failed") return err("not-now");
    return storing(async () => {
      const confirmed = await this.#ports.device.confirm();
      if (!confirmed.ok) throw new Error("the trial ended behind the back of whoever confirms it");
      this.#inHand = { phase: "none" };
    });
  }

  async restart(): Promise<void> {
    await this.#settled();
    const act = this.#actFor("restart");
    await this.#interrupt();
    if (act === "arm-and-restart") {
      const armed = await storing(() => this.#ports.device.arm());
      if (!armed.ok) return;
    }
    await this.powerCycle();
  }

  /** A restart that arms nothing: what is staged stays so, what is on trial goes back. */
  async powerCycle(): Promise<void> {
    await this.#interrupt();
    await this.#ports.restart();
    this.#selfTest = undefined;
  }

  /** The power is gone: what was in hand ends where it stands. */
  loseMemory(): Promise<void> {
    return this.#interrupt();
  }

  async report(): Promise<Uint8Array | undefined> {
    const { device, slots, crypto, key } = this.#ports;
    if (key === undefined) return undefined;
    const inHand = this.#inHand;
    const refusal = inHand.phase === "refused" || inHand.phase === "waiting" ? inHand.refusal : undefined;
    const report =
      refusal !== undefined && "envelope" in inHand
        ? await deviceReport({ envelope: inHand.envelope, outcome: { result: "refused", refusal } }, key, crypto)
        : await runningReport(slots, device.status().running, {}, key, crypto);
    return report.ok ? report.value : undefined;
  }

  async events(after: number): Promise<SumacEvents> {
    const { log } = this.#ports;
    const events: SumacEvent[] = [];
    let last = 0;
    for await (const { record } of log?.records() ?? []) {
      last = record.counter + 1;
      if (last <= after || events.length === mostEvents) continue;
      const time = record.time === undefined ? {} : { at: Number(record.time) };
      const code = logTypeById(record.id) ?? `unknown-${record.id}`;
      events.push({ number: last, ...time, code, facts: smpFacts({ result: record.result, ...record.facts }) });
    }
    return { events, last };
  }

  #actFor(action: SumacAction): DeviceAct {
    return deviceActs[this.#inHand.phase][this.#ports.device.status().boot.state][action];
  }

  /** After the last byte the installation seals and reads back: what it comes to is worth waiting for. */
  async #settled(): Promise<void> {
    if (this.#inHand.phase === "wants-payload") await this.#inHand.feed.settled(this.#inHand.ended);
  }

  /** What is in hand now: it changes while something is awaited. */
  #after(): InHand {
    return this.#inHand;
  }

  /** Ends an installation that waits for bytes; what arrived stays in the slot. Whatever else is in hand is forgotten. */
  async #interrupt(): Promise<void> {
    const inHand = this.#inHand;
    if (inHand.phase === "wants-payload") {
      inHand.feed.abort();
      await inHand.ended;
    }
    this.#inHand = { phase: "none" };
  }

  #refuse(envelope: Uint8Array, refusal: DeviceRefusal): void {
    this.#inHand = { phase: isWaiting(refusal) ? "waiting" : "refused", envelope, because: refusal, refusal };
  }

  #tested(): Promise<"passed" | "failed"> {
    const { device, selfTest } = this.#ports;
    this.#selfTest ??= selfTest(device.status().running);
    return this.#selfTest;
  }

  async #stagedManifest(): Promise<SuitDigest | undefined> {
    const { device, slots } = this.#ports;
    const content = await slots.inspect(otherSlot(device.status().boot.active));
    return content.state === "sealed" ? digestIn(content.envelope) : undefined;
  }
}

/** A name for people and comparisons: nothing in the envelope is believed for it. */
function digestIn(envelope: Uint8Array): SuitDigest | undefined {
  const parsed = parseEnvelope(envelope);
  return parsed.ok ? parsed.value.digest : undefined;
}

const said = ({ algorithm, bytes }: SuitDigest): SumacDigest => ({ algorithm: digestAlgorithmLabel[algorithm], bytes });

/** A stored digest does not say its algorithm; no two that a manifest can have are of one length. */
function digestFor(bytes: Uint8Array): SumacDigest {
  const algorithm = bytes.length === 32 ? "sha-256" : bytes.length === 48 ? "sha-384" : "sha-512";
  return said({ algorithm, bytes });
}

const reasonOf = (because: { readonly code: string }): SumacReason => ({
  code: because.code,
  facts: smpFacts(because),
});

/** A storage that fails is an answer, as it is for every other peer of the device. */
async function storing(work: () => Promise<unknown>): Promise<Result<undefined, SumacRefused>> {
  try {
    await work();
    return ok(undefined);
  } catch (fault) {
    if (!(fault instanceof Unavailable)) throw fault;
    return err("storage-failed");
  }
}

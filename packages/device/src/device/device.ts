import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex, equalBytes } from "@sumac/crypto";
import type { ComponentId } from "@sumac/suit";
import { addressedComponents, latest, type Rejection, type TrustParts } from "@sumac/verifier";
import { type Factory, type Provisioned, type ProvisionRefusal, provisionDevice } from "../factory/provision.ts";
import {
  checkListedBytes,
  checkListedFacts,
  checkListedManifest,
  missingTrustUpdate,
} from "../repository/listed-target.ts";
import type { RepositoryRefusal } from "../repository/repository-refusal.ts";
import { otherSlot, type SlotName } from "../slots/slot.ts";
import { bootJudge, checkSlot, envelopeLimits, type SlotImage, slotImage } from "../slots/slot-check.ts";
import { type ImageSource, stageUpdate } from "../slots/stage-update.ts";
import type { DeviceIdentity, DeviceState, Floor, PendingReport, StoredTrust } from "../state/state.ts";
import { fitted } from "../state/state-room.ts";
import type { OwnRefusal, TrustChange, TrustSource } from "../trust/trust-change.ts";
import { TrustDesk } from "../trust/trust-desk.ts";
import type { TrustOffer, TrustUpdateRefusal } from "../trust/trust-update.ts";
import type { BootMode, BootRecord } from "./boot.ts";
import {
  type Booted,
  type BootOutcome,
  bootDevice,
  type DeviceParts,
  maxTrialsOf,
  type Session,
} from "./boot-device.ts";
import { componentSetOf } from "./component-set.ts";
import { DeviceClock } from "./device-clock.ts";
import type { DeviceEvent } from "./device-event.ts";
import { eventSigners } from "./event-signers.ts";
import { judgeOffer } from "./judge-offer.ts";
import type { DeviceRefusal, Offer, OfferConditions, Received } from "./offer.ts";
import { resumeDevice } from "./resume-device.ts";
import type { StagingsExhausted } from "./staging-budget.ts";
import type { TimeRefusal, TimeSources, TrustedTime } from "./trusted-time.ts";

export interface DeviceStatus {
  readonly running: SlotImage;
  readonly mode: BootMode;
  readonly boot: BootRecord;
  readonly floor: Floor;
  /** Absent: there never was a recovery image. */
  readonly recovery: Floor | undefined;
  readonly identity: DeviceIdentity;
  readonly trust: StoredTrust;
  readonly report: PendingReport | undefined;
  /** Seconds since 1970; 0 = no trusted time was ever seen. */
  readonly lastTime: bigint;
}

/**
 * A device with two slots. `boot` begins a session; the other methods belong to it and throw outside of one. After a
 * fault of the storage, or a power cut, boot again: nothing is relied on that is not stored.
 */
export class Device {
  readonly #parts: DeviceParts;
  #session: Session | undefined;
  /** Of this session and this floor. */
  #offers = new WeakSet<Offer>();

  readonly #trust: TrustDesk;
  readonly #clock: DeviceClock;

  /** Throws `RangeError` on a number of trials that is none. */
  constructor(parts: DeviceParts) {
    maxTrialsOf(parts);
    this.#parts = parts;
    this.#clock = new DeviceClock(parts.timeRules, (event) => this.#tell(event));
    this.#trust = new TrustDesk({
      parts,
      session: () => this.#running(),
      change: (change, trust) => this.#changeTrust(change, trust),
      tell: (event) => this.#tell(event),
    });
  }

  async provision(factory: Factory): Promise<Result<Provisioned, ProvisionRefusal>> {
    const provisioned = await provisionDevice(this.#parts, factory);
    this.#tell(
      provisioned.ok
        ? { event: "provisioned", ...provisioned.value }
        : { event: "provision-refused", refusal: provisioned.error },
    );
    return provisioned;
  }

  boot(): Promise<BootOutcome> {
    return this.#begin(bootDevice);
  }

  /**
   * In place of `boot` where only this process starts again and the image goes on running: a crash of the process is not
   * the end of a trial, and what is armed is not tried by it.
   */
  resume(): Promise<BootOutcome> {
    return this.#begin(resumeDevice);
  }

  async #begin(start: (parts: DeviceParts) => Promise<Booted>): Promise<BootOutcome> {
    this.#session = undefined;
    this.#forgetOffers();
    const { outcome, session } = await start(this.#parts);
    if (outcome.kind === "running") await this.#parts.pointer?.booted(outcome.booted.slot, outcome.mode, outcome.why);
    this.#session = session;
    this.#tell({ event: "booted", outcome });
    return outcome;
  }

  status(): DeviceStatus {
    const { state, running, mode } = this.#running();
    const { boot, floor, recovery, identity, trust, report, lastTime } = state;
    return { running, mode, boot, floor, recovery, identity, trust, report, lastTime };
  }

  /** The longest envelope that can be stored, in bytes; what is longer need not be fetched to its end. */
  get envelopeLimit(): number {
    return envelopeLimits(this.#parts.slots).maxBytes;
  }

  /** What the device knows of the time; `clock` as in `keepTime`. */
  time(clock: bigint | undefined): TrustedTime {
    return this.#clock.judge(this.#running().state.lastTime, clock);
  }

  /** An order was refused before there was an envelope: by the vendor's repository. */
  refuse(refusal: RepositoryRefusal): void {
    this.#tell({ event: "refused", refusal });
  }

  /** Checks 1 to 9 of trust.md, and that the slots can carry the plan out. Writes nothing. */
  receive(envelope: Uint8Array, conditions: OfferConditions): Result<Received, DeviceRefusal> {
    this.#tell({ event: "envelope-received", size: envelope.length });
    const received = this.#judge(envelope, conditions);
    if (!received.ok) this.#tell({ event: "refused", refusal: received.error });
    return received;
  }

  #judge(envelope: Uint8Array, conditions: OfferConditions): Result<Received, DeviceRefusal> {
    const session = this.#running();
    const { state, trust, mode, running } = session;
    if (mode === "trial") return err({ code: "trial-running" });
    const { slots, crypto } = this.#parts;
    const { listed } = conditions;
    const unlisted = listed && checkListedBytes(envelope, listed, crypto);
    if (unlisted !== undefined) return err(unlisted);
    const time = this.#clock.judge(state.lastTime, conditions.now);
    const records = [trust.vendor, ...(trust.owner === undefined ? [] : [trust.owner])];
    const found = addressedComponents(envelope, { crypto, records, limits: envelopeLimits(slots) });
    if (found?.ok === false) return found;
    const components = found?.value ?? [];
    const addressed = componentSetOf(components);
    if (addressed === "trust-record") return this.#judgeTrust(envelope, components, time, listed);
    const judged = judgeOffer(envelope, { parts: this.#parts, session, addressed, time, ...conditions });
    if (!judged.ok) {
      const unsigned = judged.error.code === "threshold-not-met" || judged.error.code === "signer-unknown";
      const rekeyed = unsigned && listed !== undefined ? missingTrustUpdate(listed, trust) : undefined;
      return rekeyed === undefined ? judged : err(rekeyed);
    }
    const { set, update } = judged.value;
    const differs = listed && checkListedFacts(update, listed);
    if (differs !== undefined) return err(differs);
    const { sequenceNumber: sequence } = update.manifest;
    const manifestDigest = update.manifestDigest.bytes;
    if (update.standing === "already-installed" && equalBytes(running.manifestDigest, manifestDigest)) {
      this.#tell({ event: "already-installed", sequence, manifestDigest });
      return ok({ kind: "already-installed" });
    }
    const offer: Offer = { ...judged.value, time: time.atLeast };
    this.#offers.add(offer);
    this.#tell({ event: "received", set, sequence, manifestDigest, signers: eventSigners(update) });
    return ok({ kind: "offer", offer });
  }

  #judgeTrust(
    envelope: Uint8Array,
    components: readonly ComponentId[],
    time: TrustedTime,
    listed: OfferConditions["listed"],
  ): Result<Received, DeviceRefusal> {
    const judged = this.#trust.judge(envelope, components, time);
    if (!judged.ok) return judged;
    const differs =
      listed && judged.value !== "in-force" ? checkListedManifest(judged.value.update, listed) : undefined;
    if (differs !== undefined) return err(differs);
    return ok(
      judged.value === "in-force" ? { kind: "already-installed" } : { kind: "trust-offer", offer: judged.value },
    );
  }

  /**
   * Puts a new trust record into force: fetched, judged, and then one write (trust.md 6). Offers that were not installed
   * yet lose their effect, and what is staged is taken back: both were judged under the record before. Throws what
   * `source` throws.
   */
  applyTrust(offer: TrustOffer, source: TrustSource): Promise<Result<TrustChange, TrustUpdateRefusal>> {
    return this.#trust.apply(offer, source);
  }

  /** The first owner's part of the trust record, from whoever holds the device (EDR 3.13); needs no network. */
  own(record: Uint8Array): Promise<Result<TrustChange, OwnRefusal>> {
    return this.#trust.own(record);
  }

  /** Stores what is known of the time by now, if it has moved far enough to be worth a write; to be called now and then. */
  async keepTime({ clock, attested }: Pick<TimeSources, "clock" | "attested">): Promise<void> {
    const { lastTime } = this.#running().state;
    const time = this.#clock.judge(lastTime, clock, attested);
    if (this.#clock.isWorthStoring(time, lastTime)) await this.#commit({ lastTime: time.atLeast }, "keep-report");
    await this.#parts.stagings?.keep();
  }

  /**
   * The operator's word for the time, for a clock that is further ahead than the device believes by itself. Forward only:
   * it cannot be taken back.
   */
  async setTime(time: bigint): Promise<Result<void, TimeRefusal>> {
    const { lastTime } = this.#running().state;
    const from = this.#clock.judge(lastTime, undefined).atLeast;
    if (time < from) return err({ code: "time-goes-back", offered: time, kept: from });
    await this.#commit({ lastTime: time }, "keep-report");
    this.#tell({ event: "time-changed", from, to: time, source: "operator" });
    return ok(undefined);
  }

  /** What the integrity check compares the configuration with from now on: SHA-256 of what somebody has found right. */
  async declareConfiguration(digest: Uint8Array): Promise<void> {
    const { configurationDigest: before } = this.#running().state;
    if (before !== undefined && equalBytes(before, digest)) return;
    await this.#commit({ configurationDigest: digest }, "keep-report");
    const from = before === undefined ? "none" : bytesToHex(before);
    this.#tell({ event: "policy-changed", setting: "configuration", from, to: bytesToHex(digest) });
  }

  /**
   * Checks 10 and 11: brings the images into the other slot, seals it, reads them back, and remembers them as staged. The
   * active slot, the floor and the trust record are not touched. A recovery image goes into its own slot, where it is at
   * once what recovery would run. Throws what `source` throws; the next call resumes.
   */
  async install(offer: Offer, source: ImageSource): Promise<Result<SlotImage, Rejection | StagingsExhausted>> {
    if (!this.#offers.has(offer)) throw new Error("this session has not received the offer");
    const { state } = this.#running();
    const slot = offer.set === "recovery" ? "recovery" : otherSlot(state.boot.active);
    if (!(await this.#isStaged(offer, slot))) {
      const staged = await this.#stage(offer, slot, source);
      if (!staged.ok) {
        this.#tell({ event: "refused", refusal: staged.error });
        return staged;
      }
    }
    const image = slotImage(offer.update, slot, offer.plan);
    // While the payload came the trust record may have changed, and what was judged under the one before is void.
    if (!this.#offers.has(offer)) throw new Error("the trust record was replaced meanwhile");
    const { boot, lastTime: stored } = this.#running().state;
    const lastTime = latest({ now: stored, atLeast: offer.time });
    if (slot === "recovery") await this.#raiseRecoveryFloor(image, lastTime);
    // What is stored already is not stored again, however often a server offers it.
    else if (boot.state !== "staged")
      await this.#commit({ boot: { ...boot, state: "staged" }, lastTime }, "forget-report");
    this.#tell({ event: "staged", image });
    return ok(image);
  }

  async #stage(
    { update, plan }: Offer,
    slot: SlotName,
    source: ImageSource,
  ): Promise<Result<void, Rejection | StagingsExhausted>> {
    const { slots, crypto, stagings } = this.#parts;
    const beforeErase = async (kind: "begin" | "resume"): Promise<Result<void, StagingsExhausted>> => {
      const paid = await stagings?.take(kind);
      if (paid?.ok === false) return paid;
      // The record must not point at a slot that is being emptied.
      if (slot !== "recovery") await this.disarm();
      return ok(undefined);
    };
    try {
      return await stageUpdate({ slots, slot, envelope: update.envelope.encoded, plan, crypto, beforeErase }, source);
    } catch (fault) {
      this.#tell({ event: "staging-interrupted", manifestDigest: update.manifestDigest.bytes });
      throw fault;
    }
  }

  /** Only now: before, a cut could leave a floor above the recovery image that is there. */
  async #raiseRecoveryFloor({ sequence, manifestDigest }: SlotImage, lastTime: bigint): Promise<void> {
    const { recovery } = this.#running().state;
    if (recovery !== undefined && equalBytes(recovery.manifestDigest, manifestDigest)) return;
    const from = recovery?.sequence ?? 0n;
    await this.#commit({ recovery: { sequence, manifestDigest }, lastTime }, "keep-report");
    if (sequence > from) this.#tell({ event: "floor-raised", set: "recovery", from, to: sequence });
  }

  /** The next boot tries what is staged, once. `report` is whom to tell how it went. */
  async arm(report?: PendingReport): Promise<void> {
    const { boot } = this.#running().state;
    if (boot.state !== "staged") throw new Error(`nothing is staged, the device is ${boot.state}`);
    await this.#commit({ boot: { ...boot, state: "armed" } }, report ?? "forget-report");
    await this.#parts.pointer?.armed(otherSlot(boot.active));
    this.#tell({ event: "armed" });
  }

  /** Takes back what is staged or armed. Answers whether there was something. */
  async disarm(): Promise<"disarmed" | "nothing-staged"> {
    const { boot } = this.#running().state;
    if (boot.state !== "staged" && boot.state !== "armed") return "nothing-staged";
    await this.#commit({ boot: { ...boot, state: "idle" } }, "forget-report");
    this.#tell({ event: "disarmed" });
    return "disarmed";
  }

  /** Forgets what is staged, and a download that will not be finished. */
  async abandon(): Promise<void> {
    const { state, mode } = this.#running();
    if (mode === "trial") throw new Error("the other slot holds the way back");
    await this.disarm();
    await this.#parts.slots.discard(otherSlot(state.boot.active));
  }

  /**
   * The image on trial works: from now on it is the active one. First the pointer, then the floor: a cut between the
   * two leaves a confirmed image above the floor, and the next boot raises it. The other order could leave a floor
   * above the active image.
   */
  async confirm(): Promise<Result<SlotImage, { readonly code: "no-trial" }>> {
    const { mode, running, state } = this.#running();
    const { slot, sequence, manifestDigest } = running;
    if (mode !== "trial" || slot === "recovery") return err({ code: "no-trial" });
    await this.#parts.pointer?.confirming(slot);
    await this.#commit({ boot: { state: "confirmed", active: slot, trials: [] } }, "keep-report");
    this.#session = { ...this.#running(), mode: "confirmed" };
    await this.#parts.stagings?.forgive();
    this.#tell({ event: "confirmed", image: running });
    // Not so where the confirmed release itself was tried again, because the slot with the active one was damaged.
    const from = state.floor.sequence;
    if (sequence > from) {
      await this.#commit({ floor: { sequence, manifestDigest } }, "keep-report");
      this.#tell({ event: "floor-raised", set: "release", from, to: sequence });
    }
    return ok(running);
  }

  /**
   * Back to what the factory and the last confirmations made of it: forgets what is staged, a download, and the report.
   * Floors, trust record, identity, time, counts of trials and event log stay: a reset is no way around them.
   */
  async factoryReset(): Promise<Result<void, { readonly code: "trial-running" }>> {
    const { state, mode } = this.#running();
    if (mode === "trial") return err({ code: "trial-running" });
    await this.#commit({ boot: { ...state.boot, state: "idle" } }, "forget-report");
    await this.#parts.slots.discard(otherSlot(state.boot.active));
    this.#tell({ event: "factory-reset" });
    return ok(undefined);
  }

  /** Whoever was to be told has been told. */
  async forgetReport(): Promise<void> {
    if (this.#running().state.report !== undefined) await this.#commit({}, "forget-report");
  }

  /** A staged boot record in `change` also ends what was to be reported of it. */
  async #changeTrust(change: Partial<Omit<DeviceState, "report">>, trust: TrustParts): Promise<void> {
    this.#forgetOffers();
    await this.#commit(change, change.boot === undefined ? "keep-report" : "forget-report");
    this.#session = { ...this.#running(), trust };
  }

  #forgetOffers(): void {
    this.#offers = new WeakSet();
    this.#trust.forgetOffers();
  }

  #running(): Session {
    if (this.#session === undefined) throw new Error("the device is not running");
    return this.#session;
  }

  #tell(event: DeviceEvent): void {
    this.#parts.observe?.(event);
  }

  /** Whether the slot already holds this very update, whole: a device that was killed before it armed it. */
  async #isStaged({ update }: Offer, slot: SlotName): Promise<boolean> {
    const { slots, crypto } = this.#parts;
    const { state, trust } = this.#running();
    const content = await slots.inspect(slot);
    if (content.state !== "sealed" || !equalBytes(content.envelope, update.envelope.encoded)) return false;
    return (await checkSlot(slots, slot, bootJudge(slot, state, trust, crypto))).ok;
  }

  /** Stores the change, and only then believes it. */
  async #commit(
    change: Partial<Omit<DeviceState, "report">>,
    report: PendingReport | "keep-report" | "forget-report",
  ): Promise<void> {
    const session = this.#running();
    const { report: pending, ...rest } = session.state;
    const next = report === "keep-report" ? pending : report === "forget-report" ? undefined : report;
    const changed: DeviceState = { ...rest, ...change, ...(next === undefined ? {} : { report: next }) };
    const state = fitted(changed, this.#parts.state.capacity);
    await this.#parts.state.write(state);
    this.#session = { ...session, state };
  }
}

import { err, ok, type Result } from "@sumac/cbor";
import { equalBytes } from "@sumac/crypto";
import { type Operations, type Rejection, type VerifiedUpdate, verifyEnvelope } from "@sumac/verifier";
import type { BootRecord } from "./boot.ts";
import { type BootOutcome, bootDevice, type DeviceParts, type Session } from "./boot-device.ts";
import { type InstallPlan, installPlan } from "./install-plan.ts";
import { type Factory, type ProvisionRefusal, provisionDevice } from "./provision.ts";
import { otherSlot } from "./slot.ts";
import { checkSlot, envelopeLimits, recipientFor, type SlotImage, slotImage } from "./slot-check.ts";
import { type ImageSource, stageUpdate } from "./stage-update.ts";
import type { DeviceIdentity, DeviceState, Floor, PendingReport } from "./state.ts";

/** What holds at the moment of an offer; read by the device, never by the update. */
export interface OfferConditions {
  /** Seconds since 1970 by a clock that is trusted; absent = there is none. */
  readonly now?: bigint;
  /** Absent: nobody operates here. */
  readonly operations?: Operations;
}

/** An update that passed checks 1 to 9 and that this device can carry out. Only `Device.receive` makes one. */
export interface Offer {
  readonly update: VerifiedUpdate;
  readonly plan: InstallPlan;
  /** The trusted time at which it was judged. */
  readonly now: bigint | undefined;
}

export type Received =
  | { readonly kind: "offer"; readonly offer: Offer }
  /** The very manifest that is confirmed: nothing to do. */
  | { readonly kind: "already-installed" };

/** A refusal of the verifier, or: while an image is on trial the other slot holds the way back and is not overwritten. */
export type DeviceRefusal = Rejection | { readonly code: "trial-running" };

export interface DeviceStatus {
  readonly running: SlotImage;
  readonly mode: "confirmed" | "trial";
  readonly boot: BootRecord;
  readonly floor: Floor;
  readonly identity: DeviceIdentity;
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

  constructor(parts: DeviceParts) {
    this.#parts = parts;
  }

  provision(factory: Factory): Promise<Result<SlotImage, ProvisionRefusal>> {
    return provisionDevice(this.#parts, factory);
  }

  async boot(): Promise<BootOutcome> {
    this.#session = undefined;
    this.#offers = new WeakSet();
    const { outcome, session } = await bootDevice(this.#parts);
    this.#session = session;
    return outcome;
  }

  status(): DeviceStatus {
    const { state, running, mode } = this.#running();
    const { boot, floor, identity, report, lastTime } = state;
    return { running, mode, boot, floor, identity, report, lastTime };
  }

  /** The longest envelope that can be stored, in bytes; what is longer need not be fetched to its end. */
  get envelopeLimit(): number {
    return envelopeLimits(this.#parts.slots).maxBytes;
  }

  /** Checks 1 to 9 of trust.md, and that two slots can carry the plan out. Writes nothing. */
  receive(envelope: Uint8Array, conditions: OfferConditions): Result<Received, DeviceRefusal> {
    const { state, trust, mode } = this.#running();
    if (mode === "trial") return err({ code: "trial-running" });
    const { slots, crypto } = this.#parts;
    const { identity, floor, lastTime } = state;
    // Time never goes back (trust.md 4): a clock set to 1970 must not bring an expired update to life.
    const now = conditions.now === undefined || conditions.now > lastTime ? conditions.now : lastTime;
    const update = verifyEnvelope(envelope, {
      crypto,
      trust,
      recipient: recipientFor(identity, otherSlot(state.boot.active), slots),
      installed: { floor: floor.sequence, manifestDigest: floor.manifestDigest },
      limits: envelopeLimits(slots),
      ...(now === undefined ? {} : { now }),
      ...(conditions.operations === undefined ? {} : { operations: conditions.operations }),
    });
    if (!update.ok) return update;
    if (update.value.standing === "already-installed") return ok({ kind: "already-installed" });
    const plan = installPlan(update.value);
    if (!plan.ok) return plan;
    const offer: Offer = { update: update.value, plan: plan.value, now };
    this.#offers.add(offer);
    return ok({ kind: "offer", offer });
  }

  /**
   * Checks 10 and 11: brings the image into the other slot, seals it, reads it back, and remembers it as staged. The
   * active slot, the floor and the trust record are not touched. Throws what `source` throws; the next call resumes.
   */
  async install(offer: Offer, source: ImageSource): Promise<Result<SlotImage, Rejection>> {
    if (!this.#offers.has(offer)) throw new Error("this session has not received the offer");
    const { state } = this.#running();
    const { update, plan } = offer;
    const slot = otherSlot(state.boot.active);
    if (!(await this.#isStaged(offer))) {
      // The record must not point at a slot that is being emptied.
      await this.disarm();
      const { slots, crypto } = this.#parts;
      const staged = await stageUpdate({ slots, slot, envelope: update.envelope.encoded, plan, crypto }, source);
      if (!staged.ok) return staged;
    }
    const lastTime = offer.now ?? state.lastTime;
    await this.#commit(
      { boot: { state: "staged", active: state.boot.active, attempts: 0 }, lastTime },
      "forget-report",
    );
    return ok(slotImage(update, slot, plan.expected));
  }

  /** The next boot tries what is staged, once. `report` is whom to tell how it went. */
  async arm(report?: PendingReport): Promise<void> {
    const { boot } = this.#running().state;
    if (boot.state !== "staged") throw new Error(`nothing is staged, the device is ${boot.state}`);
    await this.#commit({ boot: { ...boot, state: "armed" } }, report ?? "forget-report");
  }

  /** Takes back what is staged or armed. Answers whether there was something. */
  async disarm(): Promise<"disarmed" | "nothing-staged"> {
    const { boot } = this.#running().state;
    if (boot.state !== "staged" && boot.state !== "armed") return "nothing-staged";
    await this.#commit({ boot: { ...boot, state: "idle" } }, "forget-report");
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
    if (mode !== "trial") return err({ code: "no-trial" });
    await this.#commit({ boot: { state: "confirmed", active: running.slot, attempts: 0 } }, "keep-report");
    this.#session = { ...this.#running(), mode: "confirmed" };
    // Not so where the confirmed release itself was tried again, because the slot with the active one was damaged.
    if (running.sequence > state.floor.sequence) {
      const floor = { sequence: running.sequence, manifestDigest: running.manifestDigest };
      await this.#commit({ floor }, "keep-report");
    }
    return ok(running);
  }

  /** Whoever was to be told has been told. */
  async forgetReport(): Promise<void> {
    if (this.#running().state.report !== undefined) await this.#commit({}, "forget-report");
  }

  #running(): Session {
    if (this.#session === undefined) throw new Error("the device is not running");
    return this.#session;
  }

  /** Whether the other slot already holds this very update, whole: a device that was killed before it armed it. */
  async #isStaged({ update }: Offer): Promise<boolean> {
    const { slots, crypto } = this.#parts;
    const { state, trust } = this.#running();
    const slot = otherSlot(state.boot.active);
    const content = await slots.inspect(slot);
    if (content.state !== "sealed" || !equalBytes(content.envelope, update.envelope.encoded)) return false;
    return (await checkSlot(slots, slot, { crypto, trust, identity: state.identity, floor: state.floor })).ok;
  }

  /** Stores the change, and only then believes it. */
  async #commit(
    change: Partial<Omit<DeviceState, "report">>,
    report: PendingReport | "keep-report" | "forget-report",
  ): Promise<void> {
    const session = this.#running();
    const { report: pending, ...rest } = session.state;
    const next = report === "keep-report" ? pending : report === "forget-report" ? undefined : report;
    const state: DeviceState = { ...rest, ...change, ...(next === undefined ? {} : { report: next }) };
    await this.#parts.state.write(state);
    this.#session = { ...session, state };
  }
}

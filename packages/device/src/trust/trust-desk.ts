import { err, ok, type Result } from "@sumac/cbor";
import type { ComponentId } from "@sumac/suit";
import type { TrustParts } from "@sumac/verifier";
import type { DeviceParts, Session } from "../device/boot-device.ts";
import type { DeviceEvent } from "../device/device-event.ts";
import { eventSigners } from "../device/event-signers.ts";
import type { TrustedTime } from "../device/trusted-time.ts";
import { envelopeLimits } from "../slots/slot-check.ts";
import type { DeviceState } from "../state/state.ts";
import { excessOf } from "../state/state-room.ts";
import {
  type NewTrust,
  type OwnRefusal,
  receiveTrust,
  type TrustChange,
  type TrustChangeContext,
  type TrustSource,
  takeOwner,
} from "./trust-change.ts";
import { addressedPart, type TrustOffer, type TrustUpdateRefusal, verifyTrustUpdate } from "./trust-update.ts";

/** What changes of the trust record need of the device they belong to. */
export interface TrustDeskHost {
  readonly parts: DeviceParts;
  session(): Session;
  /** Stores the change and believes these parts; what was offered before loses its effect. */
  change(change: Partial<Omit<DeviceState, "report">>, parts: TrustParts): Promise<void>;
  tell(event: DeviceEvent): void;
}

/** Takes trust updates for a device: judged, then one write (trust.md 6). */
export class TrustDesk {
  readonly #host: TrustDeskHost;
  /** Of this session and this trust record, with the time at which each was judged. */
  #offers = new WeakMap<TrustOffer, bigint>();

  constructor(host: TrustDeskHost) {
    this.#host = host;
  }

  forgetOffers(): void {
    this.#offers = new WeakMap();
  }

  /** Writes nothing. */
  judge(
    envelope: Uint8Array,
    components: readonly ComponentId[],
    time: TrustedTime,
  ): Result<TrustOffer | "in-force", TrustUpdateRefusal> {
    const part = addressedPart(components);
    if (!part.ok) return part;
    const { state, trust } = this.#host.session();
    const { crypto, slots } = this.#host.parts;
    const judged = verifyTrustUpdate(envelope, part.value, {
      crypto,
      stored: state.trust,
      inForce: trust,
      identity: {
        vendorIds: state.identity.vendorIds,
        classIds: state.identity.classIds,
        ...(state.identity.deviceId === undefined ? {} : { deviceIds: [state.identity.deviceId] }),
      },
      limits: envelopeLimits(slots),
      time,
    });
    if (!judged.ok) return judged;
    const { offer, standing } = judged.value;
    const { update } = offer;
    const sequence = update.manifest.sequenceNumber;
    const manifestDigest = update.manifestDigest.bytes;
    if (standing === "in-force") {
      this.#host.tell({ event: "already-installed", sequence, manifestDigest });
      return ok("in-force");
    }
    this.#offers.set(offer, time.atLeast);
    const signers = eventSigners(update);
    this.#host.tell({ event: "received", set: "trust-record", sequence, manifestDigest, signers });
    return ok(offer);
  }

  async apply(offer: TrustOffer, source: TrustSource): Promise<Result<TrustChange, TrustUpdateRefusal>> {
    const time = this.#offers.get(offer);
    if (time === undefined) throw new Error("this session has not received the offer");
    const next = await receiveTrust(offer, source, this.#context());
    // While the payload came another record may have come into force, under which nothing of this was judged.
    if (!this.#offers.has(offer)) throw new Error("the trust record was replaced meanwhile");
    return this.#told(next.ok ? await this.#change(next.value, time) : next);
  }

  async own(record: Uint8Array): Promise<Result<TrustChange, OwnRefusal>> {
    const { mode } = this.#host.session();
    if (mode === "trial") return this.#told(err({ code: "trial-running" }));
    const next = takeOwner(record, this.#context());
    return this.#told(next.ok ? await this.#change(next.value, 0n) : next);
  }

  #context(): TrustChangeContext {
    const { state, trust } = this.#host.session();
    const { crypto, slots } = this.#host.parts;
    return { crypto, slots, state, inForce: trust };
  }

  async #change(
    { stored, parts, change }: NewTrust,
    time: bigint,
  ): Promise<Result<TrustChange, TrustUpdateRefusal & { readonly code: "trust-record-too-large" }>> {
    const { state } = this.#host.session();
    const { boot, lastTime } = state;
    // What is staged was judged under the record before.
    const isStaged = boot.state === "staged" || boot.state === "armed";
    const next = {
      trust: stored,
      lastTime: time > lastTime ? time : lastTime,
      ...(isStaged ? { boot: { ...boot, state: "idle" as const } } : {}),
    };
    const excess = excessOf({ ...state, ...next }, this.#host.parts.state.capacity);
    if (excess > 0) {
      const size = stored[change.part]?.record.length ?? 0;
      return err({ code: "trust-record-too-large", size, limit: Math.max(0, size - excess) });
    }
    await this.#host.change(next, parts);
    if (isStaged) this.#host.tell({ event: "disarmed" });
    this.#host.tell({ event: "trust-changed", ...change });
    return ok(change);
  }

  #told<T, E extends OwnRefusal | TrustUpdateRefusal>(result: Result<T, E>): Result<T, E> {
    if (!result.ok) this.#host.tell({ event: "refused", refusal: result.error });
    return result;
  }
}

import type { Result } from "@sumac/cbor";
import { type Crypto, equalBytes, type PublicKey } from "@sumac/crypto";
import { type VerifiedImage, verifyImage } from "@sumac/mcuboot";
import {
  askParameters,
  chooseUploadTarget,
  findListed,
  type ImageUploadOptions,
  type ListedImage,
  markImage,
  readImageState,
  readSlots,
  resetDevice,
  resumeImageUpload,
  type SmpClient,
  type SmpFailure,
  type UploadProgress,
  type UploadSource,
  type UploadTarget,
  uploadImage,
} from "@sumac/smp";
import { digestOf } from "@sumac/suit";
import { matchImage, type TrustRecord, type VerifiedUpdate, verifyEnvelope } from "@sumac/verifier";
import { findArtifact, readUpTo } from "../agent/deployment-artifact.ts";
import { checkListedFacts } from "../repository/listed-target.ts";
import type { SecondaryLedger, SecondaryRelease } from "./secondary-ledger.ts";
import {
  afterRestart,
  answered,
  type RestartWait,
  type SecondaryDelivery,
  type SecondaryFacts,
  SecondaryGone,
  type SecondaryOutcome,
  type SecondaryPeer,
  unlisted,
} from "./secondary-peer.ts";

export interface McubootSecondaryPorts extends Pick<RestartWait, "restartMs" | "wait"> {
  readonly crypto: Crypto;
  /** Whose releases it takes: the device cannot judge an envelope, so its gateway does. */
  readonly trust: TrustRecord;
  /** What it is; it cannot say so itself. */
  readonly vendorId: Uint8Array;
  readonly classId: Uint8Array;
  /** Of its boot loader. */
  readonly imageKeys: readonly PublicKey[];
  readonly ledger: SecondaryLedger;
  /** Seconds since 1970; undefined = there is no clock that is trusted. */
  trustedTime(): bigint | undefined;
}

/** An image lies in memory while it is sent: its digests have to be known before the first byte is. */
const largestImage = 16 * 1024 * 1024;

interface Image {
  readonly bytes: Uint8Array;
  readonly verified: VerifiedImage;
  readonly target: UploadTarget;
}

/**
 * A device that knows MCUboot and nothing of SUIT. Its gateway is the verifier of the envelope, and keeps its floor; the
 * boot loader judges the image again, by its own key and counter. Every step is read back from the device.
 */
export class McubootSecondary implements SecondaryPeer {
  readonly #ports: McubootSecondaryPorts;

  constructor(ports: McubootSecondaryPorts) {
    this.#ports = ports;
  }

  async look(client: SmpClient): Promise<SecondaryFacts> {
    const release = await this.#release();
    const images = await answered(readImageState(client));
    const known = release === undefined ? undefined : findListed(images, release.image);
    const { vendorId, classId } = this.#ports;
    return {
      vendorId,
      classId,
      state: stateOf(images),
      floor: release?.sequence ?? 0n,
      ...(release !== undefined && known?.flags.includes("active") ? { manifest: release.manifestDigest } : {}),
    };
  }

  async deliver(delivery: SecondaryDelivery): Promise<SecondaryOutcome> {
    const { client } = delivery;
    const release = await this.#release();
    const update = this.#judge(delivery, release);
    if ("did" in update) return update;
    const image = await this.#image(delivery, update);
    if ("did" in image) return image;
    const hash = image.verified.digest.bytes;
    const there = findListed(await answered(readImageState(client)), hash);
    if (isConfirmed(there)) {
      await this.#remember(update, hash, release);
      return { did: "already-installed" };
    }
    const waits = await this.#stage(delivery, update, image, there);
    if (waits !== undefined) return waits;
    if (!isConfirmed(findListed(await answered(markImage(client, hash, "confirm")), hash))) {
      return { did: "reverted", code: "rolled-back" };
    }
    await this.#remember(update, hash, release);
    return { did: "updated" };
  }

  #judge(
    { envelope, listed }: SecondaryDelivery,
    release: SecondaryRelease | undefined,
  ): VerifiedUpdate | SecondaryOutcome {
    const { crypto, trust, vendorId, classId, trustedTime } = this.#ports;
    const now = trustedTime();
    const judged = verifyEnvelope(envelope, {
      crypto,
      trust,
      recipient: { vendorIds: [vendorId], classIds: [classId], components: "any" },
      installed:
        release === undefined ? { floor: 0n } : { floor: release.sequence, manifestDigest: release.manifestDigest },
      ...(now === undefined ? {} : { now }),
    });
    if (!judged.ok) return { did: "refused", code: judged.error.code };
    const differs = listed && checkListedFacts(judged.value, listed);
    return differs === undefined ? judged.value : unlisted(differs);
  }

  /** The one image of the release: the payload that the manifest names, and one that the boot loader would take. */
  async #image(
    { client, deployment, server, signal }: SecondaryDelivery,
    { plan, envelope }: VerifiedUpdate,
  ): Promise<Image | SecondaryOutcome> {
    const [fetch, ...more] = plan.update.filter((step) => step.do === "fetch");
    if (fetch?.do !== "fetch" || more.length > 0) return { did: "refused", code: "components-mixed" };
    const { expected, uri } = fetch;
    const { size = 0n } = expected;
    if (size > BigInt(largestImage)) return { did: "refused", code: "image-too-large" };
    const slots = await readSlots(client);
    if (!slots.ok && slots.error.code !== "device-error") throw new SecondaryGone(slots.error.code);
    const wish = { image: 0, slot: "secondary", size: Number(size) } as const;
    const target = chooseUploadTarget(slots.ok ? slots.value : "not-told", wish);
    if (!target.ok) return { did: "refused", code: target.error.code };
    const bytes =
      envelope.integratedPayloads.get(uri) ??
      (await readUpTo(server.download(findArtifact(deployment, uri), { from: 0, signal }), Number(size)));
    const { crypto, imageKeys: keys } = this.#ports;
    const matched = await matchImage(onePiece(bytes), expected, crypto);
    if (!matched.ok) return { did: "refused", code: matched.error.code };
    const { limit } = target.value;
    // How high the counter stands knows the loader alone.
    const judged = verifyImage(bytes, {
      crypto,
      keys,
      rollback: "none",
      ...(limit === undefined ? {} : { maxImageSize: limit }),
    });
    return judged.ok
      ? { bytes, verified: judged.value, target: target.value }
      : { did: "refused", code: judged.error.code };
  }

  /** Up to the point where it runs and is not confirmed; an outcome where it does not come that far. */
  async #stage(
    delivery: SecondaryDelivery,
    { manifest, manifestDigest }: VerifiedUpdate,
    image: Image,
    there: ListedImage | undefined,
  ): Promise<SecondaryOutcome | undefined> {
    if (there?.slot === 0) return undefined;
    const { client, mayProceed, staged } = delivery;
    const subject = { sequence: manifest.sequenceNumber, manifestDigest: manifestDigest.bytes };
    const hash = image.verified.digest.bytes;
    let listed = there;
    if (listed === undefined) {
      const may = await mayProceed("install", subject);
      if (may !== "granted") return { did: "waiting", code: may.code };
      listed = await this.#upload(delivery, image);
    }
    // A loader says nothing about why: it takes every byte, and does not list what it refuses.
    if (listed === undefined) return { did: "refused", code: "image-not-listed" };
    await staged();
    const may = await mayProceed("restart", subject);
    if (may !== "granted") return { did: "waiting", code: may.code };
    if (!listed.flags.includes("pending")) await answered(markImage(client, hash, "test"));
    await resetDevice(client);
    const after = await afterRestart(
      async () => {
        const state = await readImageState(client);
        const found = state.ok ? findListed(state.value, hash) : undefined;
        // Pending still: the request was lost, or the restart is not over.
        return state.ok && found?.flags.includes("pending") !== true ? { found } : undefined;
      },
      { ...this.#ports, signal: delivery.signal },
    );
    return after.found?.slot === 0 ? undefined : { did: "reverted", code: "rolled-back" };
  }

  /** As the device lists it afterwards. What was taken up again and is refused is sent once more, from its first byte. */
  async #upload(delivery: SecondaryDelivery, image: Image): Promise<ListedImage | undefined> {
    const hash = image.verified.digest.bytes;
    const { resumedAt } = await this.#send(delivery, image, resumeImageUpload);
    const listed = findListed(await answered(readImageState(delivery.client)), hash);
    // It may have had bytes of another image before.
    if (listed !== undefined || resumedAt === 0) return listed;
    await this.#send(delivery, image, uploadImage);
    return findListed(await answered(readImageState(delivery.client)), hash);
  }

  async #send<T>(
    { client, signal, sending }: SecondaryDelivery,
    { bytes, target }: Image,
    upload: (client: SmpClient, source: UploadSource, options: ImageUploadOptions) => Promise<Result<T, SmpFailure>>,
  ): Promise<T> {
    const source = {
      length: bytes.length,
      sha256: digestOf(this.#ports.crypto, "sha-256", bytes).bytes,
      read: async (offset: number, length: number) => bytes.subarray(offset, offset + length),
    };
    const parameters = await answered(askParameters(client));
    const onProgress = ({ done, total }: UploadProgress): void => sending(done, total);
    return answered(upload(client, source, { parameters, image: target.image, signal, onProgress }));
  }

  async #release(): Promise<SecondaryRelease | undefined> {
    const release = await this.#ports.ledger.read();
    if (release === "damaged") throw new SecondaryGone("ledger-damaged");
    return release === "blank" ? undefined : release;
  }

  /** Only now: what does not run yet may still go back. */
  async #remember(
    { manifest, manifestDigest }: VerifiedUpdate,
    image: Uint8Array,
    before: SecondaryRelease | undefined,
  ): Promise<void> {
    const release = { sequence: manifest.sequenceNumber, manifestDigest: manifestDigest.bytes, image };
    const isKnown = before !== undefined && equalBytes(before.manifestDigest, release.manifestDigest);
    if (!isKnown || !equalBytes(before.image, image)) await this.#ports.ledger.write(release);
  }

  /** Marks and bytes stay where they are: a loader has no word for it, and the next upload begins anew. */
  async cancel(client: SmpClient): Promise<"cancelled" | "trial-running"> {
    const images = await answered(readImageState(client));
    return stateOf(images) === "trial" || stateOf(images) === "armed" ? "trial-running" : "cancelled";
  }
}

const isConfirmed = (image: ListedImage | undefined): boolean =>
  image !== undefined && image.slot === 0 && image.flags.includes("confirmed") && image.flags.includes("active");

function stateOf(images: readonly ListedImage[]): "idle" | "armed" | "trial" | "confirmed" {
  if (images.some(({ flags }) => flags.includes("pending"))) return "armed";
  const running = images.find(({ slot }) => slot === 0);
  if (running === undefined) return "idle";
  return running.flags.includes("active") && !running.flags.includes("confirmed") ? "trial" : "confirmed";
}

async function* onePiece(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

import { err, ok, type Result } from "@sumac/cbor";
import { type Crypto, equalBytes } from "@sumac/crypto";
import type { ComponentId } from "@sumac/suit";
import { matchSlot, type Rejection, stageImage } from "@sumac/verifier";
import type { InstallPlan, PlannedImage } from "../device/install-plan.ts";
import type { SlotName } from "./slot.ts";
import { componentsOf, type SlotStaging, type Slots, type SlotWriter } from "./slots.ts";

export interface ImageSource {
  /**
   * The payload of one component from this byte on; not asked for what is in the envelope. May throw `Unavailable`: what
   * was staged by then is kept for a resume.
   */
  fetch(from: number, payload: RemotePayload): AsyncIterable<Uint8Array>;
  /** Bytes that lie in the slot, of those expected; over all components. */
  onProgress?(done: number, total: number): void;
}

export interface RemotePayload {
  readonly component: ComponentId;
  readonly uri: string;
  /** Bytes of the whole payload. */
  readonly size: number;
}

/** `R`: why a delivery may not erase the slot now. */
export interface StageTarget<R> {
  readonly slots: Slots;
  readonly slot: SlotName;
  /** Verified. */
  readonly envelope: Uint8Array;
  readonly plan: InstallPlan;
  readonly crypto: Crypto;
  /** Asked before the slot is touched; a refusal leaves it as it is. A resume erases as well, if less. */
  beforeErase(kind: "begin" | "resume"): Promise<Result<void, R>>;
}

/**
 * Checks 10 and 11 of trust.md: streams image after image into the slot, seals it, and reads all of them back. Goes on
 * where an earlier run was cut; the bytes found there are digested like those that arrive. A refusal leaves the slot
 * without a seal.
 */
export async function stageUpdate<R>(
  target: StageTarget<R>,
  source: ImageSource,
): Promise<Result<void, Rejection | R>> {
  const { slots, slot, envelope, plan } = target;
  for (const [i, { capacity }] of componentsOf(slots, slot).entries()) {
    const { size } = imageAt(plan, i).expected;
    if (size > BigInt(capacity)) return err({ code: "image-too-large", size, limit: BigInt(capacity) });
  }
  const staging = { envelope, imageSizes: plan.images.map(({ expected }) => Number(expected.size)) };
  const resumed = await resume(target, staging);
  if (!resumed.ok) return resumed;
  const writer = resumed.value === undefined ? await begin(target, staging) : ok(resumed.value);
  if (!writer.ok) return writer;
  const staged = await writeImages(target, writer.value, source);
  // What was left over may be what is wrong, and nobody outside can help it: once more from the start.
  const again = resumed.value !== undefined && isDamaged(staged) ? await begin(target, staging) : undefined;
  const outcome = again?.ok ? await writeImages(target, again.value, source) : (again ?? staged);
  if (!outcome.ok) await slots.discard(slot);
  return outcome;
}

const isDamaged = (staged: Result<void, Rejection>): boolean =>
  !staged.ok && staged.error.code === "image-digest-mismatch";

async function begin<R>(
  { slots, slot, beforeErase }: StageTarget<R>,
  staging: SlotStaging,
): Promise<Result<SlotWriter, R>> {
  const allowed = await beforeErase("begin");
  return allowed.ok ? ok(await slots.begin(slot, staging)) : allowed;
}

/** Undefined: there is nothing to go on with. */
async function resume<R>(
  { slots, slot, beforeErase }: StageTarget<R>,
  staging: SlotStaging,
): Promise<Result<SlotWriter | undefined, R>> {
  const content = await slots.inspect(slot);
  if (content.state !== "partial" || !equalBytes(content.envelope, staging.envelope)) return ok(undefined);
  const allowed = await beforeErase("resume");
  return allowed.ok ? ok(await slots.resume(slot, staging)) : allowed;
}

async function writeImages(
  target: StageTarget<unknown>,
  writer: SlotWriter,
  source: ImageSource,
): Promise<Result<void, Rejection>> {
  const { slots, slot, plan, crypto } = target;
  const resumed = writer.position;
  const total = plan.images.reduce((sum, { expected }) => sum + Number(expected.size), 0);
  let before = 0;
  for (const [i, image] of plan.images.entries()) {
    const size = Number(image.expected.size);
    const from = i < resumed.component ? size : i === resumed.component ? resumed.offset : 0;
    const staged = await stageImage(
      bytesOf(target, i, from, source),
      image.expected,
      {
        capacity: image.expected.size,
        async write(offset, chunk) {
          if (offset >= from) await writer.write(i, offset, chunk);
          source.onProgress?.(before + offset + chunk.length, total);
        },
        seal: async () => undefined,
      },
      crypto,
    );
    if (!staged.ok) return staged;
    before += size;
  }
  await writer.seal();
  for (const [i, { expected }] of plan.images.entries()) {
    const matched = await matchSlot(slots.read(slot, i, Number(expected.size)), expected, crypto);
    if (!matched.ok) return matched;
  }
  await slots.carryOut?.(slot);
  return ok(undefined);
}

/** The image of one component: what lies in the slot already, then what is still to come. */
async function* bytesOf(
  { slots, slot, plan }: StageTarget<unknown>,
  index: number,
  from: number,
  source: ImageSource,
): AsyncGenerator<Uint8Array> {
  const { component, source: payload, expected } = imageAt(plan, index);
  const size = Number(expected.size);
  yield* slots.read(slot, index, from);
  if (from === size) return;
  if (payload.kind === "integrated") yield payload.image.subarray(from);
  else yield* source.fetch(from, { component, uri: payload.uri, size });
}

function imageAt({ images }: InstallPlan, index: number): PlannedImage {
  const image = images[index];
  if (image === undefined) throw new RangeError(`the plan has no image ${index}`);
  return image;
}

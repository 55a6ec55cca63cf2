import { err, ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import { matchSlot, type Rejection, stageImage } from "@sumac/verifier";
import type { InstallPlan } from "./install-plan.ts";
import type { SlotName } from "./slot.ts";
import type { Slots, SlotWriter } from "./slots.ts";

export interface ImageSource {
  /**
   * The image from this byte on; not asked if the payload is in the envelope. May throw `Unavailable`: what was staged
   * by then is kept for a resume.
   */
  fetch(from: number): AsyncIterable<Uint8Array>;
  /** Bytes that lie in the slot, of those expected. */
  onProgress?(done: number, total: number): void;
}

export interface StageTarget {
  readonly slots: Slots;
  readonly slot: SlotName;
  /** Verified. */
  readonly envelope: Uint8Array;
  readonly plan: InstallPlan;
  readonly crypto: Crypto;
}

/**
 * Checks 10 and 11 of trust.md: streams the image into the slot, seals it, and reads it back. Goes on where an earlier
 * run was cut; the bytes found there are digested like those that arrive. A refusal leaves the slot without a seal.
 */
export async function stageUpdate(target: StageTarget, source: ImageSource): Promise<Result<void, Rejection>> {
  const { slots, slot, envelope, plan } = target;
  const { size } = plan.expected;
  if (size > BigInt(slots.imageCapacity)) {
    return err({ code: "image-too-large", size, limit: BigInt(slots.imageCapacity) });
  }
  const staging = { envelope, imageSize: Number(size) };
  const resumed = await slots.resume(slot, staging);
  let staged = await writeImage(target, resumed ?? (await slots.begin(slot, staging)), source);
  // What was left over may be what is wrong, and nobody outside can help it: once more from the start.
  if (!staged.ok && staged.error.code === "image-digest-mismatch" && resumed !== undefined) {
    staged = await writeImage(target, await slots.begin(slot, staging), source);
  }
  if (!staged.ok) await slots.discard(slot);
  return staged;
}

async function writeImage(
  { slots, slot, plan, crypto }: StageTarget,
  writer: SlotWriter,
  source: ImageSource,
): Promise<Result<void, Rejection>> {
  const from = writer.position;
  const total = Number(plan.expected.size);
  async function* image(): AsyncGenerator<Uint8Array> {
    yield* slots.read(slot, from);
    if (plan.source.kind === "integrated") yield plan.source.image.subarray(from);
    else yield* source.fetch(from);
  }
  const staged = await stageImage(
    image(),
    plan.expected,
    {
      capacity: BigInt(slots.imageCapacity),
      async write(offset, chunk) {
        if (offset >= from) await writer.write(offset, chunk);
        source.onProgress?.(offset + chunk.length, total);
      },
      seal: () => writer.seal(),
    },
    crypto,
  );
  if (!staged.ok) return staged;
  const matched = await matchSlot(slots.read(slot, total), plan.expected, crypto);
  return matched.ok ? ok(undefined) : matched;
}

import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex, type Crypto, equalBytes } from "@sumac/crypto";
import type { ImageExpectation } from "./plan.ts";
import type { ImageRejection } from "./rejection.ts";

/** Storage that cannot boot until `seal` is called. Writes come in order, without gaps. */
export interface StagingSlot<Sealed> {
  /** Bytes it holds at the most. */
  readonly capacity: bigint;
  write(offset: number, chunk: Uint8Array): Promise<void>;
  seal(): Promise<Sealed>;
}

/** An expectation with a size, as a device demands it: without one, only the end of the stream would end the write. */
export type SizedExpectation = ImageExpectation & { readonly size: bigint };

/**
 * Check 10: streams an image into a slot. Memory stays at one chunk; nothing is written beyond the signed size, so a
 * sender that never stops cannot wear out the flash; only a matching image is sealed.
 */
export async function stageImage<Sealed>(
  image: AsyncIterable<Uint8Array>,
  expected: SizedExpectation,
  slot: StagingSlot<Sealed>,
  crypto: Crypto,
): Promise<Result<Sealed, ImageRejection>> {
  if (expected.size > slot.capacity) {
    return err({ code: "image-too-large", size: expected.size, limit: slot.capacity });
  }
  const checked = await checkImage(image, expected, crypto, (offset, chunk) => slot.write(offset, chunk));
  return checked.ok ? ok(await slot.seal()) : checked;
}

/** The same check with nothing written: for a verifier that only wants to know. Returns the number of bytes. */
export async function matchImage(
  image: AsyncIterable<Uint8Array>,
  expected: ImageExpectation,
  crypto: Crypto,
): Promise<Result<bigint, ImageRejection>> {
  return checkImage(image, expected, crypto, undefined);
}

/**
 * Check 11: what lies in the slot after sealing, read back, is still what was verified (MFST.TOCTOU). Also the check of
 * every boot (EDR 3.14 RE 1).
 */
export async function matchSlot(
  slot: AsyncIterable<Uint8Array>,
  expected: ImageExpectation,
  crypto: Crypto,
): Promise<Result<bigint, ImageRejection>> {
  const checked = await checkImage(slot, expected, crypto, undefined);
  if (checked.ok) return checked;
  const computed = checked.error.code === "image-digest-mismatch" ? checked.error.computed : "";
  return err({ code: "slot-readback-mismatch", expected: bytesToHex(expected.digest.bytes), computed });
}

async function checkImage(
  image: AsyncIterable<Uint8Array>,
  expected: ImageExpectation,
  crypto: Crypto,
  write: ((offset: number, chunk: Uint8Array) => Promise<void>) | undefined,
): Promise<Result<bigint, ImageRejection>> {
  const digest = crypto.startDigest(expected.digest.algorithm);
  let received = 0;
  for await (const chunk of image) {
    // Before the write: leaving the loop also tells the sender to stop.
    if (expected.size !== undefined && BigInt(received + chunk.length) > expected.size) {
      return err({ code: "image-too-long", expected: expected.size });
    }
    digest.update(chunk);
    if (write !== undefined) await write(received, chunk);
    received += chunk.length;
  }
  if (expected.size !== undefined && BigInt(received) < expected.size) {
    return err({ code: "image-too-short", expected: expected.size, received: BigInt(received) });
  }
  const computed = digest.digest();
  if (!equalBytes(computed, expected.digest.bytes)) {
    return err({
      code: "image-digest-mismatch",
      expected: bytesToHex(expected.digest.bytes),
      computed: bytesToHex(computed),
    });
  }
  return ok(BigInt(received));
}

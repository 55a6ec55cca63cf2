import { createHash } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { FileSlots } from "@sumac/device";
import { nodeFileSystem } from "@sumac/device/node";
import { matchSlot, stageImage } from "@sumac/verifier";

/** Milliseconds from the first byte until the image is safe on the disk, and until it was read again and digested. */
export interface Staged {
  readonly writeMs: number;
  readonly readMs: number;
}

/** As they come from a network. */
const arriving = 1 << 16;
const pattern = Uint8Array.from({ length: (1 << 20) + 7 }, (_, i) => (Math.imul(i, 2654435761) >>> 13) & 0xff);

/** `sumac`: a file slot, with what the verifier does. `plain`: the least that anybody could do. */
export async function stageOnce(how: "sumac" | "plain", folder: string, size: number): Promise<Staged> {
  const expected = digestOf(size);
  mkdirSync(folder, { mode: 0o700 });
  return how === "plain" ? plain(folder, size) : await sumac(folder, size, expected);
}

async function sumac(folder: string, size: number, digest: Uint8Array): Promise<Staged> {
  const components = [{ id: [new TextEncoder().encode("firmware")], capacity: size }];
  const slots = new FileSlots({ files: nodeFileSystem, folder, crypto: nodeCrypto, components });
  const expected = { digest: { algorithm: "sha-256", bytes: digest }, size: BigInt(size) } as const;
  const begun = performance.now();
  const writer = await slots.begin("a", { envelope: new Uint8Array(1000), imageSizes: [size] });
  const slot = {
    capacity: BigInt(size),
    write: (offset: number, chunk: Uint8Array) => writer.write(0, offset, chunk),
    seal: () => writer.seal(),
  };
  const staged = await stageImage(image(size), expected, slot, nodeCrypto);
  const written = performance.now();
  const matched = staged.ok ? await matchSlot(slots.read("a", 0, size), expected, nodeCrypto) : staged;
  if (!matched.ok) throw new Error(matched.error.code);
  return { writeMs: written - begun, readMs: performance.now() - written };
}

function plain(folder: string, size: number): Staged {
  const begun = performance.now();
  const descriptor = openSync(path.join(folder, "plain.bin"), "wx+");
  const writing = createHash("sha256");
  for (const chunk of chunks(size)) {
    writing.update(chunk);
    for (let at = 0; at < chunk.length; ) at += writeSync(descriptor, chunk, at);
  }
  writing.digest();
  fsyncSync(descriptor);
  const written = performance.now();
  const reading = createHash("sha256");
  const buffer = new Uint8Array(1 << 18);
  for (let at = 0; at < size; ) {
    const read = readSync(descriptor, buffer, 0, buffer.length, at);
    reading.update(buffer.subarray(0, read));
    at += read;
  }
  reading.digest();
  closeSync(descriptor);
  return { writeMs: written - begun, readMs: performance.now() - written };
}

function* chunks(size: number): Generator<Uint8Array> {
  for (let at = 0; at < size; at += arriving) {
    const from = at % (pattern.length - arriving);
    yield pattern.subarray(from, from + Math.min(arriving, size - at));
  }
}

async function* image(size: number): AsyncGenerator<Uint8Array> {
  yield* chunks(size);
}

function digestOf(size: number): Uint8Array {
  const digest = createHash("sha256");
  for (const chunk of chunks(size)) digest.update(chunk);
  return new Uint8Array(digest.digest());
}

import { readFile } from "node:fs/promises";
import path from "node:path";
import { bytesToHex, type PublicKey } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { explainImage, type VerifiedImage, verifyImage } from "@sumac/mcuboot";
import {
  askParameters,
  chooseUploadTarget,
  findListed,
  type ListedImage,
  markImage,
  readImageState,
  readSlots,
  resetDevice,
  resumeImageUpload,
  type UploadProgress,
  type UploadTarget,
  uploadImage,
} from "@sumac/smp";
import type { CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure, usage } from "../failure.ts";
import { maxImageFileBytes } from "../image-file.ts";
import { imageVersionText } from "../mcuboot-lines.ts";
import type { DeviceLine } from "./device-line.ts";
import { bytesSource } from "./file-source.ts";
import { smpFailure } from "./line-failure.ts";
import type { PushOrder } from "./push-order.ts";
import { TransferProgress } from "./transfer-progress.ts";

export interface McubootPush {
  readonly order: PushOrder;
  readonly line: DeviceLine;
  readonly context: CommandContext;
  /** Of the boot loader. */
  readonly imageKeys: readonly PublicKey[];
  readonly slot: "secondary" | "primary-overwriting-what-runs";
}

/**
 * For a device that knows MCUboot and nothing of SUIT: the envelope was verified here, the image in it is verified as the
 * boot loader will, and every step is read back from the device, which says little by itself.
 */
export async function pushToMcuboot(push: McubootPush): Promise<ExitCode> {
  const { line, context } = push;
  const bytes = await readPayload(push);
  const target = await chooseTarget(push, bytes);
  const image = judgeImage(bytes, push.imageKeys, target);
  const { bytes: hash } = image.digest;
  const before = await line.throughCuts(readImageState);
  const there = findListed(before, hash);
  if (there?.flags.includes("active") && there.flags.includes("confirmed")) {
    return finish(push, image, "already-installed");
  }
  if (there === undefined || (push.slot !== "secondary" && there.slot !== 0)) await upload(push, image, bytes, target);
  if (there?.flags.includes("active") !== true) await tryOut(push, hash);
  await line.throughCuts((client) => markImage(client, hash, "confirm"));
  const after = findListed(await line.throughCuts(readImageState), hash);
  if (after?.slot === 0 && after.flags.includes("confirmed")) return finish(push, image, "confirmed");
  throw reverted(context);
}

async function readPayload({ order, context }: McubootPush): Promise<Uint8Array> {
  const [fetch, ...more] = order.update.plan.update.filter((step) => step.do === "fetch");
  if (fetch?.do !== "fetch" || more.length > 0) {
    throw usage(
      "components-mixed",
      "an MCUboot device takes one image, and the release has another number",
      "push each by itself",
    );
  }
  const integrated = order.update.envelope.integratedPayloads.get(fetch.uri);
  if (integrated !== undefined) return integrated;
  const file = order.payloads.get(fetch.uri) ?? "";
  const { size = 0n } = fetch.expected;
  if (size > BigInt(maxImageFileBytes))
    throw imageFailure({ code: "too-large", size: Number(size), limit: maxImageFileBytes });
  return new Uint8Array(await readFile(path.resolve(context.io.workingFolder, file)));
}

async function chooseTarget({ line, slot }: McubootPush, bytes: Uint8Array): Promise<UploadTarget> {
  const slots = await readSlots(line.client);
  if (!slots.ok && slots.error.code !== "device-error") throw smpFailure(slots.error, line.settings);
  const told = slots.ok ? slots.value : "not-told";
  const chosen = chooseUploadTarget(told, { image: 0, slot, size: bytes.length });
  if (!chosen.ok) throw smpFailure(chosen.error, line.settings);
  return chosen.value;
}

/** As the boot loader will judge it, but for the counter: nobody but the device knows how high it stands. */
function judgeImage(bytes: Uint8Array, keys: readonly PublicKey[], { limit }: UploadTarget): VerifiedImage {
  const verified = verifyImage(bytes, {
    crypto: nodeCrypto,
    keys,
    rollback: "none",
    ...(limit === undefined ? {} : { maxImageSize: limit }),
  });
  if (!verified.ok) throw imageFailure(verified.error);
  return verified.value;
}

function imageFailure(refusal: Parameters<typeof explainImage>[0]): Failure {
  const exit = refusal.code === "malformed-image" ? exitCode.malformed : exitCode.refused;
  return new Failure({ code: refusal.code, ...explainImage(refusal), exit });
}

/** Goes on with an upload that somebody began; if that was another one, the loader does not list it, and it is sent anew. */
async function upload(
  push: McubootPush,
  { digest }: VerifiedImage,
  bytes: Uint8Array,
  target: UploadTarget,
): Promise<void> {
  const { line, context } = push;
  const resumedAt = await send(push, bytes, target, "where-the-device-is");
  if (resumedAt === 0 || findListed(await line.throughCuts(readImageState), digest.bytes) !== undefined) return;
  context.terminal.note(`the ${resumedAt} bytes that the device had were another image's; sending the whole image`);
  await send(push, bytes, target, 0);
}

/** Answers with the bytes that the device had from an earlier upload. */
async function send(
  { line, context }: McubootPush,
  bytes: Uint8Array,
  target: UploadTarget,
  begin: "where-the-device-is" | 0,
): Promise<number> {
  const { terminal, io } = context;
  const source = bytesSource(bytes);
  const bar = new TransferProgress(terminal, "sending", bytes.length);
  terminal.jsonLine({ event: "sending-image", target: target.image, total: bytes.length });
  let acknowledged: number | undefined = begin === 0 ? 0 : undefined;
  let resumedAt = 0;
  try {
    await line.throughCuts(async (client, progressed) => {
      const parameters = await askParameters(client);
      if (!parameters.ok) return parameters;
      const options = {
        parameters: parameters.value,
        image: target.image,
        signal: io.interrupted,
        onProgress: (progress: UploadProgress) => {
          progressed(progress.done);
          acknowledged = progress.done;
          bar.show(progress, line.cuts);
        },
      };
      if (acknowledged === undefined) {
        const resumed = await resumeImageUpload(client, source, options);
        if (resumed.ok && resumed.value.resumedAt > 0) resumedAt = resumed.value.resumedAt;
        return resumed;
      }
      // The chunk after the last acknowledged one finds out whether the loader still knows.
      return uploadImage(client, source, { ...options, from: acknowledged < bytes.length ? acknowledged : 0 });
    });
  } finally {
    bar.clear();
  }
  if (resumedAt > 0) terminal.jsonLine({ event: "resumed", from: resumedAt });
  return resumedAt;
}

/** Requests for a restart that may be lost. */
const mostRestarts = 3;

/** Marks it for one trial, restarts, and looks whether it is what runs. */
async function tryOut({ line, context }: McubootPush, hash: Uint8Array): Promise<void> {
  const { terminal } = context;
  const uploaded = findListed(await line.throughCuts(readImageState), hash);
  if (uploaded === undefined) throw refusedByLoader();
  // Asked for in the slot that runs or not: a server that put it beside that has to be told to try it.
  if (!isMarked(uploaded)) {
    const marked = findListed(await line.throughCuts((client) => markImage(client, hash, "test")), hash);
    if (marked === undefined || !isMarked(marked)) throw refusedByLoader();
  }
  terminal.jsonLine({ event: "restarting" });
  terminal.line("uploaded and listed; restarting the device");
  for (let tries = 1; ; tries++) {
    await line.restart((client) => resetDevice(client));
    const running = findListed(await line.throughCuts(readImageState), hash);
    if (running?.slot === 0) break;
    // Still marked: the request was lost on the way. Otherwise it was tried, and did not stay.
    if (running?.flags.includes("pending") !== true || tries === mostRestarts) throw reverted(context);
  }
  terminal.jsonLine({ event: "proven", hash });
  terminal.line(`the device runs image ${bytesToHex(hash).slice(0, 16)}...`);
}

const isMarked = ({ flags, slot }: ListedImage): boolean => flags.includes("pending") || slot === 0;

const refusedByLoader = (): Failure =>
  new Failure({
    code: "image-not-listed",
    problem: "the device took every byte of the image and does not list it: its boot loader refuses it",
    remedy: "compare key and security counter with those of the device; it says nothing more: sumac mcuboot inspect",
    exit: exitCode.refused,
  });

function reverted({ terminal }: CommandContext): Failure {
  terminal.jsonLine({ event: "not-running" });
  return new Failure({
    code: "update-reverted",
    problem: "after the restart the device does not run the new image",
    remedy: "see what it runs: sumac device list; its boot loader or its watchdog took the image back",
    exit: exitCode.device,
  });
}

function finish(
  { context }: McubootPush,
  { image, digest }: VerifiedImage,
  did: "confirmed" | "already-installed",
): ExitCode {
  const version = imageVersionText(image.header.version);
  context.terminal.jsonLine({ event: "finished", did, version, hash: digest.bytes });
  const words = did === "confirmed" ? "confirmed" : "already installed";
  context.terminal.line(`${words}: image ${version}`, "green");
  return exitCode.ok;
}

import { bytesToHex, equalBytes } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  actOn,
  askParameters,
  readIdentity,
  readReport,
  readVerdict,
  restartDevice,
  type SumacIdentity,
  type SumacVerdict,
  sendEnvelope,
  sendPayload,
  type UploadProgress,
} from "@sumac/smp";
import { nodeTimer } from "@sumac/smp/node";
import { trustKey, verifyReport } from "@sumac/verifier";
import type { CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure } from "../failure.ts";
import { interrupted } from "../interruption.ts";
import { readPublicKey } from "../public-key-file.ts";
import { releaseFacts } from "../release-facts.ts";
import type { DeviceLine } from "./device-line.ts";
import { factsText } from "./fact-text.ts";
import { bytesSource, openFileSource } from "./file-source.ts";
import { judgeOrder, type PushOrder, trustRecipients } from "./push-order.ts";
import { TransferProgress } from "./transfer-progress.ts";

export interface SumacPush {
  readonly order: PushOrder;
  readonly identity: SumacIdentity;
  readonly line: DeviceLine;
  readonly context: CommandContext;
  /** Public key of the device: then it has to sign what it says of the new image. */
  readonly deviceKey: string | undefined;
}

/** How often a device may ask for what it was sent, without having got further. */
const mostRepeats = 8;

/** Milliseconds between two looks at a device that restarts. */
const lookAgain = 250;

/**
 * From the envelope to the confirmation. The device is asked where it is before each step, so that the same command goes
 * on after whatever cut an earlier one.
 */
export async function pushToSumac(push: SumacPush): Promise<ExitCode> {
  const { order, identity, line, context } = push;
  const { terminal } = context;
  const digest = order.update.manifestDigest.bytes;
  if (push.deviceKey !== undefined && order.update.manifest.referenceUri === undefined) throw noReference();
  const running = identity.manifest !== undefined && equalBytes(identity.manifest.bytes, digest);
  if (running && identity.state !== "trial") return finish(push, "already-installed");
  // The device will say the same; here nothing was sent yet.
  if (!running) judgeFor(push);
  let verdict = await line.throughCuts(readVerdict);
  if (!isAbout(verdict, digest) || verdict.state === "refused" || verdict.state === "waiting") {
    terminal.jsonLine({ event: "sending-envelope", bytes: order.envelope.length });
    verdict = await offer(push);
  }
  for (let sent = 0; verdict.state === "wants-payload"; sent++) {
    if (sent > order.payloads.size + mostRepeats) throw insatiable();
    verdict = await sendWanted(push, verdict);
  }
  if (verdict.state === "refused" || verdict.state === "waiting") throw deviceRefusal(verdict);
  if (verdict.state === "staged" || verdict.state === "armed") {
    terminal.jsonLine({ event: "staged", manifestDigest: digest });
    terminal.line("staged: the device has verified what lies in its slot");
    verdict = await restart(push);
  }
  if (verdict.state === "trial") {
    await prove(push, verdict);
    await line.throughCuts((client) => actOn(client, "confirm"));
    verdict = await line.throughCuts(readVerdict);
  }
  if (verdict.state === "confirmed" && isAbout(verdict, digest)) return finish(push, "confirmed");
  throw notTaken(verdict, digest);
}

const noReference = (): Failure =>
  new Failure({
    code: "report-impossible",
    problem: "the release has no reference URI, so no device can report of it",
    remedy: "add referenceUri to the release description, or leave --device-key out",
    exit: exitCode.refused,
  });

function judgeFor({ order, identity }: SumacPush): void {
  const { vendorIds, classIds, deviceId, components, floor } = identity;
  const own = components.map(({ id, maxSize }) => ({ id, maxSize }));
  const update = judgeOrder(
    order.envelope,
    order.trust,
    {
      vendorIds,
      classIds,
      ...(deviceId === undefined ? {} : { deviceIds: [deviceId] }),
      components: [...own, ...trustRecipients],
    },
    { floor: identity.manifest === undefined ? 0n : floorFor(order, floor) },
  );
  for (const step of update.plan.update) {
    if (step.do !== "fetch") continue;
    const component = update.manifest.components[step.component];
    const room = own.find(({ id }) => component !== undefined && sameId(id, component));
    const { size } = step.expected;
    if (room === undefined || size === undefined || size <= room.maxSize) continue;
    throw new Failure({
      code: "image-too-large",
      problem: `the image has ${size} bytes, and the device has room for ${room.maxSize}`,
      remedy: "check that it is the release for this device; nothing was sent",
      exit: exitCode.refused,
    });
  }
}

/** Trust records are counted for themselves: the floor of images says nothing about them. */
function floorFor({ update }: PushOrder, floor: bigint): bigint {
  const { components } = update.manifest;
  return components.some((id) => trustRecipients.some((trust) => sameId(trust.id, id))) ? 0n : floor;
}

const sameId = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean =>
  a.map(bytesToHex).join("/") === b.map(bytesToHex).join("/");

const isAbout = (verdict: SumacVerdict, digest: Uint8Array): boolean =>
  "manifest" in verdict && verdict.manifest !== undefined && equalBytes(verdict.manifest.bytes, digest);

/** The whole envelope; after a cut once more, and the device says how far it was. */
async function offer({ order, line, context }: SumacPush): Promise<SumacVerdict> {
  const signal = context.io.interrupted;
  const source = bytesSource(order.envelope);
  for (let repeats = 0; ; repeats++) {
    const verdict = await line.throughCuts(async (client, progressed) => {
      const parameters = await askParameters(client);
      if (!parameters.ok) return parameters;
      const options = {
        parameters: parameters.value,
        signal,
        onProgress: ({ done }: UploadProgress) => progressed(done),
      };
      const sent = await sendEnvelope(client, source, options);
      return sent.ok ? readVerdict(client) : sent;
    });
    // It restarted between the last byte and the question.
    if (verdict.state !== "receiving") return verdict;
    if (repeats === mostRepeats) throw insatiable();
  }
}

async function sendWanted(
  push: SumacPush,
  wanted: SumacVerdict & { readonly state: "wants-payload" },
): Promise<SumacVerdict> {
  const { order, line, context } = push;
  const { io, terminal } = context;
  const file = order.payloads.get(wanted.uri);
  if (file === undefined) throw notWanted(wanted.uri);
  const source = await openFileSource(io, file);
  if (source.length !== wanted.size) throw notWanted(wanted.uri);
  const bar = new TransferProgress(terminal, "sending", source.length);
  terminal.jsonLine({ event: "sending-payload", uri: wanted.uri, from: wanted.offset, total: wanted.size });
  if (wanted.offset > 0) terminal.line(`the device has ${wanted.offset} of ${wanted.size} bytes; going on there`);
  try {
    let verdict: SumacVerdict = wanted;
    let cuts = line.cuts;
    let repeats = 0;
    let furthest = wanted.offset;
    while (verdict.state === "wants-payload" && verdict.uri === wanted.uri) {
      repeats = verdict.offset > furthest ? 0 : repeats + 1;
      furthest = Math.max(furthest, verdict.offset);
      if (repeats > mostRepeats) throw insatiable();
      const from: number = verdict.offset;
      bar.show({ done: from, goBacks: 0, restarts: 0 }, line.cuts);
      verdict = await line.throughCuts(async (client, progressed) => {
        // After a cut nobody knows where the device is, and after a restart it has to be given the envelope again.
        if (line.cuts > cuts) {
          cuts = line.cuts;
          return readVerdict(client);
        }
        const parameters = await askParameters(client);
        if (!parameters.ok) return parameters;
        const sent = await sendPayload(client, wanted.uri, source, {
          parameters: parameters.value,
          from,
          signal: io.interrupted,
          onProgress: (progress) => {
            progressed(progress.done);
            bar.show(progress, line.cuts);
          },
        });
        // Of what it forgot while this went on, its verdict tells.
        if (!sent.ok && sent.error.code !== "device-error") return sent;
        return readVerdict(client);
      });
      if (!isAbout(verdict, order.update.manifestDigest.bytes)) verdict = await offer(push);
    }
    return verdict;
  } finally {
    bar.clear();
    source.close();
  }
}

const insatiable = (): Failure =>
  new Failure({
    code: "payload-never-taken",
    problem: "the device asks for the payload again and again, and gets no further",
    remedy: "read why: sumac device log; if it repeats, its flash is worn out",
    exit: exitCode.device,
  });

const notWanted = (uri: string): Failure =>
  new Failure({
    code: "payload-not-in-manifest",
    problem: `the device asks for ${uri}, which this release does not have`,
    remedy: "treat the device as faulty: it asks for what nobody offered it",
    exit: exitCode.device,
  });

/** Restarts, and waits until the device says how that ended; once more where the request was lost on the way. */
async function restart({ line, context }: SumacPush): Promise<SumacVerdict> {
  const { terminal, io } = context;
  terminal.jsonLine({ event: "restarting" });
  terminal.line("restarting the device");
  const end = nodeTimer.now() + line.settings.waitMs;
  for (;;) {
    await line.restart(restartDevice);
    const verdict = await line.throughCuts(readVerdict);
    if ((verdict.state !== "staged" && verdict.state !== "armed") || nodeTimer.now() >= end) return verdict;
    if (io.interrupted.aborted) throw interrupted();
    await nodeTimer.wait(lookAgain, io.interrupted);
  }
}

/** What runs says which manifest it has, passes its self-test, and signs that if its key is known here. */
async function prove({ order, line, context, deviceKey }: SumacPush, verdict: SumacVerdict): Promise<void> {
  const digest = order.update.manifestDigest.bytes;
  const { manifest } = await line.throughCuts(readIdentity);
  if (manifest === undefined || !equalBytes(manifest.bytes, digest)) throw notTaken(verdict, digest);
  if ("code" in verdict && verdict.code !== undefined) {
    // Unconfirmed, the restart takes it back.
    await line.restart(restartDevice);
    throw new Failure({
      code: verdict.code,
      problem: "the new image runs and does not pass its self-test; it was not confirmed, and the device goes back",
      remedy: "find out why its self-test failed, and release a better one under a higher sequence number",
      exit: exitCode.device,
    });
  }
  if (deviceKey !== undefined) await proveBySignature(deviceKey, order, line, context);
  context.terminal.jsonLine({ event: "proven", manifestDigest: digest, signed: deviceKey !== undefined });
  context.terminal.line(`the device runs manifest ${bytesToHex(digest).slice(0, 16)}..., on trial`);
}

async function proveBySignature(
  deviceKey: string,
  { update }: PushOrder,
  line: DeviceLine,
  { io }: CommandContext,
): Promise<void> {
  const key = trustKey(await readPublicKey(io, deviceKey), nodeCrypto);
  const report = await line.throughCuts((client) => readReport(client));
  const verified = verifyReport(report, { crypto: nodeCrypto, deviceKey: key, update, freshness: "of-the-channel" });
  if (verified.ok && verified.value.result === "success") return;
  throw new Failure({
    code: verified.ok ? "report-of-failure" : verified.error.code,
    problem: "the report of the device does not prove that it runs the new image; it was not confirmed",
    remedy: "check that --device-key is that device's key; a restart takes the image back",
    exit: exitCode.refused,
  });
}

/** Its words are codes of its own verifier; what they mean stands in the documentation. */
function deviceRefusal(verdict: SumacVerdict & { readonly code: string; readonly facts: object }): Failure {
  const facts = factsText(verdict.facts);
  const said = `${verdict.code}${facts === "" ? "" : ` (${facts})`}`;
  return verdict.state === "waiting"
    ? new Failure({
        code: verdict.code,
        problem: `the device waits: ${said}`,
        remedy: "let the plant approve it or open its window, then repeat the command",
        exit: exitCode.refused,
      })
    : new Failure({
        code: verdict.code,
        problem: `the device's own verifier refuses the release: ${said}`,
        remedy: "compare what it trusts and runs with the release: sumac device info, sumac release inspect",
        exit: exitCode.refused,
      });
}

const notTaken = (verdict: SumacVerdict, digest: Uint8Array): Failure =>
  verdict.state === "reverted"
    ? new Failure({
        code: "update-reverted",
        problem: "the new image did not stay; the device runs the old one again",
        remedy: "read why: sumac device log; then release a better one under a higher sequence number",
        exit: exitCode.device,
      })
    : new Failure({
        code: "device-not-updated",
        problem: `the device is ${verdict.state.replaceAll("-", " ")}, and does not run manifest ${bytesToHex(digest)}`,
        remedy: "read what happened: sumac device log; then repeat the command",
        exit: exitCode.device,
      });

function finish({ order, context }: SumacPush, did: "confirmed" | "already-installed"): ExitCode {
  const { update } = order;
  const { version } = releaseFacts(update);
  const sequence = update.manifest.sequenceNumber;
  context.terminal.jsonLine({
    event: "finished",
    did,
    sequence,
    version: version ?? null,
    manifestDigest: update.manifestDigest.bytes,
  });
  const name = `${version === undefined ? "" : `${version}, `}sequence ${sequence}`;
  context.terminal.line(did === "confirmed" ? `confirmed: ${name}` : `already installed: ${name}`, "green");
  return exitCode.ok;
}

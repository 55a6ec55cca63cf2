import { type Crypto, equalBytes } from "@sumac/crypto";
import {
  actOn,
  askParameters,
  readIdentity,
  readVerdict,
  restartDevice,
  type SmpClient,
  type SumacIdentity,
  type SumacVerdict,
  sendEnvelope,
  sendPayload,
} from "@sumac/smp";
import { digestOf, parseEnvelope, parseManifest } from "@sumac/suit";
import type { FoundTarget } from "@sumac/tuf";
import { findArtifact } from "../agent/deployment-artifact.ts";
import type { InstallSubject } from "../operator/install-wait.ts";
import { checkListedManifest } from "../repository/listed-target.ts";
import { Unavailable } from "../unavailable.ts";
import { GatewayPayload } from "./gateway-payload.ts";
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

export interface SumacSecondaryPorts extends Pick<RestartWait, "restartMs" | "wait"> {
  readonly crypto: Crypto;
}

/** A device that asks for a payload again and again is left alone for this round. */
const mostDeliveries = 4;

/**
 * A device with a verifier of its own. The gateway believes neither side: what the server offers goes to the device
 * unopened, and the device's verifier decides. What the server is told is what the device says.
 */
export class SumacSecondary implements SecondaryPeer {
  readonly #ports: SumacSecondaryPorts;

  constructor(ports: SumacSecondaryPorts) {
    this.#ports = ports;
  }

  async look(client: SmpClient): Promise<SecondaryFacts> {
    const { vendorIds, classIds, state, floor, manifest } = await answered(readIdentity(client));
    const [vendorId, classId] = [vendorIds[0], classIds[0]];
    return {
      ...(vendorId === undefined ? {} : { vendorId }),
      ...(classId === undefined ? {} : { classId }),
      ...(manifest === undefined ? {} : { manifest: manifest.bytes }),
      state,
      floor,
    };
  }

  async deliver(delivery: SecondaryDelivery): Promise<SecondaryOutcome> {
    const { client, envelope, listed, signal } = delivery;
    const subject = subjectOf(envelope, listed);
    // What no parser takes is not sent to a device whose parser may be another one.
    if ("did" in subject) return subject;
    const digest = subject.manifestDigest;
    const identity = await answered(readIdentity(client));
    if (identity.state !== "trial" && runs(identity, digest)) return { did: "already-installed" };
    let verdict = await answered(readVerdict(client));
    if (!isAbout(verdict, digest) || verdict.state === "wants-payload") {
      const may = await delivery.mayProceed("install", subject);
      if (may !== "granted") return { did: "waiting", code: may.code };
    }
    if (!isAbout(verdict, digest)) verdict = await this.#offer(client, envelope, signal);
    for (let deliveries = 0; verdict.state === "wants-payload"; deliveries++) {
      if (deliveries === mostDeliveries) throw new SecondaryGone("payload-never-taken");
      verdict = await this.#send(delivery, verdict);
    }
    if (verdict.state === "refused" || verdict.state === "waiting") return { did: verdict.state, code: verdict.code };
    if (verdict.state === "staged" || verdict.state === "armed") {
      await delivery.staged();
      const may = await delivery.mayProceed("restart", subject);
      if (may !== "granted") return { did: "waiting", code: may.code };
      verdict = await this.#restart(client, signal);
    }
    if (verdict.state === "trial" && runs(await answered(readIdentity(client)), digest)) {
      if ("code" in verdict && verdict.code !== undefined) return this.#goBack(delivery, subject, verdict.code);
      await answered(actOn(client, "confirm"));
      verdict = await answered(readVerdict(client));
    }
    if (verdict.state === "confirmed" && isAbout(verdict, digest)) return { did: "updated" };
    return { did: "reverted", code: "rolled-back" };
  }

  async #offer(client: SmpClient, envelope: Uint8Array, signal: AbortSignal): Promise<SumacVerdict> {
    const parameters = await answered(askParameters(client));
    const { bytes: sha256 } = digestOf(this.#ports.crypto, "sha-256", envelope);
    const source = { length: envelope.length, sha256, read: slicesOf(envelope) };
    await answered(sendEnvelope(client, source, { parameters, signal }));
    return answered(readVerdict(client));
  }

  async #send(
    { client, server, deployment, signal, sending }: SecondaryDelivery,
    { uri, offset, size }: SumacVerdict & { readonly state: "wants-payload" },
  ): Promise<SumacVerdict> {
    const artifact = findArtifact(deployment, uri);
    if (artifact.size !== size) throw new Unavailable("artifact-changed", { retryable: false, detail: uri });
    const source = new GatewayPayload(server, artifact, signal);
    try {
      const parameters = await answered(askParameters(client));
      const onProgress = ({ done, total }: { readonly done: number; readonly total: number }) => sending(done, total);
      const sent = await sendPayload(client, uri, source, { parameters, from: offset, signal, onProgress });
      // A refusal in the middle: its verdict says why.
      if (!sent.ok && sent.error.code !== "device-error") throw new SecondaryGone(sent.error.code);
      return await answered(readVerdict(client));
    } finally {
      await source.close();
    }
  }

  /** Any answer, or none: what became of it is what the device says afterwards. */
  async #restart(client: SmpClient, signal: AbortSignal): Promise<SumacVerdict> {
    await restartDevice(client);
    return afterRestart(
      async () => {
        const verdict = await readVerdict(client);
        const isBack = verdict.ok && verdict.value.state !== "staged" && verdict.value.state !== "armed";
        return isBack ? verdict.value : undefined;
      },
      { ...this.#ports, signal },
    );
  }

  /** Unconfirmed, a restart takes the image back. */
  async #goBack(
    { client, signal, mayProceed }: SecondaryDelivery,
    subject: InstallSubject,
    code: string,
  ): Promise<SecondaryOutcome> {
    const may = await mayProceed("go-back", subject);
    if (may !== "granted") return { did: "waiting", code: may.code };
    await this.#restart(client, signal);
    return { did: "reverted", code };
  }

  async cancel(client: SmpClient): Promise<"cancelled" | "trial-running"> {
    const cancelled = await actOn(client, "cancel");
    return cancelled.ok ? "cancelled" : "trial-running";
  }
}

/** Named by the envelope, not yet believed: the device authenticates the digest, and runs nothing that has another. */
function subjectOf(envelope: Uint8Array, listed: FoundTarget | undefined): InstallSubject | SecondaryOutcome {
  const parsed = parseEnvelope(envelope);
  if (!parsed.ok) return { did: "refused", code: parsed.error.code };
  const manifest = parseManifest(parsed.value.manifest);
  if (!manifest.ok) return { did: "refused", code: manifest.error.code };
  const differs = listed && checkListedManifest({ manifest: manifest.value }, listed);
  if (differs !== undefined) return unlisted(differs);
  return { sequence: manifest.value.sequenceNumber, manifestDigest: parsed.value.digest.bytes };
}

const slicesOf =
  (bytes: Uint8Array) =>
  async (offset: number, length: number): Promise<Uint8Array> =>
    bytes.subarray(offset, offset + length);

const runs = ({ manifest }: SumacIdentity, digest: Uint8Array): boolean =>
  manifest !== undefined && equalBytes(manifest.bytes, digest);

const isAbout = (verdict: SumacVerdict, digest: Uint8Array): boolean =>
  "manifest" in verdict && verdict.manifest !== undefined && equalBytes(verdict.manifest.bytes, digest);

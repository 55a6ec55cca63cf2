/** A DDI server in memory, behind the client's interface: what an agent sees, without HTTP. For tests. */

import type { Release } from "../device/release.test.support.ts";
import { Unavailable, type UnavailableCode } from "../unavailable.ts";
import type { DdiClient, DdiFeedback } from "./ddi-client.ts";
import type { DdiDeployment, DdiHandling, DdiPoll } from "./ddi-client-reply.ts";

export interface TestDeployment {
  readonly action: string;
  readonly artifacts: Readonly<Record<string, Uint8Array>>;
  readonly update?: DdiHandling;
  /** Where in a repository it is listed. */
  readonly target?: string;
}

export const deploymentOf = (action: string, release: Release, uri = "firmware.bin"): TestDeployment => ({
  action,
  artifacts: { "manifest.suit": release.envelope, [uri]: release.image },
});

export const fault = (code: UnavailableCode, retryable = true, retryAfterMs?: number): Unavailable =>
  new Unavailable(code, { retryable, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });

export class TestServer implements DdiClient {
  /** Offered at every poll until it is closed. */
  offered: TestDeployment | undefined;
  cancelling: string | undefined;
  wantsConfig = false;
  sleepMs = 5000;
  /** Asked before each call is answered, and after: whoever throws here cuts the call. */
  intercept: (call: string, moment: "before" | "after") => void = () => undefined;
  /** Bytes after which every download of a payload is cut; undefined = none is. */
  cutAfter: number | undefined;
  /** Hears of every call, such as "POST 7 closed/success running-verified" and "GET firmware.bin from 256". */
  readonly calls: string[] = [];
  readonly attributes: Record<string, string>[] = [];

  /** What the device said about its actions. */
  get feedbacks(): string[] {
    return this.calls.filter((call) => call.startsWith("POST"));
  }

  async poll(): Promise<DdiPoll> {
    return this.#answer("GET poll", () => ({
      sleepMs: this.sleepMs,
      ...(this.wantsConfig ? { configData: "config" } : {}),
      ...(this.cancelling !== undefined ? { cancelAction: `cancel/${this.cancelling}` } : {}),
      ...(this.offered !== undefined && this.cancelling === undefined ? { deploymentBase: this.offered.action } : {}),
    }));
  }

  async putConfig(data: Readonly<Record<string, string>>): Promise<void> {
    this.#answer("PUT configData", () => {
      this.wantsConfig = false;
      this.attributes.push({ ...data });
    });
  }

  async deployment(href: string): Promise<DdiDeployment> {
    return this.#answer(`GET deployment ${href}`, () => {
      if (this.offered?.action !== href) throw fault("not-found", false);
      const { action, artifacts, update = "forced", target } = this.offered;
      return {
        actionId: action,
        download: update,
        update,
        chunks: [
          {
            part: "os",
            name: "release",
            version: "1",
            ...(target === undefined ? {} : { metadata: [{ key: "tuf-target", value: target }] }),
            artifacts: Object.entries(artifacts).map(([filename, { length }]) => ({
              filename,
              size: length,
              hashes: {},
              href: `https://updates.example/${filename}`,
            })),
          },
        ],
      };
    });
  }

  async feedback(actionId: string, { execution, finished, details }: DdiFeedback): Promise<void> {
    this.#answer(`POST ${actionId} ${execution}/${finished} ${details.join(" ")}`, () => {
      if (execution === "closed" && this.offered?.action === actionId) this.offered = undefined;
    });
  }

  async cancellation(href: string): Promise<{ stopId: string }> {
    return this.#answer("GET cancel", () => ({ stopId: href.replace("cancel/", "") }));
  }

  async cancelFeedback(stopId: string, { execution, finished, details }: DdiFeedback): Promise<void> {
    this.#answer(`POST cancel ${stopId} ${execution}/${finished} ${details.join(" ")}`, () => {
      this.cancelling = undefined;
      this.offered = undefined;
    });
  }

  async *download(
    artifact: { readonly href: string },
    { from }: { readonly from: number },
  ): AsyncGenerator<Uint8Array> {
    const filename = artifact.href.replace("https://updates.example/", "");
    const content = this.offered?.artifacts[filename];
    this.#answer(`GET ${filename} from ${from}`, () => undefined);
    if (content === undefined) throw fault("not-found", false);
    const end =
      filename === "manifest.suit" ? content.length : Math.min(content.length, this.cutAfter ?? content.length);
    for (let at = from; at < end; at += 100) yield content.subarray(at, Math.min(at + 100, end));
    if (end < content.length) throw fault("link-lost");
  }

  #answer<T>(call: string, answer: () => T): T {
    this.intercept(call, "before");
    this.calls.push(call);
    const value = answer();
    this.intercept(call, "after");
    return value;
  }
}

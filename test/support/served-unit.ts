import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, expect } from "vitest";
import { fixture } from "./example-product.ts";
import { type Ended, SumacProcess, sumac } from "./sumac-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export const publicKey = (holder: string): string => fixture("keys", `${holder}.test-only.public.pem`);
export const signedBy = (...holders: readonly string[]): readonly string[] =>
  holders.flatMap((holder) => ["--test-only-key", fixture("keys", `${holder}.test-only.private.pem`)]);

export interface ServedUnitOptions {
  /** More lines of the agent's configuration. */
  readonly config?: readonly string[];
  /** Options of `sumac serve` that say whom the server believes. */
  readonly serve?: readonly string[];
}

/**
 * A server and one provisioned device with an agent, each a process of its own, as somebody at the command line would
 * have them. The device runs 1.1.0 (sequence 2); its vendor's part has `vendor` for releases and `vendor-p256` as root.
 */
export class ServedUnit {
  readonly folder: string = temporaryFolder();
  readonly #server: SumacProcess;
  #url = "";

  private constructor(trust: readonly string[]) {
    const tokens = ["--publish-token-file", "publish.token", "--device-token-file", "device.token"];
    this.#server = new SumacProcess(
      ["serve", "--data", "data", ...trust, "--port", "0", "--polling-seconds", "1", ...tokens, "--json"],
      { folder: this.folder },
    );
    afterAll(() => this.#server.kill("SIGKILL"));
  }

  static async start({
    config = [],
    serve = ["--trust", publicKey("vendor")],
  }: ServedUnitOptions = {}): Promise<ServedUnit> {
    const served = new ServedUnit(serve);
    served.#url = String((await served.#server.next("listening"))["url"]);
    served.configure(config);
    await served.good("trust", "make", "vendor.trust", "--part", "vendor", ...vendorRoles);
    await served.release("1.1.0", 2);
    const product = ["--product", fixture("sumac.yaml"), "--trust-record", "vendor.trust"];
    const factory = ["--factory", "rtu-demo-1.1.0.suit", "--serial", "1", "--record", "1.json"];
    await served.good("device", "provision", "--config", "agent.yaml", ...product, ...factory);
    return served;
  }

  configure(more: readonly string[]): void {
    const lines = [
      `server: ${this.#url}`,
      "controllerId: rtu-1",
      "token: { file: device.token, kind: gateway }",
      "platform: { kind: files, folder: unit, components: [{ id: [firmware], maxSize: 256 KiB }] }",
      "poll: { least: 1 s }",
      'restart: { kind: image, command: [sh, -c, "readlink current >> starts"] }',
      "selfTest: not-tested",
      ...more,
    ];
    if (!more.some((line) => line.startsWith("profile:"))) lines.push("profile: it");
    writeFileSync(path.join(this.folder, "agent.yaml"), `${lines.join("\n")}\n`);
  }

  run(...words: readonly string[]): Promise<Ended> {
    return sumac(words, { folder: this.folder });
  }

  /** The same, for what has to succeed. */
  async good(...words: readonly string[]): Promise<Ended> {
    const ended = await this.run(...words);
    expect({ code: ended.code, stderr: ended.stderr.replace(testKeyWarning, "") }, words.join(" ")).toEqual({
      code: 0,
      stderr: "",
    });
    return ended;
  }

  async release(version: string, sequence: number, signers: readonly string[] = ["vendor"]): Promise<string> {
    const image = fixture("images", `rtu-demo-${version}.bin`);
    const words = ["release", "build", image, "--config", fixture("sumac.yaml"), "--version", version];
    await this.good(...words, "--sequence", `${sequence}`, ...signedBy(...signers), "--replace");
    return `rtu-demo-${version}.suit`;
  }

  publish(envelope: string): Promise<Ended> {
    return this.run("publish", envelope, "--server", this.#url, "--token-file", "publish.token");
  }

  once(): Promise<Ended> {
    return this.run("device", "agent", "--config", "agent.yaml", "--once");
  }

  async log(): Promise<string> {
    return (await this.good("device", "log", "show", "unit")).stdout;
  }

  read(name: string): string {
    return readFileSync(path.join(this.folder, name), "utf8");
  }
}

const testKeyWarning = /^warning\[test-key\].*\nhint: .*\n/gm;
const vendorRoles = ["--release", publicKey("vendor"), "--root", publicKey("vendor-p256")];

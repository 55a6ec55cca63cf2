import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { fixture } from "./example-product.ts";
import { type Ended, SumacProcess, sumac } from "./sumac-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A folder in which people hold keys (TEST ONLY, made for the test) and a vendor keeps a repository `repo`. */
export class SigningPeople {
  readonly folder: string = temporaryFolder();

  constructor(...names: readonly string[]) {
    for (const name of names) this.join(name);
  }

  join(name: string): void {
    const { privateKey } = generateKeyPairSync("ed25519");
    writeFileSync(this.at(`${name}.pem`), privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    writeFileSync(this.at(`${name}.pub.pem`), createPublicKey(privateKey).export({ type: "spki", format: "pem" }));
  }

  at(...parts: readonly string[]): string {
    return path.join(this.folder, ...parts);
  }

  run(line: string): Promise<Ended> {
    return sumac(line.split(" "), { folder: this.folder });
  }

  /** What has to succeed. */
  async good(line: string): Promise<Ended> {
    const ended = await this.run(line);
    expect({ code: ended.code, stderr: ended.stderr.replace(testKeyWarning, "") }, line).toEqual({
      code: 0,
      stderr: "",
    });
    return ended;
  }

  start(line: string): SumacProcess {
    return new SumacProcess(line.split(" "), { folder: this.folder });
  }

  /** Everybody compares the digest, signs the request, and somebody combines. */
  async ceremony(name: string, ...who: readonly string[]): Promise<void> {
    const request = `repo/ceremonies/${name}/request.json`;
    const { digest } = JSON.parse(readFileSync(this.at(request), "utf8")) as { digest: string };
    for (const each of who)
      await this.good(`repo sign ${request} --test-only-key ${each}.pem --yes --expect ${digest}`);
    await this.good(`repo combine repo ${name.slice(name.indexOf("-") + 1)}`);
  }

  /** An envelope, signed by these. */
  async release(version: string, sequence: number, ...who: readonly string[]): Promise<string> {
    const out = `r${sequence}.suit`;
    const image = fixture("images", `rtu-demo-${version}.bin`);
    await this.good(
      `release build ${image} --config ${fixture("sumac.yaml")} --version ${version} --sequence ${sequence} --out ${out}`,
    );
    for (const each of who) await this.good(`release sign ${out} --test-only-key ${each}.pem`);
    return out;
  }
}

const testKeyWarning = /^warning\[test-key\].*\nhint: .*\n/gm;

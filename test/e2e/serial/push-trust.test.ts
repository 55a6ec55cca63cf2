/** A new trust record reaches a device over its serial port: `sumac trust update`, then `sumac device push`. */
import { describe, expect, test } from "vitest";
import { fixture } from "../../support/example-product.ts";
import { type Ended, SumacProcess, sumac } from "../../support/sumac-process.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const passphrase = { SUMAC_PASSPHRASE: "copper kettle on a gas ring" };
const hasTerminals = process.platform !== "win32";
if (!hasTerminals) console.warn("trust over a serial port is not tried: this system has no pseudo-terminals");

describe.skipIf(!hasTerminals)("a trust record over a serial port", { timeout: 120_000 }, () => {
  const folder = temporaryFolder();
  const run = (...words: readonly string[]): Promise<Ended> => sumac(words, { folder, environment: passphrase });
  const done = async (...words: readonly string[]): Promise<Ended> => {
    const ended = await run(...words);
    expect(`${ended.code} ${ended.stderr}`).toBe("0 ");
    return ended;
  };
  const push = (file: string, ...keys: readonly string[]): Promise<Ended> =>
    run("device", "push", file, "--port", "port", "--json", ...keys.flatMap((key) => ["--key", `keys/${key}.pub.pem`]));
  const last = (ended: Ended) => ended.events().at(-1);

  test("the root keys replace the release key; the old one is then worth nothing, and the device says so", async () => {
    for (const key of ["vendor", "next", "root", "stranger"]) await done("keys", "new", key);
    const record = (name: string, ...keys: readonly string[]): Promise<Ended> =>
      done(
        ...["trust", "make", name, "--part", "vendor", "--root", "keys/root.pub.pem"],
        ...keys.flatMap((key) => ["--release", `keys/${key}.pub.pem`]),
      );
    await record("vendor.trust", "vendor");
    await record("both.trust", "vendor", "next");
    await record("next.trust", "next");
    const build = (image: string, version: string, sequence: string, key: string): Promise<Ended> =>
      done(
        ...["release", "build", fixture("images", `rtu-demo-${image}.bin`), "--config", fixture("sumac.yaml")],
        ...["--version", version, "--sequence", sequence, "--key", `keys/${key}.pem.age`, "--out", version],
      );
    await build("1.0.0", "1.0.0", "1", "vendor");
    await build("1.1.0", "1.1.0", "2", "next");
    await build("1.1.0", "1.1.1", "3", "vendor");
    const update = (record: string, sequence: string, key: string, out: string): Promise<Ended> =>
      done(
        ...["trust", "update", record, "--sequence", sequence, "--config", fixture("sumac.yaml")],
        ...["--key", `keys/${key}.pem.age`, "--out", out],
      );
    await update("both.trust", "1", "root", "both.suit");
    await update("next.trust", "2", "root", "next.suit");
    await update("next.trust", "3", "stranger", "forged.suit");
    const device = new SumacProcess(
      [
        ...["device", "simulate", "unit", "--pty", "--id", "rtu-1", "--config", fixture("sumac.yaml"), "--json"],
        ...["--trust-record", "vendor.trust", "--factory", "1.0.0/rtu-demo-1.0.0.suit", "--link", "port"],
        ...["--fault", "chatter", "--fault", "lost-answers=7"],
      ],
      { folder },
    );
    await device.next("listening");
    const shown = async (): Promise<string> => {
      const info = await done("device", "info", "--port", "port", "--json");
      return JSON.stringify(info.json<{ trust: unknown }>().trust);
    };
    const before = await shown();
    expect(before).toMatch(/[0-9a-f]{64}/);

    const refused = (ended: Ended, code: string): void => {
      expect([ended.code, last(ended)]).toMatchObject([3, { error: { code } }]);
      expect(ended.stderr).toContain("the device's own verifier refuses the release");
    };
    // Each of these is accepted by whoever pushes it, because she was given that key; not by the device.
    refused(await push("1.1.0/rtu-demo-1.1.0.suit", "next"), "signer-unknown");
    refused(await push("forged.suit", "stranger"), "signer-unknown");
    refused(await push("next.suit", "root"), "trust-update-strands-device");
    expect(await shown()).toBe(before);

    const replaced = await push("both.suit", "root");
    expect([replaced.code, replaced.stderr]).toEqual([0, ""]);
    expect(last(replaced)).toMatchObject({ event: "finished", did: "confirmed", sequence: 1 });
    expect(await shown()).not.toBe(before);
    expect(last(await push("both.suit", "root"))).toMatchObject({ did: "confirmed" });
    expect(last(await push("1.1.0/rtu-demo-1.1.0.suit", "next"))).toMatchObject({ did: "confirmed", sequence: 2 });

    // Nothing that runs needs the old key any more.
    expect(last(await push("next.suit", "root"))).toMatchObject({ did: "confirmed", sequence: 2 });
    refused(await push("1.1.1/rtu-demo-1.1.1.suit", "vendor"), "signer-unknown");
    refused(await push("both.suit", "root"), "rollback");
    device.kill("SIGINT");
    expect(await device.ended).toMatchObject({ code: 0, stderr: "" });
  });
});

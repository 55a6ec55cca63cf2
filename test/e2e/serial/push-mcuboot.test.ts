/** What a technician may do to a device with MCUboot alone beyond a plain update. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { fixture } from "../../support/example-product.ts";
import { type Ended, SumacProcess, sumac } from "../../support/sumac-process.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const signer = ["--test-only-key", fixture("keys", "vendor.test-only.private.pem")];
const vendor = fixture("keys", "vendor.test-only.public.pem");
const hasTerminals = process.platform !== "win32";
if (!hasTerminals) console.warn("device push is not tried: this system has no pseudo-terminals");

class Workshop {
  readonly folder: string = temporaryFolder();

  run(...words: readonly string[]): Promise<Ended> {
    return sumac(words, { folder: this.folder });
  }

  start(...words: readonly string[]): SumacProcess {
    return new SumacProcess([...words, "--json"], { folder: this.folder });
  }

  /** A signed image that differs from any other in every part. */
  async image(version: string, counter: string): Promise<string> {
    const seed = Number(counter);
    writeFileSync(
      path.join(this.folder, "code.bin"),
      Uint8Array.from({ length: 90_000 }, (_, i) => (i * 7919 * seed) >> 5),
    );
    const out = `image-${version}.bin`;
    const signed = await this.run(
      ...["mcuboot", "sign", "code.bin", "--version", version, "--security-counter", counter, "--out", out],
      ...["--header-size", "512", "--slot-size", "524288", ...signer],
    );
    expect(signed.code).toBe(0);
    return out;
  }

  async release(version: string, counter: string): Promise<string> {
    const built = await this.run(
      ...["release", "build", await this.image(version, counter), "--config", fixture("sumac.yaml")],
      ...["--version", version, "--sequence", counter, "--out", `release-${counter}`, "--json", ...signer],
    );
    expect(built.code).toBe(0);
    return built.json<{ envelope: string }>().envelope;
  }

  /** Runs 1.0.0, with security counter 1. */
  async device(...faults: readonly string[]): Promise<SumacProcess> {
    const factory = await this.image("1.0.0", "1");
    const device = this.start(
      ...["device", "simulate", "mcu", "--pty", "--personality", "mcuboot-recovery", "--trust", vendor],
      ...["--factory", factory, "--link", "port", ...faults],
    );
    await device.next("listening");
    return device;
  }

  push(file: string, ...more: readonly string[]): Promise<Ended> {
    return this.run("device", "push", file, "--port", "port", "--key", vendor, "--json", ...more);
  }

  /** Ended by Ctrl-C on the way, with some bytes of the image on the device. */
  async pushHalf(file: string): Promise<void> {
    const pushing = this.start("device", "push", file, "--port", "port", "--key", vendor);
    await pushing.next("sending-image");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    pushing.kill("SIGINT");
    expect((await pushing.ended).code).toBe(130);
  }

  listed = async (): Promise<string> => (await this.run("device", "list", "--port", "port")).stdout;
}

async function end(device: SumacProcess): Promise<Ended> {
  device.kill("SIGINT");
  return device.ended;
}

const told = (ended: Ended, event: string) => ended.events().find((each) => each.event === event);

describe.skipIf(!hasTerminals)("a device with MCUboot alone", { timeout: 90_000 }, () => {
  test("a push that was stopped goes on at the byte that the loader expects, when it is repeated", async () => {
    const workshop = new Workshop();
    const file = await workshop.release("2.0.0", "2");
    const device = await workshop.device("--fault", "lost-answers=5");
    await workshop.pushHalf(file);
    const pushed = await workshop.push(file);
    expect(pushed.events().at(-1)).toMatchObject({ event: "finished", did: "confirmed", version: "2.0.0" });
    expect(Number(told(pushed, "resumed")?.["from"])).toBeGreaterThan(900);
    await end(device);
  });

  test("T-SER-MIXED the bytes of another image are never mixed into one that boots", async () => {
    const workshop = new Workshop();
    const other = await workshop.release("3.0.0", "3");
    const file = await workshop.release("2.0.0", "2");
    const device = await workshop.device("--fault", "lost-answers=5");
    await workshop.pushHalf(other);
    const pushed = await workshop.push(file);
    expect(pushed.stderr).toMatch(/the \d+ bytes that the device had were another image's; sending the whole image/);
    expect(pushed.events().at(-1)).toMatchObject({ event: "finished", did: "confirmed", version: "2.0.0" });
    expect(await workshop.listed()).toMatch(/slot 0 {2}2\.0\.0 .*active, confirmed/);
    await end(device);
  });

  test("T-SER-OVERWRITE the slot that runs is overwritten only where somebody says so, and then there is no way back", async () => {
    const workshop = new Workshop();
    const file = await workshop.release("2.0.0", "2");
    const device = await workshop.device();
    const pushed = await workshop.push(file, "--overwrite-what-runs");
    expect(pushed.events().at(-1)).toMatchObject({ event: "finished", did: "confirmed", version: "2.0.0" });
    // `upload_image_id` of the primary slot.
    expect(told(pushed, "sending-image")).toMatchObject({ target: 1 });
    const listed = await workshop.listed();
    expect(listed).toMatch(/slot 0 {2}2\.0\.0 .*active, confirmed/);
    expect(listed).not.toMatch(/slot 1/);
    const again = await workshop.push(await workshop.release("3.0.0", "3"));
    expect(told(again, "sending-image")).toMatchObject({ target: 2 });
    expect(await workshop.listed()).toMatch(/slot 1 {2}2\.0\.0/);
    await end(device);
  });
});

describe.skipIf(!hasTerminals)("a simulated device", { timeout: 60_000 }, () => {
  test.each([
    [
      "a server's option with --pty",
      ["--pty", "--once"],
      "bad-value",
      /--once says nothing about a device on a pseudo/,
    ],
    [
      "a terminal's option without --pty",
      ["--link", "x"],
      "bad-value",
      /--link says nothing about a device at a server/,
    ],
    ["neither server nor --pty", [], "missing-option", /--server is missing/],
    ["no token", ["--server", "http://127.0.0.1:1"], "missing-option", /--token-file is missing/],
  ])("%s is refused", async (_, words, code, problem) => {
    const ended = await new Workshop().run("device", "simulate", "unit", ...words);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(`error[${code}]`);
    expect(ended.stderr).toMatch(problem);
  });
});

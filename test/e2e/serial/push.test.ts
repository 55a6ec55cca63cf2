/** `sumac device push` against simulated devices on real pseudo-terminals, each a process of its own. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { fixture } from "../../support/example-product.ts";
import { type Ended, SumacProcess, sumac } from "../../support/sumac-process.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const vendor = fixture("keys", "vendor.test-only.public.pem");
const vendorPrivate = fixture("keys", "vendor.test-only.private.pem");
const foreign = fixture("keys", "foreign.test-only.public.pem");
const hasTerminals = process.platform !== "win32";
if (!hasTerminals) console.warn("device push is not tried: this system has no pseudo-terminals");

/** Long enough to be cut somewhere in its middle. */
const longImage = Uint8Array.from({ length: 120_000 }, (_, i) => (i * 7919) >> 5);

interface Bench {
  readonly folder: string;
  run(...words: readonly string[]): Promise<Ended>;
}

function bench(): Bench {
  const folder = temporaryFolder();
  return { folder, run: (...words) => sumac(words, { folder }) };
}

async function release({ folder, run }: Bench, sequence: number, image: string, config = fixture("sumac.yaml")) {
  const out = `release-${sequence}`;
  const built = await run(
    ...["release", "build", image, "--config", config, "--version", `1.${sequence}.0`, "--sequence", String(sequence)],
    ...["--out", out, "--test-only-key", vendorPrivate, "--json"],
  );
  if (built.code !== 0) throw new Error(built.stderr);
  return path.relative(folder, path.resolve(folder, built.json<{ envelope: string }>().envelope));
}

function writeImage({ folder }: Bench, name: string, bytes: Uint8Array): string {
  writeFileSync(path.join(folder, name), bytes);
  return name;
}

/** A device that runs release 1; `more` = its faults. */
async function sumacDevice(made: Bench, ...more: readonly string[]): Promise<SumacProcess> {
  const words = ["device", "serial", "device", "--link", "port", "--json", ...more];
  const isNew = !more.includes("--existing");
  const factory = isNew
    ? [
        ...["--id", "rtu-1", "--config", fixture("sumac.yaml"), "--trust", vendor],
        ...["--factory", await release(made, 1, fixture("images", "rtu-demo-1.0.0.bin"))],
      ]
    : [];
  const device = new SumacProcess([...words.filter((word) => word !== "--existing"), ...factory], made);
  await device.next("listening");
  return device;
}

const push = (made: Bench, file: string, ...more: readonly string[]): Promise<Ended> =>
  made.run("device", "push", file, "--port", "port", "--key", vendor, "--json", ...more);

const last = (ended: Ended) => ended.events().at(-1);

async function end(device: SumacProcess): Promise<Ended> {
  device.kill("SIGINT");
  const ended = await device.ended;
  expect(ended.stderr).toBe("");
  return ended;
}

const count = (ended: Ended, event: string): number => ended.events().filter((told) => told.event === event).length;

describe.skipIf(!hasTerminals)("a Sumac device", { timeout: 60_000 }, () => {
  test.each([
    ["on a good line", [], 0, 0],
    ["in raw framing", ["--framing", "raw"], 0, 0],
    ["with log text between the lines and lost answers", ["--fault", "chatter", "--fault", "lost-answers=9"], 0, 0],
    ["with the cable pulled twice", ["--fault", "unplug-at=30000", "--fault", "unplug-at=70000"], 2, 0],
    ["that is reset in the middle", ["--fault", "reset-at=50000"], 0, 1],
  ])("%s is updated", async (_, faults, unplugged, resets) => {
    const made = bench();
    const file = await release(made, 2, writeImage(made, "image.bin", longImage));
    const device = await sumacDevice(made, ...faults);
    const framing = faults.includes("raw") ? ["--framing", "raw"] : [];
    const pushed = await push(made, file, ...framing);
    expect(pushed.stderr.replace(/port is silent or gone; waiting up to 30 s\n/g, "")).toBe("");
    expect(pushed.code).toBe(0);
    expect(last(pushed)).toMatchObject({ event: "finished", did: "confirmed", sequence: 2 });
    expect(last(await push(made, file, ...framing))).toMatchObject({ did: "already-installed" });
    const ended = await end(device);
    expect([count(ended, "unplugged"), count(ended, "reset")]).toEqual([unplugged, resets]);
  });

  test("that loses its power is switched on again, and goes on where it was", async () => {
    const made = bench();
    const file = await release(made, 2, writeImage(made, "image.bin", longImage));
    const device = await sumacDevice(made, "--fault", "lost-answers=11");
    const pushing = new SumacProcess(
      ["device", "push", file, "--port", "port", "--key", vendor, "--json", "--wait", "1"],
      made,
    );
    await pushing.next("sending-payload");
    await new Promise((resolve) => setTimeout(resolve, 700));
    device.kill("SIGKILL");
    expect((await pushing.ended).code).toBe(5);
    const again = await sumacDevice(made, "--existing");
    const pushed = await push(made, file);
    expect(pushed.code).toBe(0);
    const sending = pushed.events().find(({ event }) => event === "sending-payload");
    expect(Number(sending?.["from"])).toBeGreaterThan(0);
    await end(again);
  });

  test("whose push is stopped by Ctrl-C stays usable", async () => {
    const made = bench();
    const file = await release(made, 2, writeImage(made, "image.bin", longImage));
    const device = await sumacDevice(made, "--fault", "lost-answers=5");
    const pushing = new SumacProcess(["device", "push", file, "--port", "port", "--key", vendor, "--json"], made);
    await pushing.next("sending-payload");
    await new Promise((resolve) => setTimeout(resolve, 500));
    pushing.kill("SIGINT");
    const stopped = await pushing.ended;
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toMatch(/^error\[interrupted\]/);
    expect((await made.run("device", "info", "--port", "port")).stdout).toMatch(/update +wants payload/);
    const pushed = await push(made, file);
    expect(last(pushed)).toMatchObject({ did: "confirmed" });
    expect(Number(pushed.events().find(({ event }) => event === "sending-payload")?.["from"])).toBeGreaterThan(0);
    await end(device);
  });

  test("that forgets on request takes the release from its first byte", async () => {
    const made = bench();
    const file = await release(made, 2, fixture("images", "rtu-demo-1.1.0.bin"));
    const device = await sumacDevice(made);
    expect((await made.run("device", "erase", "--port", "port")).code).toBe(0);
    const pushed = await push(made, file);
    expect(pushed.events().find(({ event }) => event === "sending-payload")).toMatchObject({ from: 0 });
    expect(pushed.code).toBe(0);
    await end(device);
  });

  test("proves by its signature what it runs, if it is asked to", async () => {
    const made = bench();
    const config = path.join(made.folder, "sumac.yaml");
    writeFileSync(config, `${readFileSync(fixture("sumac.yaml"), "utf8")}referenceUri: https://vendor.example/rtu\n`);
    const file = await release(made, 2, fixture("images", "rtu-demo-1.1.0.bin"), config);
    const device = await sumacDevice(made);
    const foreigner = await push(made, file, "--device-key", foreign);
    expect([foreigner.code, last(foreigner)]).toMatchObject([
      3,
      { error: { code: expect.stringMatching(/signer|signature/) } },
    ]);
    const pushed = await push(made, file, "--device-key", "device/device-key.pub.pem");
    expect(pushed.events().find(({ event }) => event === "proven")).toMatchObject({ signed: true });
    expect(pushed.code).toBe(0);
    await end(device);
  });

  test("whose new image fails its self-test goes back, and says so", async () => {
    const made = bench();
    const file = await release(made, 2, fixture("images", "rtu-demo-1.1.0.bin"));
    const device = await sumacDevice(made, "--fault", "fail-self-test");
    const pushed = await push(made, file);
    expect([pushed.code, last(pushed)]).toMatchObject([6, { error: { code: "self-test-failed" } }]);
    expect((await made.run("device", "list", "--port", "port")).stdout).toMatch(
      /slot 0 {2}1\.1\.0 .*active, confirmed/,
    );
    await end(device);
  });

  test.each([
    ["a key that nobody gave", "signer-unknown", 3],
    ["another product", "wrong-class", 3],
    ["an image that does not fit", "image-too-large", 3],
    ["a payload that was changed", "image-digest-mismatch", 3],
  ])("%s is refused before anything is sent", async (what, code, exit) => {
    const made = bench();
    const configs = path.join(made.folder, "configs");
    mkdirSync(configs);
    const other = path.join(configs, "other.yaml");
    writeFileSync(other, readFileSync(fixture("sumac.yaml"), "utf8").replace("product: rtu-demo", "product: pump"));
    const large = path.join(configs, "large.yaml");
    writeFileSync(large, readFileSync(fixture("sumac.yaml"), "utf8").replace("262144", "999999"));
    const tooLarge = writeImage(made, "large.bin", new Uint8Array(300_000).fill(7));
    const fits = fixture("images", "rtu-demo-1.1.0.bin");
    const file =
      what === "another product"
        ? await release(made, 2, fits, other)
        : what === "an image that does not fit"
          ? await release(made, 2, tooLarge, large)
          : await release(made, 2, fits);
    if (what === "a payload that was changed") {
      const name = readdirSync(path.join(made.folder, "release-2")).find((found) => found.endsWith(".bin"));
      const payload = path.join(made.folder, "release-2", name ?? "");
      const bytes = readFileSync(payload);
      writeFileSync(payload, bytes.fill(1, 0, 4));
    }
    const device = await sumacDevice(made);
    const key = what === "a key that nobody gave" ? foreign : vendor;
    const pushed = await made.run("device", "push", file, "--port", "port", "--key", key, "--json");
    expect([pushed.code, last(pushed)]).toMatchObject([exit, { error: { code } }]);
    expect(pushed.events().some(({ event }) => event === "sending-envelope")).toBe(false);
    expect((await made.run("device", "info", "--port", "port")).stdout).toMatch(/update +idle/);
    await end(device);
  });

  test("T-SER-CABLE its own verifier has the last word: a release that this computer accepts and the device does not", async () => {
    const made = bench();
    const out = "release-9";
    const built = await made.run(
      ...["release", "build", fixture("images", "rtu-demo-1.2.0.bin"), "--config", fixture("sumac.yaml")],
      ...["--version", "1.9.0", "--sequence", "9", "--out", out, "--json"],
      ...["--test-only-key", fixture("keys", "foreign.test-only.private.pem")],
    );
    const device = await sumacDevice(made);
    const file = built.json<{ envelope: string }>().envelope;
    const pushed = await made.run("device", "push", file, "--port", "port", "--key", foreign, "--json");
    expect([pushed.code, last(pushed)]).toMatchObject([3, { error: { code: "signer-unknown" } }]);
    expect(pushed.stderr).toContain("the device's own verifier refuses the release");
    await end(device);
  });
});

describe.skipIf(!hasTerminals)("a device with MCUboot alone", { timeout: 60_000 }, () => {
  async function image(made: Bench, version: string, counter: number, key = vendorPrivate): Promise<string> {
    const out = `image-${version}-${counter}.bin`;
    const source = writeImage(made, "code.bin", longImage.subarray(0, 60_000 + counter));
    const signed = await made.run(
      ...["mcuboot", "sign", source, "--version", version, "--security-counter", String(counter), "--out", out],
      ...["--header-size", "512", "--slot-size", "524288", "--test-only-key", key],
    );
    if (signed.code !== 0) throw new Error(signed.stderr);
    return out;
  }

  async function mcubootDevice(made: Bench, ...faults: readonly string[]): Promise<SumacProcess> {
    const factory = await image(made, "1.0.0", 5);
    const device = new SumacProcess(
      [
        ...["device", "serial", "mcu", "--personality", "mcuboot-recovery", "--trust", vendor, "--factory", factory],
        ...["--link", "port", "--json", ...faults],
      ],
      made,
    );
    await device.next("listening");
    return device;
  }

  test.each([
    ["on a good line", []],
    ["with log text and lost answers", ["--fault", "chatter", "--fault", "lost-answers=7"]],
    ["with the cable pulled twice", ["--fault", "unplug-at=20000", "--fault", "unplug-at=40000"]],
    ["that is reset in the middle", ["--fault", "reset-at=30000"]],
  ])("%s is updated", async (_, faults) => {
    const made = bench();
    const file = await release(made, 2, await image(made, "2.0.0", 6));
    const device = await mcubootDevice(made, ...faults);
    const pushed = await push(made, file);
    expect([pushed.code, last(pushed)]).toMatchObject([0, { event: "finished", did: "confirmed", version: "2.0.0" }]);
    expect(last(await push(made, file))).toMatchObject({ did: "already-installed" });
    expect((await made.run("device", "reset", "--port", "port")).code).toBe(0);
    const ended = await end(device);
    // Confirmed first, then the counter.
    expect(
      ended
        .events()
        .filter(({ event }) => event === "booted")
        .at(-1),
    ).toMatchObject({ version: "2.0.0", securityCounter: 6 });
  });

  test("a counter below the stored one: every byte arrives, and the boot loader does not list it", async () => {
    const made = bench();
    const file = await release(made, 2, await image(made, "2.0.0", 4));
    const device = await mcubootDevice(made);
    const pushed = await push(made, file);
    expect([pushed.code, last(pushed)]).toMatchObject([3, { error: { code: "image-not-listed" } }]);
    expect((await made.run("device", "list", "--port", "port")).stdout).toMatch(
      /slot 0 {2}1\.0\.0 .*active, confirmed/,
    );
    await end(device);
  });

  test("what is no image, or is signed for another boot loader, is refused before anything is sent", async () => {
    const made = bench();
    const device = await mcubootDevice(made);
    const plain = await push(made, await release(made, 2, fixture("images", "rtu-demo-1.1.0.bin")));
    expect([plain.code, last(plain)]).toMatchObject([4, { error: { code: "malformed-image" } }]);
    const strangers = await image(made, "3.0.0", 9, fixture("keys", "foreign.test-only.private.pem"));
    const foreigner = await push(made, await release(made, 3, strangers));
    expect([foreigner.code, last(foreigner)]).toMatchObject([3, { error: { code: "signer-unknown" } }]);
    await end(device);
  });
});

describe.skipIf(!hasTerminals)("a line that does not work", { timeout: 60_000 }, () => {
  test.each([
    ["no such port", ["--port", "no-such-port"], 5, "port-absent"],
    ["nobody listens", ["--port", "tcp://127.0.0.1:9"], 5, "port-absent"],
    ["no port at all", ["--port", "tcp://nowhere"], 2, "bad-value"],
    ["no such framing", ["--port", "x", "--framing", "smoke-signals"], 2, "bad-value"],
  ])("%s", async (_, line, exit, code) => {
    const ended = await bench().run("device", "info", ...line, "--json");
    expect([ended.code, ended.json()]).toMatchObject([exit, { error: { code } }]);
  });

  test("a silent device: what was tried", async () => {
    const made = bench();
    const device = await sumacDevice(made, "--fault", "silent");
    const asked = await made.run("device", "info", "--port", "port", "--baud", "57600");
    expect(asked.code).toBe(5);
    expect(asked.stderr).toMatch(/^error\[no-answer\]: no answer: .*console framing at 57600 baud/);
    await end(device);
  });

  test("the wrong framing", async () => {
    const made = bench();
    const device = await sumacDevice(made, "--framing", "raw");
    const asked = await made.run("device", "info", "--port", "port");
    expect([asked.code, asked.stderr]).toMatchObject([5, expect.stringMatching(/^error\[no-answer\]/)]);
    await end(device);
  });

  test("a port that another push holds", async () => {
    const made = bench();
    const file = await release(made, 2, writeImage(made, "image.bin", longImage));
    const device = await sumacDevice(made, "--fault", "lost-answers=3");
    const pushing = new SumacProcess(["device", "push", file, "--port", "port", "--key", vendor, "--json"], made);
    await pushing.next("sending-payload");
    const asked = await made.run("device", "info", "--port", "port");
    expect([asked.code, asked.stderr]).toMatchObject([5, expect.stringMatching(/^error\[port-busy\]/)]);
    pushing.kill("SIGINT");
    await pushing.ended;
    await end(device);
  });
});

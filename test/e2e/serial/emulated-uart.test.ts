/** Our frames through a UART that we did not write: Cortex-M firmware in an emulator, at a real pseudo-terminal. */
import { spawnSync } from "node:child_process";
import { askParameters, consoleFraming, echo, readImageState, readOsInformation, SmpClient } from "@sumac/smp";
import { nodeTimer, openSerialLink } from "@sumac/smp/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BoardAtPort, boardAtPort } from "../../fixtures/emulator.ts";
import { fixture } from "../../support/example-product.ts";
import { sumac } from "../../support/sumac-process.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const hasEmulator = process.platform !== "win32" && spawnSync("qemu-system-arm", ["--version"]).status === 0;
if (!hasEmulator) console.warn("skipped: no firmware answers at an emulated UART, qemu-system-arm is not installed");

describe.skipIf(!hasEmulator)("firmware at an emulated UART", { timeout: 60_000 }, () => {
  let board: BoardAtPort;
  let client: SmpClient;

  beforeAll(async () => {
    board = await boardAtPort(fixture("images", "smp-echo.elf"), 120_000);
  });

  afterAll(async () => {
    await client?.close();
    await board?.end();
  });

  async function connect(): Promise<SmpClient> {
    const link = await openSerialLink({ path: board.port, baud: 115_200, controlLines: "leave" });
    client = new SmpClient({ link, framing: consoleFraming(), timer: nodeTimer });
    // The emulator looks once a second whether somebody has opened the terminal.
    for (let asked = 0; asked < 10 && !(await askParameters(client)).ok; asked++);
    await client.drain();
    return client;
  }

  test("echoes texts of every length that fits, told by its own parameters", async () => {
    await connect();
    const parameters = await askParameters(client);
    expect(parameters).toEqual({ ok: true, value: { longestMessage: 508, window: 1, known: "told" } });
    // Around the ends of CBOR's length forms, of base64 groups and of lines; the last fills the buffer.
    for (const length of [0, 1, 2, 3, 23, 24, 79, 80, 81, 82, 83, 255, 256, 400, 494]) {
      const text = Array.from({ length }, (_, at) => String.fromCharCode(33 + ((at * 7 + length) % 90))).join("");
      expect(await echo(client, text), `${length}`).toEqual({ ok: true, value: text });
    }
    expect(client.line).toBe("open");
  });

  test("its open maps are read, and what it cannot do is a named refusal", async () => {
    expect(await readImageState(client)).toEqual({
      ok: true,
      value: [{ image: 0, slot: 0, version: "1.0.0", flags: ["active", "confirmed", "bootable"] }],
    });
    expect(await readOsInformation(client)).toMatchObject({
      ok: false,
      error: { code: "device-error", name: "not-supported" },
    });
  });

  test("what is too long for it gets no answer, and it goes on", async () => {
    expect(await echo(client, "x".repeat(495))).toMatchObject({ ok: false, error: { code: "no-answer" } });
    expect(await echo(client, "after")).toEqual({ ok: true, value: "after" });
  });

  test("damaged and foreign lines are passed over on its side", async () => {
    await client.close();
    const link = await openSerialLink({ path: board.port, baud: 115_200, controlLines: "leave" });
    const damaged = Uint8Array.from([6, 9, ...new TextEncoder().encode("AAsCAAAEAAAA*AChYWRhaE=\n")]);
    await link.write(Uint8Array.from([...new TextEncoder().encode("login: \r\n"), 4, 20, 65, 10, ...damaged, 6, 9]));
    await link.close();
    await connect();
    expect(await echo(client, "still here")).toEqual({ ok: true, value: "still here" });
  });

  test("a technician asks it what it runs", async () => {
    await client.close();
    const folder = temporaryFolder();
    const listed = await sumac(["device", "list", "--port", board.port, "--json"], { folder });
    expect(listed).toMatchObject({ code: 0 });
    expect(listed.stdout).toContain('"1.0.0"');
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { afterAll, describe, expect, test } from "vitest";
import { nodeFileSystem } from "../files/node-file-system.ts";
import { MemoryFlash } from "../flash/memory-flash.ts";
import { armed, offer, provisioned, running, second } from "../flash/simulated-device.test.support.ts";
import { flashDevice } from "../flash/simulated-device.ts";
import { testLayout } from "./release.test.support.ts";
import { goesOnRunning, hasStarted, readStartMark, type StartMark, writeStartMark } from "./start-mark.ts";

const again = (flash: MemoryFlash) => flashDevice(flash, testLayout, nodeCrypto);

describe("a process that starts again while the image goes on running", () => {
  test("is where it was, confirmed, and has written nothing", async () => {
    const { flash } = await provisioned();
    const before = flash.snapshot();
    expect(await again(flash).resume()).toMatchObject(running(5n, "a", "confirmed", "goes-on"));
    expect(flash.snapshot()).toEqual(before);
  });

  test("does not begin the trial of what is armed: a boot does", async () => {
    const { flash } = await armed();
    const device = again(flash);
    expect(await device.resume()).toMatchObject(running(5n, "a", "confirmed", "goes-on"));
    expect(device.status().boot.state).toBe("armed");
    expect(await again(flash).boot()).toMatchObject(running(6n, "b", "trial", "trial-begins"));
  });

  test("does not end a trial, and counts none: after a boot it would have gone back", async () => {
    const { flash, device } = await armed();
    await device.boot();
    const before = flash.snapshot();
    for (let crash = 0; crash < 5; crash++) {
      expect(await again(flash).resume()).toMatchObject(running(6n, "b", "trial", "goes-on"));
    }
    expect(flash.snapshot()).toEqual(before);
    const resumed = again(flash);
    await resumed.resume();
    expect(resumed.receive(second.envelope, {})).toMatchObject({ ok: false, error: { code: "trial-running" } });
    expect(await resumed.confirm()).toMatchObject({ ok: true });
    expect(resumed.status().floor.sequence).toBe(6n);
  });

  test("T-IMG-REPLACE: an image that was changed meanwhile is not resumed: a boot decides", async () => {
    const { flash, device } = await armed();
    await device.boot();
    flash.tamper(testLayout.slots.b.imageOffset, new Uint8Array(16));
    expect(await again(flash).resume()).toMatchObject(running(5n, "a", "confirmed", "trial-not-confirmed"));
  });

  test("without a state there is nothing to resume", async () => {
    expect(await again(new MemoryFlash(testLayout.geometry)).resume()).toEqual({ kind: "not-provisioned" });
    const { flash } = await provisioned();
    flash.tamper(testLayout.state.offset, new Uint8Array(2 * testLayout.state.bankSize));
    expect(await again(flash).resume()).toMatchObject({ kind: "recovery-needed", why: { code: "state-unreadable" } });
  });

  test("what was staged before can be armed after it", async () => {
    const { flash, device } = await provisioned();
    await offer(device, second);
    const resumed = again(flash);
    await resumed.resume();
    await resumed.arm();
    expect(await resumed.boot()).toMatchObject(running(6n, "b", "trial", "trial-begins"));
  });
});

describe("the mark that tells a boot from a restart of the process", () => {
  const folder = mkdtempSync(join(tmpdir(), "sumac-mark-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const digest = new Uint8Array(32).fill(7);
  const mark: StartMark = { bootId: "0a1b-2c", manifestDigest: digest, process: "running" };

  test("is kept", async () => {
    expect(await readStartMark(nodeFileSystem, folder)).toBeUndefined();
    await writeStartMark(nodeFileSystem, folder, mark);
    expect(await readStartMark(nodeFileSystem, folder)).toEqual(mark);
    await writeStartMark(nodeFileSystem, folder, { ...mark, process: "ended" });
    expect(await readStartMark(nodeFileSystem, folder)).toEqual({ ...mark, process: "ended" });
    await writeStartMark(nodeFileSystem, folder, { ...mark, process: "not-started" });
    expect(await readStartMark(nodeFileSystem, folder)).toEqual({ ...mark, process: "not-started" });
  });

  test("is kept where a folder stands in its place: that would stop every start", async () => {
    rmSync(join(folder, "started"));
    mkdirSync(join(folder, "started"));
    expect(await readStartMark(nodeFileSystem, folder)).toBeUndefined();
    await writeStartMark(nodeFileSystem, folder, mark);
    expect(await readStartMark(nodeFileSystem, folder)).toEqual(mark);
  });

  test.each(["", "x", `0a1b ${"07".repeat(32)} running`, `0a1b 07 running\n`, `0a1b ${"07".repeat(32)} no\n`])(
    "is none where it says %j: then a start is a boot",
    async (text) => {
      writeFileSync(join(folder, "started"), text);
      expect(await readStartMark(nodeFileSystem, folder)).toBeUndefined();
    },
  );

  test("says what goes on and what was started", () => {
    expect(goesOnRunning(undefined, "0a1b-2c")).toBe(false);
    expect(goesOnRunning(mark, "0a1b-2c")).toBe(true);
    expect(goesOnRunning(mark, "0a1b-2d")).toBe(false);
    expect(goesOnRunning({ ...mark, process: "ended" }, "0a1b-2c")).toBe(false);
    expect(hasStarted(mark, digest)).toBe(true);
    expect(hasStarted(mark, digest.with(0, 0))).toBe(false);
    expect(hasStarted(undefined, digest)).toBe(false);
    expect(goesOnRunning({ ...mark, process: "not-started" }, "0a1b-2c")).toBe(true);
    expect(hasStarted({ ...mark, process: "not-started" }, digest)).toBe(false);
  });
});

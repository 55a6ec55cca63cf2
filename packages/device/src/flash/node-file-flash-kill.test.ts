import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { expect, test } from "vitest";
import { makeRelease, testFactory, testImage, testLayout } from "../device/release.test.support.ts";
import { FileFlash } from "./node-file-flash.ts";
import { flashDevice } from "./simulated-device.ts";

const child = join(import.meta.dirname, "node-file-flash-kill.test.support.ts");
const releases = 2000;
const kills = 5;

test("T-DEV-POWER-CUT: killing the process with the flash file leaves a device that boots a signed image", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sumac-kill-"));
  try {
    const images = Array.from({ length: releases + 1 }, (_, i) => testImage(100 + (i % 800), i));
    images.forEach((image, i) => {
      const { envelope } = makeRelease({ sequence: BigInt(i), image });
      writeFileSync(join(folder, `${i}.suit`), envelope);
      writeFileSync(join(folder, `${i}.bin`), image);
    });
    const open = () => FileFlash.open(join(folder, "device.flash"), { geometry: testLayout.geometry });
    const envelope = makeRelease({ sequence: 0n, image: images[0] ?? new Uint8Array() }).envelope;
    const made = open();
    async function* first(): AsyncGenerator<Uint8Array> {
      yield images[0] ?? new Uint8Array();
    }
    const provisioned = await flashDevice(made, testLayout, nodeCrypto).provision({
      ...testFactory,
      envelope,
      fetch: first,
    });
    expect(provisioned.ok).toBe(true);
    made.close();

    let floor = 0n;
    for (let kill = 0; kill < kills; kill++) {
      const process_ = spawn(process.execPath, [child, folder], { stdio: ["ignore", "pipe", "inherit"] });
      await once(process_.stdout, "data");
      await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 60));
      process_.kill("SIGKILL");
      expect(await once(process_, "exit")).toEqual([null, "SIGKILL"]);

      const flash = open();
      const device = flashDevice(flash, testLayout, nodeCrypto);
      const outcome = await device.boot();
      if (outcome.kind !== "running") expect.fail(outcome.kind);
      const { slot, sequence, images: held } = outcome.booted;
      if (slot === "recovery") expect.fail("recovery runs");
      const lies = await flash.read(testLayout.slots[slot].imageOffset, held[0]?.size ?? 0);
      expect(lies).toEqual(images[Number(sequence)]);
      expect(device.status().floor.sequence).toBeGreaterThanOrEqual(floor);
      expect(sequence).toBeGreaterThanOrEqual(device.status().floor.sequence);
      floor = device.status().floor.sequence;
      flash.close();
    }
    expect(floor).toBeGreaterThan(0n);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);

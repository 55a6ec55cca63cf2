/** A device on a flash file that installs one release after the other until it is killed. Run by `node-file-flash-kill.test.ts`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { testLayout } from "../device/release.test.support.ts";
import { FileFlash } from "./node-file-flash.ts";
import { flashDevice } from "./simulated-device.ts";

const folder = process.argv[2] ?? "";
const flash = FileFlash.open(join(folder, "device.flash"), { geometry: testLayout.geometry, survives: "process-kill" });
const device = flashDevice(flash, testLayout, nodeCrypto);
const file = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));

await device.boot();
console.log("running");
for (;;) {
  const { running, mode } = device.status();
  if (mode === "trial") await device.confirm();
  const next = running.sequence + 1n;
  const received = device.receive(file(`${next}.suit`), {});
  if (!received.ok || received.value.kind !== "offer") throw new Error(`release ${next} is not offered`);
  const image = file(`${next}.bin`);
  await device.install(received.value.offer, {
    async *fetch(from) {
      for (let at = from; at < image.length; at += 16) yield image.subarray(at, at + 16);
    },
  });
  await device.arm();
  await device.boot();
}

import { describe, expect, test } from "vitest";
import { decodeBody, type SmpMap } from "./body.ts";
import { eraseSlot, findListed, markImage, readImageState } from "./image-state.ts";
import { answering, scriptedPeer } from "./scripted-peer.test.support.ts";

const hash = new Uint8Array(32).fill(7);
const listed = (image: SmpMap): SmpMap => ({ images: [image] });

async function state(answer: SmpMap) {
  return scriptedPeer(answering(answer)).run(readImageState);
}

describe("the images that a device lists", () => {
  test("with all their flags, and with none", async () => {
    const answer = {
      images: [
        { image: 1, slot: 0, version: "2.0.0.7", hash, active: true, confirmed: true, bootable: true, pending: false },
        { slot: 1, version: "1.0.0" },
      ],
      splitStatus: 0,
    };
    expect(await state(answer)).toEqual({
      ok: true,
      value: [
        { image: 1, slot: 0, version: "2.0.0.7", hash, flags: ["active", "confirmed", "bootable"] },
        { image: 0, slot: 1, version: "1.0.0", flags: [] },
      ],
    });
    expect(await state({ images: [] })).toEqual({ ok: true, value: [] });
  });

  test.each([
    ["no list", {}, "images"],
    ["a map instead", { images: {} }, "images"],
    ["bytes instead", { images: new Uint8Array(3) }, "images"],
    ["things that are no images", { images: [1] }, "images[0]"],
    ["no slot", listed({ version: "1" }), "images[0].slot"],
    ["a slot in words", listed({ slot: "0", version: "1" }), "images[0].slot"],
    ["a slot below 0", listed({ slot: -1, version: "1" }), "images[0].slot"],
    ["no version", listed({ slot: 0 }), "images[0].version"],
    ["an empty hash", listed({ slot: 0, version: "1", hash: new Uint8Array(0) }), "images[0].hash"],
    ["a hash without an end", listed({ slot: 0, version: "1", hash: new Uint8Array(65) }), "images[0].hash"],
    ["a flag that is a number", listed({ slot: 0, version: "1", active: 1 }), "images[0].active"],
    ["an image that is none", listed({ slot: 0, version: "1", image: "a" }), "images[0].image"],
  ])("%s is named", async (_, answer, field) => {
    expect(await state(answer)).toEqual({
      ok: false,
      error: { code: "unexpected-answer", group: 1, command: 0, field },
    });
  });

  test("one is found by its hash, and an absent one is not", async () => {
    const answer = await state(listed({ slot: 1, version: "1.2.3", hash }));
    const images = answer.ok ? answer.value : [];
    expect(findListed(images, hash)?.version).toBe("1.2.3");
    expect(findListed(images, new Uint8Array(32))).toBeUndefined();
  });
});

test.each([
  ["test", false],
  ["confirm", true],
] as const)("an image is marked (%s) by its hash, always", async (as, confirm) => {
  const peer = scriptedPeer(answering(listed({ slot: 1, version: "1.2.3", hash, pending: true })));
  expect(await peer.run((client) => markImage(client, hash, as))).toMatchObject({
    ok: true,
    value: [{ flags: ["pending"] }],
  });
  const body = decodeBody(peer.requests[0]?.body ?? new Uint8Array(0));
  expect(peer.requests[0]).toMatchObject({ operation: "write", group: 1, id: 0 });
  expect(body.ok && { ...body.value }).toEqual({ hash, confirm });
});

describe("erasing", () => {
  test("is waited for as long as it takes, and asked for once", async () => {
    const peer = scriptedPeer(async (request, line) => {
      await line.timer.wait(40_000);
      await line.answer(request, {});
    });
    expect(await peer.run((client) => eraseSlot(client, { slot: 1 }))).toEqual({ ok: true, value: undefined });
    expect(peer.requests.length).toBe(1);
  });

  test("by a loader that cannot is refused by name", async () => {
    const peer = scriptedPeer(answering({ rc: 8 }));
    expect(await peer.run((client) => eraseSlot(client))).toMatchObject({
      ok: false,
      error: { code: "device-error", group: 1, command: 5, name: "not-supported" },
    });
  });
});

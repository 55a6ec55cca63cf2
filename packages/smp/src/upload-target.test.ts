import { describe, expect, test } from "vitest";
import { answering, scriptedPeer } from "./scripted-peer.test.support.ts";
import { chooseUploadTarget, type ImageSlots, readSlots, type UploadWish } from "./upload-target.ts";

/** As MCUboot's serial recovery tells them. */
const loader: readonly ImageSlots[] = [
  {
    image: 0,
    slots: [
      { slot: 0, size: 524_288, uploadImageId: 1 },
      { slot: 1, size: 524_288, uploadImageId: 2 },
    ],
    maxImageSize: 516_096,
  },
];

const wish = (change: Partial<UploadWish> = {}): UploadWish => ({
  image: 0,
  slot: "secondary",
  size: 30_000,
  ...change,
});

describe("an upload goes", () => {
  test.each([
    ["beside the image that runs", loader, wish(), { image: 2, limit: 516_096 }],
    [
      "over it, if that is said, also where the device does not tell its slots",
      "not-told",
      wish({ slot: "primary-overwriting-what-runs" }),
      { image: 0 },
    ],
    ["over it, if that is said", loader, wish({ slot: "primary-overwriting-what-runs" }), { image: 1, limit: 516_096 }],
    [
      "where the device likes, if that is said",
      "not-told",
      wish({ slot: "left-to-the-device", image: 1 }),
      { image: 1 },
    ],
    ["there, and still has to fit", loader, wish({ slot: "left-to-the-device" }), { image: 0, limit: 516_096 }],
    ["up to the last byte", loader, wish({ size: 516_096 }), { image: 2, limit: 516_096 }],
    [
      "into a slot whose size is not told",
      [{ image: 0, slots: [{ slot: 1, uploadImageId: 2 }] }],
      wish(),
      { image: 2 },
    ],
    [
      "into the slot of its own image",
      [...loader, { image: 1, slots: [{ slot: 1, size: 65_536, uploadImageId: 4 }] }],
      wish({ image: 1 }),
      { image: 4, limit: 65_536 },
    ],
  ] as const)("%s", (_, told, wanted, target) => {
    expect(chooseUploadTarget(told, wanted)).toEqual({ ok: true, value: target });
  });
});

describe("T-SER-OVERWRITE nothing is sent", () => {
  const single: readonly ImageSlots[] = [{ image: 0, slots: [{ slot: 0, size: 4096, uploadImageId: 1 }] }];
  test.each([
    ["without knowing where it goes", "not-told", wish(), { code: "slots-not-told" }],
    [
      "over another image than the first without knowing its number",
      "not-told",
      wish({ slot: "primary-overwriting-what-runs", image: 1 }),
      { code: "slots-not-told" },
    ],
    ["to a device with one slot", single, wish(), { code: "slot-absent", image: 0, slot: 1 }],
    ["to an image that is not there", loader, wish({ image: 3 }), { code: "slot-absent", image: 3, slot: 1 }],
    [
      "to a slot that takes none",
      [{ image: 0, slots: [{ slot: 1 }] }],
      wish(),
      { code: "slot-not-writable", image: 0, slot: 1 },
    ],
    [
      "that fits the slot and not the boot loader",
      loader,
      wish({ size: 516_097 }),
      { code: "image-too-large", size: 516_097, limit: 516_096 },
    ],
    [
      "that does not fit where the device puts it",
      loader,
      wish({ slot: "left-to-the-device", size: 600_000 }),
      { code: "image-too-large", size: 600_000, limit: 516_096 },
    ],
  ] as const)("%s", (_, told, wanted, refusal) => {
    expect(chooseUploadTarget(told, wanted)).toEqual({ ok: false, error: refusal });
  });
});

describe("slots as a device tells them", () => {
  test("read as what they are", async () => {
    const answer = {
      images: [
        {
          image: 0,
          slots: [
            { slot: 0, size: 524_288, upload_image_id: 1 },
            { slot: 1, size: 524_288, upload_image_id: 2 },
          ],
          max_image_size: 516_096,
        },
      ],
    };
    expect(await scriptedPeer(answering(answer)).run(readSlots)).toEqual({ ok: true, value: loader });
  });

  test.each([
    ["no slots", { images: [{ image: 0 }] }, "images[0].slots"],
    ["a slot without a number", { images: [{ slots: [{ size: 1 }] }] }, "images[0].slots[0].slot"],
    ["a size in words", { images: [{ slots: [{ slot: 0, size: "1" }] }] }, "images[0].slots[0].size"],
    ["a size beyond counting", { images: [{ slots: [{ slot: 0, size: 2n ** 60n }] }] }, "images[0].slots[0].size"],
  ])("%s is named", async (_, answer, field) => {
    expect(await scriptedPeer(answering(answer)).run(readSlots)).toMatchObject({
      error: { code: "unexpected-answer", field },
    });
  });

  test("answered twice, as a loader does, count once", async () => {
    const peer = scriptedPeer(async (request, line) => {
      await line.answer(request, { images: [] });
      await line.answer(request, { images: [] }, { operation: "write" });
    });
    const both = await peer.run(async (client) => [await readSlots(client), await readSlots(client)]);
    expect(both.map((one) => one.ok)).toEqual([true, true]);
  });
});

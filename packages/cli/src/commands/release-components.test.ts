/** Releases of a product with several components. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, filesIn, fixture, type Said, sumac, testKey, testPublicKey } from "../sumac.test.support.ts";

const description = `${readFileSync(fixture("sumac.yaml"), "utf8").trimEnd()}
  - id: [radio, firmware]
    name: radio
    maxSize: 65536
  - id: [settings]
    name: settings
    maxSize: 4096
`;

/** Bytes that look like no text. */
const noise = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 167 + 251) & 0xff);

function productFolder(): string {
  const folder = emptyFolder();
  writeFileSync(path.join(folder, "sumac.yaml"), description);
  writeFileSync(path.join(folder, "radio.bin"), noise(3000));
  writeFileSync(path.join(folder, "settings.bin"), noise(100));
  return folder;
}

const build = (folder: string, ...words: readonly string[]): Promise<Said> =>
  sumac(
    [
      "release",
      "build",
      fixture("images", "rtu-demo-1.1.0.bin"),
      "--version",
      "1.1.0",
      "--sequence",
      "2",
      ...words,
      "--json",
    ],
    { folder },
  );
const radio = ["--image", "radio/firmware=radio.bin"];
const settings = ["--image", "settings=settings.bin"];

test("every component has its payload, in the order of the description, and the verifier takes it", async () => {
  const folder = productFolder();
  const built = await build(folder, ...settings, ...radio, "--test-only-key", testKey("vendor"));
  expect(built.code).toBe(0);
  const { envelope, payload, payloads } = built.json() as {
    envelope: string;
    payload: object;
    payloads: { file: string; uri: string; size: number }[];
  };
  expect(payloads.slice(1).map(({ size }) => size)).toEqual([3000, 100]);
  expect(payloads[0]).toEqual(payload);
  expect(filesIn(folder)).toEqual(
    [envelope, "radio.bin", "settings.bin", "sumac.yaml", ...payloads.map(({ file }) => file)].toSorted(),
  );
  const given = payloads.flatMap(({ uri, file }) => ["--payload", `${uri}=${file}`]);
  const verified = await sumac(["verify", envelope, "--key", testPublicKey("vendor"), ...given, "--json"], { folder });
  expect(verified.json()).toMatchObject({
    verdict: "accepted",
    payloads: payloads.map(({ uri }) => ({ uri, state: "verified" })),
  });
});

test("two components with the same bytes share a file", async () => {
  const folder = productFolder();
  const built = await build(folder, "--image", "radio/firmware=settings.bin", ...settings);
  expect(built.code).toBe(0);
  const { payloads } = built.json() as { payloads: { file: string }[] };
  expect(payloads[1]).toEqual(payloads[2]);
});

test.each([
  ["an image is missing", [...radio], 3, "several-components"],
  ["an image for no component", [...radio, "--image", "modem=settings.bin"], 2, "bad-value"],
  ["an image for the first component, which has one", [...radio, "--image", "firmware=radio.bin"], 2, "bad-value"],
  ["an image without a file", [...radio, "--image", "settings"], 2, "bad-value"],
  ["one component twice", [...radio, ...settings, ...settings], 2, "option-repeated"],
  ["a file that is not there", [...radio, "--image", "settings=nowhere.bin"], 5, "file-not-found"],
  [
    "an image larger than its slot",
    [...radio, "--image", `settings=${fixture("images", "rtu-demo-1.1.0.bin")}`],
    3,
    "image-larger-than-slot",
  ],
] as const)("%s", async (_, words, code, name) => {
  const folder = productFolder();
  const before = filesIn(folder);
  const said = await build(folder, ...words);
  expect([said.code, said.stderr]).toEqual([code, expect.stringContaining(`error[${name}]`)]);
  expect(filesIn(folder)).toEqual(before);
});

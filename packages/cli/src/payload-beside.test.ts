import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { Failure } from "./failure.ts";
import { findPayloadBeside } from "./payload-beside.ts";
import { emptyFolder, testIo } from "./sumac.test.support.ts";

const digest = { algorithm: "sha-256", bytes: new Uint8Array(32) } as const;
const byDigest = `sha256-${"00".repeat(32)}.bin`;

/** A folder `release` with two payloads, and a file beside it that is nobody's business. */
function find(uri: string, digests = [digest]): string {
  const folder = emptyFolder();
  const release = path.join(folder, "release");
  const { io } = testIo({ folder: release });
  writeFileSync(path.join(folder, "secret.bin"), "secret");
  mkdirSync(release);
  for (const name of ["firmware.bin", byDigest]) writeFileSync(path.join(release, name), "image");
  try {
    return findPayloadBeside(io, "a.suit", uri, digests);
  } catch (error) {
    if (error instanceof Failure) return error.facts.code;
    throw error;
  }
}

test.each([
  ["a name", "firmware.bin", "firmware.bin"],
  ["the last part of an address", "https://host/path/firmware.bin?v=1#x", "firmware.bin"],
  ["else the digest", "https://host/latest", byDigest],
])("%s", (_, uri, file) => {
  expect(find(uri)).toBe(file);
});

test.each(["../secret.bin", "../../etc/passwd", "..", ".", "", "/", "a/..", "http://h/../secret.bin"])(
  "%j leads to no file outside the folder",
  (uri) => {
    expect(find(uri, [])).toBe("payload-not-found");
  },
);

test("two digests name no file", () => {
  expect(find("latest", [digest, digest])).toBe("payload-not-found");
});

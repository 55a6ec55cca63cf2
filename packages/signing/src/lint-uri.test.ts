import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { digestOf } from "@sumac/suit";
import { expect, test } from "vitest";
import { whyMutable } from "./lint-uri.ts";

const digest = digestOf(nodeCrypto, "sha-256", Uint8Array.of(1));
const hex = bytesToHex(digest.bytes);
const names = { digests: [digest], versions: ["2026a"], sequence: 42n };

test.each([
  `sha256-${hex}.bin`,
  `SHA256-${hex.toUpperCase()}.BIN`,
  `https://vendor.example/latest/${hex}`,
  `https://vendor.example/get?digest=${hex}`,
  `https://vendor.example/${hex.slice(0, 32)}.bin`,
  "https://vendor.example/rtu/1.2.0/firmware.bin",
  "rtu-demo-1.2.0.bin",
  "fw1.2.bin",
  "firmware_1_2_0.bin",
  "firmware-v3.bin",
  "https://vendor.example/v3/firmware.bin",
  "firmware-2026a.bin",
  "releases/42/firmware.bin",
  "release-42.bin",
  "https://vendor.example/2026-07-22/firmware.bin",
  "firmware-20260722.bin",
  "firmware-20260722153000.bin",
  "firmware-2026072215.bin",
  "rtu/1%2E2%2E0/firmware.bin",
  "builds/9f86d081884c7d65/firmware.bin",
  "current-sensor-1.2.bin",
  "main-board/1.4/firmware.bin",
  "edge-gateway-2.0.bin",
])("%s names what it means", (uri) => {
  expect(whyMutable(uri, names)).toBeUndefined();
});

test.each([
  ["firmware.bin", "unversioned"],
  ["rs485.bin", "unversioned"],
  ["https://vendor.example/firmware.bin", "unversioned"],
  ["https://10.0.0.1:8080/firmware.bin", "unversioned"],
  ["https://v2.vendor.example/firmware.bin", "unversioned"],
  ["https://vendor.example/firmware.bin#1.2.0", "unversioned"],
  ["https://vendor.example/get?file=1.2.0", "unversioned"],
  ["deadbeef.bin", "unversioned"],
  [`${hex.slice(0, 12)}.bin`, "unversioned"],
  ["", "unversioned"],
  ["https://vendor.example/latest/firmware-1.2.0.bin", "moving-name"],
  ["firmware-latest.bin", "moving-name"],
  ["Latest.bin", "moving-name"],
  ["https://vendor.example/%6catest/firmware-1.2.0.bin", "moving-name"],
  ["https://vendor.example/l%61t%65st/1.2.0.bin", "moving-name"],
  ["https://vendor.example/stable%2F1.2.0/firmware.bin", "moving-name"],
  ["https://vendor.example/%ff%6catest.bin", "unversioned"],
  ["https://vendor.example/20269999/firmware.bin", "unversioned"],
  ["firmware-20260732.bin", "unversioned"],
  ["firmware-202607222460.bin", "unversioned"],
  ["firmware-123456789.bin", "unversioned"],
  ["https://vendor.example/stable/firmware-1.2.0.bin", "moving-name"],
  ["https://vendor.example/current/1.2.0.bin", "moving-name"],
  ["nightly_1.2.bin", "moving-name"],
  ["main.bin", "moving-name"],
  ["https://vendor.example/1.2.0.bin?X-Amz-Signature=ab&X-Amz-Expires=300", "expiring-query"],
  [`https://vendor.example/${hex}.bin?expires=1800000000`, "expiring-query"],
  ["https://vendor.example/1.2.0.bin?a=b;token=c", "expiring-query"],
])("%s may change: %s", (uri, because) => {
  expect(whyMutable(uri, names)).toBe(because);
});

test("another image's digest is a content id like any other", () => {
  expect(whyMutable(`${"ab12".repeat(16)}.bin`, { ...names, digests: [] })).toBeUndefined();
});

test("long and strange names take no time", () => {
  const start = performance.now();
  for (const piece of ["/", "-", "a-", "1_", "?", "&token", "%", "\u0000", "\u202e"]) {
    expect(() => whyMutable(piece.repeat(20_000), names)).not.toThrow();
  }
  expect(performance.now() - start).toBeLessThan(2000);
});

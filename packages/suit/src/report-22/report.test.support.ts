import { hexToBytes } from "@sumac/crypto";
import type { SuitDigest } from "../manifest.ts";
import type { CommandRecord, Report } from "./report.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const testDigest: SuitDigest = { algorithm: "sha-256", bytes: new Uint8Array(32).fill(0xd1) };

export const testRecord: CommandRecord = {
  kind: "command",
  manifest: [],
  section: "install",
  offset: 16,
  component: 0,
  measured: { imageDigest: { algorithm: "sha-256", bytes: new Uint8Array(32).fill(0xbd) } },
};

export const shortReport: Report = {
  reference: { uri: "https://vendor.example/a", digest: testDigest },
  entries: [],
  result: "success",
};

/** Everything that a report can hold. */
export const fullReport: Report = {
  reference: { uri: "https://vendor.example/a", digest: testDigest },
  nonce: hexToBytes("00112233"),
  entries: [
    { ...testRecord, manifest: [1, 0], section: "validate", offset: 70_000, component: 3, measured: {} },
    { kind: "system", component: [text("firmware"), text("a")], properties: { imageSize: 65132n, componentSlot: 1n } },
    testRecord,
  ],
  result: { code: -7, record: testRecord, reason: "condition-failed" },
  capabilities: {
    components: [
      { id: [text("firmware")], matches: "exactly" },
      { id: [text("file")], matches: "all-below" },
      { id: [], matches: "all-below" },
    ],
    commands: [1, 2, 3, 12, 15, 20, 21],
    parameters: [1, 2, 3, 14, 21],
    algorithms: [-16, -19, -9],
    elements: { envelope: [16, 20], dependency: [1] },
    nested: [{ path: [3, 3, 1], labels: [3] }],
  },
};

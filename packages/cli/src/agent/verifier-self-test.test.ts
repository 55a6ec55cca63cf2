import { writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { buildRelease, emptyFolder, fixture, sumac, testPublicKey, twoLines } from "../sumac.test.support.ts";

/** Every signature is right: what a patched or badly built verifier says. */
vi.mock("@sumac/crypto/node", async (original) => {
  const { nodeCrypto } = await original<typeof import("@sumac/crypto/node")>();
  return { nodeCrypto: { ...nodeCrypto, verify: () => true } };
});

const folder = emptyFolder();
const run = (...words: readonly string[]) => sumac(words, { folder });

beforeAll(async () => {
  const { envelope } = await buildRelease(folder);
  writeFileSync(path.join(folder, "token"), "x".repeat(32), { mode: 0o600 });
  const lines = [
    // Nobody answers there.
    "server: http://127.0.0.1:1",
    "controllerId: rtu-1",
    "token: { file: token, kind: gateway }",
    "profile: it",
    "platform: { kind: files, folder: unit, components: [{ id: [firmware], maxSize: 256 KiB }] }",
    "restart: { kind: operator }",
    "selfTest: not-tested",
  ];
  writeFileSync(path.join(folder, "agent.yaml"), lines.join("\n"));
  const words = ["device", "provision", "--config", "agent.yaml", "--product", fixture("sumac.yaml")];
  const factory = ["--trust", testPublicKey("vendor"), "--factory", envelope, "--serial", "1", "--record", "1.json"];
  expect(await run(...words, ...factory)).toMatchObject({ code: 0, stderr: "" });
});

test("CR 3.3: device check asks the verifier first, names the wrong answers and ends with 6", async () => {
  const checked = await run("device", "check", "unit");
  expect(checked.code).toBe(6);
  expect(checked.stderr).toMatch(twoLines("verifier-self-test-failed"));
  expect(checked.stdout).toMatch(/verifier, ed25519: its signature altered: accepted instead of signature-invalid/);
  const asJson = await run("device", "check", "unit", "--json");
  expect(asJson.json()).toMatchObject({ verifier: { verdict: "fail" }, error: { code: "verifier-self-test-failed" } });
});

test("CR 3.3: the agent boots all the same, says what is wrong, and writes it down", async () => {
  const ended = await run("device", "agent", "--config", "agent.yaml", "--once");
  // Only the server is not there.
  expect(ended.code).toBe(5);
  expect(ended.stdout).toMatch(/booting 1\.1\.0 \(sequence 2\) from slot a/);
  expect(ended.stderr).toMatch(/^warning\[verifier-self-test-failed\]/);
  const log = await run("device", "log", "show", "unit");
  expect(log.stdout).toMatch(/verifier-self-test-failed failure .*answered=accepted .*occasion=start/);
});

/** docs/device-integrator.md, as a person would follow it: every command, in order, in one shell. */
import { readFileSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { expect, test } from "vitest";
import { expectSaid, runInShell, scriptOf, stepsOf } from "../support/followed-page.ts";
import { root } from "../support/sumac-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const page = readFileSync(path.join(root, "docs", "device-integrator.md"), "utf8");
const steps = stepsOf(page);

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

test("the page has commands, and says what they answer", () => {
  expect(steps.length).toBeGreaterThan(15);
  expect(steps.filter(({ said }) => said.length > 0).length).toBeGreaterThan(12);
});

test("every command of docs/device-integrator.md does what the page says", { timeout: 300_000 }, async () => {
  const folder = temporaryFolder();
  symlinkSync(path.join(root, "firmware-fixtures"), path.join(folder, "firmware-fixtures"));
  const port = await freePort();
  const said = (await runInShell(scriptOf(steps).replaceAll("8480", String(port)), folder)).replaceAll(
    String(port),
    "8480",
  );
  expectSaid(said, steps);
});

import { cpSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { emptyFolder, filesIn, type Said, sumac, testPublicKey } from "../sumac.test.support.ts";

const example = path.resolve(import.meta.dirname, "../../../../firmware-fixtures/product-rtu");
const words = ["serve", "--data", "data", "--trust", testPublicKey("vendor"), "--port", "0", "--json"];

// The records of the example turn stale by themselves.
beforeAll(() => void vi.useFakeTimers({ now: Date.parse("2026-11-23T12:00:00Z"), toFake: ["Date"] }));
afterAll(() => void vi.useRealTimers());

test("everything that sdl export writes for /.well-known/ is served as it is", async () => {
  const folder = emptyFolder();
  cpSync(example, path.join(folder, "p"), { recursive: true });
  const site = path.join(folder, "site");
  for (const [format, out] of [
    ["csaf", "site/csaf"],
    ["security-txt", "site"],
  ] as const) {
    const said = await sumac(["sdl", "export", format, "--product", "p", "--out", out], { folder });
    expect([said.code, said.stdout], said.stderr).toEqual([0, expect.any(String)]);
  }
  const ending = new AbortController();
  let running: Promise<Said> | undefined;
  const url = await new Promise<string>((resolve, reject) => {
    running = sumac([...words, "--well-known", "site"], {
      folder,
      interrupted: ending.signal,
      onOutput: (text) => {
        const found = /"event":"listening","url":"([^"]+)"/.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      },
    });
    running.then((said) => reject(new Error(said.stderr)), reject);
  });
  try {
    const names = filesIn(site);
    expect(names.length).toBeGreaterThan(6);
    for (const name of names) {
      const answer = await fetch(`${url}/.well-known/${name}`);
      expect([name, answer.status]).toEqual([name, 200]);
      const bytes = Buffer.from(await answer.arrayBuffer());
      expect(bytes.equals(readFileSync(path.join(site, name)))).toBe(true);
    }
  } finally {
    ending.abort();
    await running;
  }
});

test.each(["none", "file"])("%s is no folder: said before a data folder is made", async (name) => {
  const folder = emptyFolder();
  writeFileSync(path.join(folder, "file"), "");
  const said = await sumac([...words, "--well-known", name], { folder });
  expect([said.code, said.stderr]).toEqual([2, expect.stringContaining("error[bad-value]")]);
  expect(filesIn(folder)).toEqual(["file"]);
});

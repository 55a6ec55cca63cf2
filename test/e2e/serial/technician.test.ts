/** Every command of docs/serial.md, in its order, as a technician types them: one terminal for the device, one to work in. */
import { readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root, SumacProcess, sumac } from "../../support/sumac-process.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const page = readFileSync(path.join(root, "docs/serial.md"), "utf8");
const blocks = Array.from(page.matchAll(/^```\n([\s\S]*?)^```$/gm), ([, block = ""]) => block);
const lines = blocks.flatMap((block) => block.trimEnd().split("\n"));
const folder = temporaryFolder();
const hasTerminals = process.platform !== "win32";
if (!hasTerminals) console.warn("docs/serial.md is not tried: this system has no pseudo-terminals");

/** What each push has to come to; other commands have to succeed. */
const ends: readonly (readonly [line: RegExp, said: RegExp])[] = [
  [/push .*rtu-1-port/, /confirmed: 1\.1\.0, sequence 2/],
  [/push .*rtu-2-port/, /confirmed: 1\.1\.0, sequence 2/],
  [/push .*mcu-port/, /confirmed: image 1\.1\.0/],
  [/info .*rtu-1-port/, /a Sumac device[\s\S]*floor +sequence 1/],
  [/log .*rtu-1-port/, /floor-raised/],
  [/list .*mcu-port/, /slot 0 {2}1\.1\.0.*active, confirmed/],
];

describe.skipIf(!hasTerminals)("docs/serial.md", { timeout: 60_000 }, () => {
  let device: SumacProcess | undefined;
  const stopDevice = async (): Promise<void> => {
    device?.kill("SIGINT");
    const ended = await device?.ended;
    expect(ended?.code ?? 0).toBe(0);
    device = undefined;
  };

  beforeAll(() => symlinkSync(path.join(root, "firmware-fixtures"), path.join(folder, "firmware-fixtures")));
  afterAll(stopDevice);

  test("is made of commands", () => {
    expect(lines.length).toBeGreaterThan(12);
    expect(lines.filter((line) => !line.startsWith("sumac "))).toEqual([]);
    for (const [line] of ends) expect(lines.filter((text) => line.test(text))).toHaveLength(1);
  });

  test.each(lines)("%s", async (line) => {
    const words = line.split(" ").slice(1);
    if (words[1] === "serial") {
      await stopDevice();
      device = new SumacProcess([...words, "--json"], { folder });
      await device.next("listening");
      return;
    }
    const ended = await sumac(words, { folder });
    expect(`${ended.code} ${ended.code === 0 ? "" : ended.stderr}`).toBe("0 ");
    for (const [asked, said] of ends) if (asked.test(line)) expect(ended.stdout).toMatch(said);
  });

  test("the cable was pulled twice on the way", () => {
    expect(page).toContain("--fault unplug-at=4000 --fault unplug-at=9000");
  });
});

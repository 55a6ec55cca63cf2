import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { fixture } from "../support/example-product.ts";
import { type Ended, SumacProcess, sumac } from "../support/sumac-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const write = (name: string, content: Uint8Array | string): void => writeFileSync(path.join(folder, name), content);
/** The command line, without `sumac`; no word in it holds a space. */
const run = (line: string): Promise<Ended> => sumac(line.split(" "), { folder });
const privateKey = fixture("keys", "vendor-p256.test-only.private.pem");
const publicKey = fixture("keys", "vendor-p256.test-only.public.pem");

/** A linked ELF program (32 bits, little-endian) with two segments at fixed addresses, 256 bytes apart. */
function craftElf(first: Uint8Array, second: Uint8Array): Uint8Array {
  const base = 0x0800_0000;
  const segments = [
    { bytes: first, address: base },
    { bytes: second, address: base + first.length + 256 },
  ];
  const headers = 52 + 32 * segments.length;
  const file = new Uint8Array(headers + first.length + second.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  // ET_EXEC for EM_ARM, version 1.
  for (const [at, value] of [
    [16, 2],
    [18, 40],
    [40, 52],
    [42, 32],
    [44, segments.length],
  ] as const)
    view.setUint16(at, value, true);
  for (const [at, value] of [
    [20, 1],
    [24, base],
    [28, 52],
  ] as const)
    view.setUint32(at, value, true);
  let offset = headers;
  for (const [i, { bytes, address }] of segments.entries()) {
    const fields = [1, offset, address, address, bytes.length, bytes.length, 5, 4];
    for (const [field, value] of fields.entries()) view.setUint32(52 + 32 * i + 4 * field, value, true);
    file.set(bytes, offset);
    offset += bytes.length;
  }
  return file;
}

const system = "/bin/true";
const hasSystemProgram = existsSync(system);
if (!hasSystemProgram) console.warn(`skipped: there is no ${system} to make a release of`);

describe("firmware of any other origin goes the same way", { timeout: 60_000 }, () => {
  let server: SumacProcess | undefined;
  afterAll(() => server?.kill("SIGKILL"));

  test("random bytes, a linked program, and any file as raw bytes: each is built, published, installed and confirmed", async () => {
    const [code, data] = [randomBytes(40_000), randomBytes(3001)];
    // Random, but for what could look like the beginning of some other format.
    const raw = Buffer.concat([Buffer.alloc(8), randomBytes(100_001)]);
    write("raw.img", raw);
    write("program", craftElf(code, data));
    write("other.img", hasSystemProgram ? readFileSync(system) : randomBytes(35_664));
    write(
      "sumac.yaml",
      [
        "vendor: presses.example",
        "product: press-controller",
        "components:",
        "  - id: [application, core-1]",
        "    name: application",
        "    maxSize: 131072",
        "",
      ].join("\n"),
    );
    const serve = `serve --data server --trust ${publicKey} --publish-token-file p.token --device-token-file d.token`;
    server = new SumacProcess(`${serve} --port 0 --json`.split(" "), { folder });
    const { url } = await server.next("listening");

    const releases = [
      { file: "raw.img", format: "detect", image: raw },
      { file: "program", format: "detect", image: Buffer.concat([code, Buffer.alloc(256, 0xff), data]) },
      { file: "other.img", format: "binary", image: readFileSync(path.join(folder, "other.img")) },
    ];
    let last = "";
    for (const [i, { file, format, image }] of releases.entries()) {
      const name = `${i + 1}.0`;
      const numbers = `--version ${name} --sequence ${i + 1} --format ${format}`;
      const built = await run(`release build ${file} ${numbers} --test-only-key ${privateKey} --json`);
      expect(built.code, built.stderr).toBe(0);
      const { envelope, payload } = built.json<{
        envelope: string;
        payload: { file: string; size: number; uri: string };
      }>();
      expect(readFileSync(path.join(folder, payload.file)).equals(image)).toBe(true);
      const published = await run(`publish ${envelope} --server ${url} --token-file p.token`);
      expect(published).toMatchObject({ code: 0, stderr: "" });
      const factory = `--id press-7 --trust ${publicKey}`;
      const device = await run(`device run press ${factory} --server ${url} --token-file d.token --once`);
      expect(device).toMatchObject({ code: 0, stderr: "" });
      expect(device.stdout).toMatch(new RegExp(`^booting ${name} \\(sequence ${i + 1}\\)`, "m"));
      expect(readFileSync(path.join(folder, "press", "flash.bin")).includes(image)).toBe(true);
      last = `verify ${envelope} --key ${publicKey} --payload ${payload.uri}=${payload.file} --json`;
    }
    expect((await run("device status press --json")).json()).toMatchObject({
      floor: { sequence: 3 },
      next: { mode: "confirmed", image: { version: "3.0" } },
    });
    expect((await run(last)).json()).toMatchObject({ verdict: "accepted", payloads: [{ state: "verified" }] });
  });

  test.skipIf(!hasSystemProgram)(
    "a program that needs a loader is no firmware, and is told apart from a broken file",
    async () => {
      const numbers = "--version 9 --sequence 9";
      const refused = await run(`release build ${system} --config ${fixture("sumac.yaml")} ${numbers}`);
      expect(refused).toMatchObject({ code: 4, stdout: "" });
      expect(refused.stderr).toMatch(/^error\[elf-not-firmware\]: .+\nhint: .+\n$/);
    },
  );
});

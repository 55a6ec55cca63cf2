import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { emptyFolder, filesIn, fixture, type Said, sumac, testPublicKey, twoLines } from "../sumac.test.support.ts";

const example = path.resolve(import.meta.dirname, "../../../../firmware-fixtures/product-rtu");
const managerKey = path.join(example, "keys/rtu-p-rel.test-only.private.pem");
const at = ["--at", "2026-11-23T12:00:00Z"];

// The records of the example turn stale by themselves.
beforeAll(() => void vi.useFakeTimers({ now: Date.parse("2026-11-23T12:00:00Z"), toFake: ["Date"] }));
afterAll(() => void vi.useRealTimers());

let folder = "";
beforeEach(() => {
  folder = emptyFolder();
  cpSync(example, path.join(folder, "p"), { recursive: true });
});

const make = (...words: readonly string[]): Promise<Said> =>
  sumac(["sdl", "dossier", "--product", "p", ...words], { folder });
const signed = (out: string, ...words: readonly string[]): Promise<Said> =>
  make("--out", out, "--test-only-key", managerKey, ...words);
const check = (...words: readonly string[]): Promise<Said> => sumac(["sdl", "verify", ...words], { folder });

function contents(of: string): Readonly<Record<string, string>> {
  const root = path.join(folder, of);
  return Object.fromEntries(filesIn(root).map((name) => [name, readFileSync(path.join(root, name), "latin1")]));
}
function edit(name: string, change: (text: string) => string): void {
  const file = path.join(folder, "p/.sdl", name);
  const text = readFileSync(file, "utf8");
  expect(change(text)).not.toBe(text);
  writeFileSync(file, change(text));
}

describe("sdl dossier", () => {
  test("twice the same bytes, and a customer can check them with the public key and the image", async () => {
    const said = await signed("d", "--json");
    expect([said.code, said.json()]).toEqual([
      0,
      expect.objectContaining({ dossier: "d", release: "r-1.2.0", edition: "customer", verdict: "pass", keptBack: 1 }),
    ]);
    await signed("e");
    expect(contents("e")).toEqual(contents("d"));
    expect(Object.keys(contents("d"))).toEqual(
      expect.arrayContaining(["index.html", "dossier.json", "csaf/white/2026/rtu-demo-rtu-1.json"]),
    );
    expect(readdirSync(folder).sort()).toEqual(["d", "e", "p"]);
    const [kid] = (said.json() as { signedBy: string[] }).signedBy;
    writeFileSync(path.join(folder, "vendor.pem"), contents("d")[`keys/${kid}.pem`] ?? "");
    const verified = await check("d", "--signer", "vendor.pem", "--image", "p/build/rtu-demo-1.2.0.bin", "--json");
    expect([verified.code, verified.stderr]).toEqual([0, ""]);
    expect(verified.json()).toMatchObject({ product: "rtu-demo", verdict: "pass", signedBy: [kid], notBelieved: [] });
    const spoken = await check("d");
    expect(spoken.stdout).toContain("d: nothing was altered\n");
    expect(spoken.stdout).toContain(`signed by ${kid}\n`);
  });

  test("the customer edition holds no confidential record; the internal one does", async () => {
    await signed("customer");
    await signed("internal", "--edition", "internal");
    const finding = "the service page names the exact build";
    expect(Object.values(contents("internal")).some((text) => text.includes(finding))).toBe(true);
    for (const [name, text] of Object.entries(contents("customer"))) {
      expect(text, name).not.toContain(finding);
      // Envelopes carry their statement in base64.
      for (const [, payload] of text.matchAll(/"payload": ?"([^"]+)"/g))
        expect(Buffer.from(payload ?? "", "base64").toString(), name).not.toContain(finding);
    }
  });

  test("hostile names do not become a page, and no page runs anything", async () => {
    const hostile = `</td><script>alert(1)</script><img src=x onerror="alert(2)">`;
    edit("product.yaml", (text) => text.replace("name: Example remote terminal unit", `name: '${hostile}'`));
    edit("issues/RTU-1.yaml", (text) => text.replace(/^title: .*$/m, `title: '${hostile}'`));
    await make("--out", "d", "--edition", "internal", ...at);
    const page = contents("d")["index.html"] ?? "";
    expect(page).toContain("&lt;script&gt;alert(1)");
    expect(page).not.toMatch(/<script|<img|javascript:|<link|<iframe/i);
  });

  test("of a red gate is written all the same, says why first, and answers 3", async () => {
    rmSync(path.join(folder, "p/.sdl/evidence/penetration-test.dsse.json"));
    const said = await make("--out", "d", "--edition", "internal");
    expect([said.code, said.stdout]).toEqual([3, expect.stringContaining("release gate: fail")]);
    expect(contents("d")["index.html"]).toContain("G3-missing");
    const verified = await check("d");
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining("release gate: fail")]);
    expect(verified.stdout).toContain("nobody signed it");
  });

  test.each([
    ["another edition", ["--out", "d", "--edition", "public"], "bad-value", 2],
    ["a day in the past with a key", ["--out", "d", "--test-only-key", managerKey, ...at], "option-conflict", 2],
    ["a folder that holds something", ["--out", "full"], "output-exists", 2],
    ["a file", ["--out", "full/kept"], "not-a-folder", 5],
    ["a key that is none of the product's", ["--out", "d", "--test-only-key", stranger()], "signer-unknown", 3],
    ["a release that is not there", ["--out", "d", "--release", "r-9"], "G1-no-release", 4],
  ] as const)("refuses %s and writes nothing", async (_, words, code, exit) => {
    mkdirSync(path.join(folder, "full"));
    writeFileSync(path.join(folder, "full/kept"), "kept");
    const said = await make(...words);
    expect([said.code, said.stderr]).toEqual([exit, expect.stringContaining(`error[${code}]`)]);
    expect(readdirSync(folder).sort()).toEqual(["full", "p"]);
    expect(contents("full")).toEqual({ kept: "kept" });
  });
});

describe("sdl verify", () => {
  test("one altered byte in any file names that file", async () => {
    await signed("d");
    for (const name of filesIn(path.join(folder, "d"))) {
      const file = path.join(folder, "d", name);
      const bytes = readFileSync(file);
      const other = Buffer.from(bytes);
      const middle = Math.floor(other.length / 2);
      other[middle] = (other[middle] ?? 0) ^ 1;
      writeFileSync(file, other);
      const said = await check("d");
      expect([3, 4], name).toContain(said.code);
      // The list vouches for the files, and its signature for the list.
      const named = said.stderr.includes(name) || said.stderr.includes("dossier.json");
      expect(named, `${name}: ${said.stderr}`).toBe(true);
      if (name !== "dossier.dsse.json" && name !== "verify.txt") expect(said.stderr).toContain(name);
      writeFileSync(file, bytes);
    }
    expect((await check("d")).code).toBe(0);
  });

  test.each([
    ["a file more", "dossier-file-unknown", 3, (d: string) => writeFileSync(path.join(d, "more.html"), "")],
    ["a link", "dossier-file-unknown", 3, (d: string) => symlinkSync("/etc/passwd", path.join(d, "secret"))],
    ["a file less", "dossier-file-missing", 3, (d: string) => rmSync(path.join(d, "index.html"))],
    ["no list", "dossier-malformed", 4, (d: string) => rmSync(path.join(d, "dossier.json"))],
    ["another list", "dossier-malformed", 4, (d: string) => writeFileSync(path.join(d, "dossier.json"), "[]")],
    ["no signature", "dossier-unsigned", 3, (d: string) => rmSync(path.join(d, "dossier.dsse.json"))],
  ] as const)("refuses %s", async (_, code, exit, bend) => {
    await signed("d");
    bend(path.join(folder, "d"));
    const said = await check("d");
    expect([said.code, said.stdout, said.stderr]).toEqual([exit, "", expect.stringMatching(twoLines(code))]);
  });

  test("refuses another signer, another image, and what is no folder", async () => {
    await signed("d");
    writeFileSync(path.join(folder, "other.bin"), "other");
    expect(await check("d", "--signer", testPublicKey("vendor"))).toMatchObject({ code: 3 });
    expect((await check("d", "--signer", testPublicKey("vendor"))).stderr).toContain("error[dossier-signer]");
    expect((await check("d", "--image", "other.bin")).stderr).toContain("error[dossier-image]");
    expect(await check("nowhere")).toMatchObject({ code: 5 });
    expect((await check("other.bin")).stderr).toContain("error[not-a-folder]");
  });
});

/** TEST ONLY: a good key of somebody else. */
function stranger(): string {
  return fixture("keys", "vendor.test-only.private.pem");
}

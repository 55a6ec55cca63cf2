import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { emptyFolder, filesIn, type Said, sumac, twoLines } from "../sumac.test.support.ts";

const example = path.resolve(import.meta.dirname, "../../../../firmware-fixtures/product-rtu");

beforeAll(() => void vi.useFakeTimers({ now: Date.parse("2026-11-25T12:00:00Z"), toFake: ["Date"] }));
afterAll(() => void vi.useRealTimers());

let folder = "";
beforeEach(() => {
  folder = emptyFolder();
  cpSync(example, path.join(folder, "p"), { recursive: true });
});

const write = (format: string, ...words: readonly string[]): Promise<Said> =>
  sumac(["sdl", "export", format, "--product", "p", "--out", "o/csaf", ...words], { folder });
const written = (name: string): string => readFileSync(path.join(folder, "o/csaf", name), "utf8");
const document = (name: string): unknown => JSON.parse(written(name));

function ship(): void {
  const file = path.join(folder, "p/.sdl/releases/r-1.2.0.yaml");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace("state: candidate", "state: shipped\nshipped_at: 2026-11-24T09:00:00Z"));
}

describe("csaf", () => {
  test("leaves out what is not shipped yet, and tells it once it is", async () => {
    const before = await write("csaf", "--json");
    expect([before.code, before.stderr]).toEqual([0, ""]);
    expect(before.json()).toMatchObject({ format: "csaf", leftOut: ["rtu-demo-RTU-1", "rtu-demo-1.2.0-vex"] });
    for (const name of filesIn(path.join(folder, "o"))) {
      expect(name).not.toContain("rtu-1.json");
      expect(readFileSync(path.join(folder, "o", name), "utf8"), name).not.toContain("crafted frame");
    }
    ship();
    expect(await write("csaf")).toMatchObject({ code: 2, stderr: expect.stringContaining("error[output-exists]") });
    const after = await write("csaf", "--replace");
    expect(after.code).toBe(0);
    expect(after.stdout).toContain("wrote o/csaf/white/2026/rtu-demo-rtu-1.json.sha512\n");
    expect(after.stdout).toContain("not signed");
    expect(written("white/index.txt")).toContain("2026/rtu-demo-rtu-1.json\n");
    expect(document("provider-metadata.json")).toMatchObject({
      canonical_url: "https://vendor.example/.well-known/csaf/provider-metadata.json",
    });
    expect(document("white/feed-tlp-white.json")).toMatchObject({ feed: { updated: "2026-11-24T09:00:00.000Z" } });
    const first = filesIn(path.join(folder, "o")).map((name) => readFileSync(path.join(folder, "o", name), "utf8"));
    await write("csaf", "--replace");
    expect(filesIn(path.join(folder, "o")).map((name) => readFileSync(path.join(folder, "o", name), "utf8"))).toEqual(
      first,
    );
  });

  test("of a product without a release is an empty feed", async () => {
    rmSync(path.join(folder, "p/.sdl/releases"), { recursive: true });
    expect((await write("csaf")).code).toBe(0);
    expect(document("white/feed-tlp-white.json")).toMatchObject({ feed: { entry: [] } });
  });

  test("for another site, drafts too", async () => {
    const said = await write("csaf", "--site", "https://psirt.vendor.example/x", "--include-drafts", "--json");
    expect(said.json()).toMatchObject({ leftOut: [] });
    expect(document("white/2026/rtu-demo-rtu-1.json")).toMatchObject({
      document: {
        tracking: { status: "draft" },
        references: [{ url: "https://psirt.vendor.example/.well-known/csaf/white/2026/rtu-demo-rtu-1.json" }],
      },
    });
  });
});

describe("vex and openvex", () => {
  test.each(["vex", "openvex"])("%s of a candidate is refused, unless somebody looks at a draft", async (format) => {
    const said = await write(format);
    expect([said.code, said.stderr]).toEqual([3, expect.stringMatching(twoLines("release-not-shipped"))]);
    expect(existsSync(path.join(folder, "o"))).toBe(false);
    expect((await write(format, "--include-drafts")).code).toBe(0);
  });

  test("of a shipped release", async () => {
    expect((await write("vex", "--release", "r-1.1.0")).code).toBe(0);
    expect(document("rtu-demo-1_1_0-vex.json")).toMatchObject({ document: { category: "csaf_vex" } });
    expect(written("rtu-demo-1_1_0-vex.json.sha256")).toMatch(/^[0-9a-f]{64} {2}rtu-demo-1_1_0-vex\.json\n$/);
    expect((await write("openvex", "--release", "r-1.1.0")).code).toBe(0);
    expect(document("rtu-demo-1.1.0.openvex.json")).toMatchObject({
      "@context": "https://openvex.dev/ns/v0.2.0",
      statements: [{ status: "not_affected" }],
    });
  });

  test("without an issue there is nothing to tell", async () => {
    for (const name of ["RTU-1", "RTU-2", "RTU-3"]) rmSync(path.join(folder, `p/.sdl/issues/${name}.yaml`));
    const said = await write("openvex", "--release", "r-1.1.0");
    expect([said.code, said.stderr]).toEqual([3, expect.stringMatching(twoLines("nothing-to-tell"))]);
  });
});

describe("patch-list", () => {
  test("has a line for each image that was shipped, and runs in no spreadsheet", async () => {
    const file = path.join(folder, "p/.sdl/product.yaml");
    const hostile = '=HYPERLINK("https://evil.example")';
    writeFileSync(file, readFileSync(file, "utf8").replace("Example remote terminal unit", `'${hostile}'`));
    const said = await write("patch-list", "--json");
    expect([said.code, said.stderr]).toEqual([0, ""]);
    expect(written("rtu-demo.patches.csv")).not.toContain("RTU-1");
    ship();
    expect((await write("patch-list", "--replace")).code).toBe(0);
    const lines = written("rtu-demo.patches.csv").split("\r\n");
    const line = lines.find((one) => one.includes(",1.2.0,shipped,"));
    expect(line).toMatch(/,2026-11-24T09:00:00Z,service,RTU-1,high,[^,]+,[0-9a-f]{64},2033-12-31$/);
    expect(line).toContain(`"'=HYPERLINK(""https://evil.example"")"`);
  });
});

describe("security-txt", () => {
  test("expires, and says where the advisories are", async () => {
    const said = await write(
      "security-txt",
      "--at",
      "2026-11-23T12:00:00Z",
      "--policy",
      "https://vendor.example/report",
    );
    expect([said.code, said.stderr]).toEqual([0, ""]);
    expect(written("security.txt")).toContain("Expires: 2027-05-22T12:00:00.000Z\r\n");
    expect(written("security.txt")).toContain(
      "CSAF: https://vendor.example/.well-known/csaf/provider-metadata.json\r\n",
    );
  });

  test.each([
    ["a year and a day", ["--expires-in", "366d"]],
    ["no time at all", ["--expires-in", "soon"]],
    ["a policy that runs", ["--policy", "javascript:alert(1)"]],
    ["a site without TLS", ["--site", "http://vendor.example"]],
    ["a site with a password", ["--site", "https://a:b@vendor.example"]],
  ] as const)("refuses %s", async (_, words) => {
    const said = await write("security-txt", ...words);
    expect([said.code, said.stderr]).toEqual([2, expect.stringMatching(twoLines("bad-value"))]);
    expect(existsSync(path.join(folder, "o"))).toBe(false);
  });

  test("of a product file that cannot be read names it", async () => {
    writeFileSync(path.join(folder, "p/.sdl/product.yaml"), "id: [");
    const said = await write("security-txt");
    expect([said.code, said.stderr]).toEqual([4, expect.stringContaining(".sdl/product.yaml:")]);
  });
});

test("another format, and options of another format, are refused", async () => {
  expect(await write("xml")).toMatchObject({ code: 2, stderr: expect.stringMatching(twoLines("bad-value")) });
  expect(await write("csaf", "--policy", "https://v.example")).toMatchObject({ code: 2 });
  expect(await write("csaf", "--release", "r-1.1.0")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(twoLines("option-conflict")),
  });
});

import { createHash } from "node:crypto";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { emptyFolder, fixture, sumac, twoLines } from "../sumac.test.support.ts";

const example = path.resolve(import.meta.dirname, "../../../../firmware-fixtures/product-rtu");
const at = ["--at", "2026-11-23T12:00:00Z"];
const key = (person: string): string => path.join(example, "keys", `rtu-${person}.test-only.private.pem`);

// The records of the example are of the day before; in a month they are stale, as they should be.
beforeAll(() => void vi.useFakeTimers({ now: Date.parse("2026-11-23T12:00:00Z"), toFake: ["Date"] }));
afterAll(() => void vi.useRealTimers());

/** A copy of the example that may be changed. */
function copy(): string {
  const folder = emptyFolder();
  cpSync(example, path.join(folder, "p"), { recursive: true });
  return folder;
}

interface Report {
  readonly verdict: string;
  readonly rows: readonly {
    readonly id: string;
    readonly state: string;
    readonly rule?: string;
    readonly file?: string;
    readonly line?: number;
  }[];
  readonly slC: { readonly component: object; readonly integrated: object };
}

describe("sdl gate", () => {
  test("passes the example: the contract for scripts", async () => {
    const said = await sumac(["sdl", "gate", "--product", example, ...at, "--json"]);
    const report = said.json() as Report;
    expect(said.code).toBe(0);
    expect(report.verdict).toBe("pass");
    expect(report.rows).toHaveLength(10 + 47 + 122);
    expect(report.slC).toMatchObject({ component: { SI: 2 }, integrated: { RDF: 4 } });
  });

  test("refuses with exit code 3, and says row, rule, file and line", async () => {
    const folder = copy();
    const file = path.join(folder, "p/.sdl/policy.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replace("approvals: 2", "approvals: 1"));
    const said = await sumac(["sdl", "gate", "--product", "p", ...at, "--json"], { folder });
    expect(said.code).toBe(3);
    const report = said.json() as Report;
    expect(report.verdict).toBe("fail");
    expect(report.rows.find(({ id }) => id === "G2")).toMatchObject({
      state: "fail",
      rule: "sdl/policy-too-loose",
      file: ".sdl/policy.yaml",
    });
    expect(report.rows.find(({ id }) => id === "SUM-5")).toMatchObject({
      state: "fail",
      rule: "G5-document",
      file: ".sdl/evidence/timeliness.dsse.json",
      line: 1,
    });
    const text = await sumac(["sdl", "gate", "--product", "p", ...at], { folder });
    expect(text.code).toBe(3);
    expect(text.stdout).toMatch(/^\.sdl\/policy\.yaml:\d+:\d+ sdl\/policy-too-loose: .*\n {2}hint: /m);
  });

  test("signs its report, but not of another day", async () => {
    const folder = copy();
    const refused = await sumac(
      ["sdl", "gate", "--product", "p", ...at, "--out", "r.json", "--test-only-key", key("p-rel")],
      { folder },
    );
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("error[option-conflict]")]);
    expect(existsSync(path.join(folder, "r.json"))).toBe(false);
    const keyless = await sumac(["sdl", "gate", "--product", "p", "--out", "r.json"], { folder });
    expect([keyless.code, keyless.stderr]).toEqual([2, expect.stringContaining("error[missing-option]")]);
    await sumac(["sdl", "gate", "--product", "p", "--out", "r.json", "--test-only-key", key("p-rel")], { folder });
    const envelope = JSON.parse(readFileSync(path.join(folder, "r.json"), "utf8"));
    const statement = JSON.parse(Buffer.from(envelope.payload, "base64").toString());
    expect(statement).toMatchObject({
      _type: "https://in-toto.io/Statement/v1",
      predicate: { report: { release: "r-1.2.0" } },
    });
    expect(envelope.signatures).toHaveLength(1);
  });

  test("a folder without .sdl and a time that is none are told apart", async () => {
    const folder = emptyFolder();
    expect(await sumac(["sdl", "gate"], { folder })).toMatchObject({
      code: 5,
      stderr: expect.stringContaining("error[product-not-found]"),
    });
    expect(await sumac(["sdl", "gate", "--product", example, "--at", "today"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("error[bad-value]"),
    });
  });
});

describe("a new product", () => {
  const begin = [
    "sdl",
    "init",
    "--product",
    "p",
    "--id",
    "pump",
    "--vendor",
    "V",
    "--namespace",
    "https://v.example",
    "--contact",
    "a@v.example",
  ];

  test("is not begun with an address that would run something", async () => {
    const folder = emptyFolder();
    const words = begin.map((word) => (word === "https://v.example" ? "javascript:alert(1)" : word));
    expect(await sumac(words, { folder })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(twoLines("bad-value")),
    });
    expect(existsSync(path.join(folder, "p"))).toBe(false);
  });

  test("is complete in form, and red in every row", async () => {
    const folder = emptyFolder();
    expect((await sumac(begin, { folder })).code).toBe(0);
    const lint = (await sumac(["sdl", "lint", "--product", "p", "--json"], { folder })).json() as {
      findings: { rule: string }[];
    };
    expect([...new Set(lint.findings.map(({ rule }) => rule))]).toEqual(["sdl/placeholder"]);
    const gate = await sumac(["sdl", "gate", "--product", "p", "--json"], { folder });
    expect(gate.code).toBe(3);
    const process = (gate.json() as Report).rows.filter(({ id }) => /^(S[MRDIG]|SVV|DM|SUM)-/.test(id));
    expect(process).toHaveLength(47);
    expect(process.filter(({ state }) => state === "pass")).toEqual([]);
    expect(await sumac(begin, { folder })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("error[output-exists]"),
    });
  });

  test("takes issues and updates, and says what is due", async () => {
    const folder = emptyFolder();
    await sumac(begin, { folder });
    const run = (...words: readonly string[]) => sumac(["sdl", ...words, "--product", "p"], { folder });
    expect((await run("issue", "new", "I-1", "--title", "t")).code).toBe(0);
    expect((await run("issue", "new", "I-1", "--title", "t")).stderr).toContain("error[output-exists]");
    expect((await run("issue", "triage", "I-1")).stderr).toContain("error[missing-option]");
    expect((await run("issue", "triage", "I-1", "--cvss", "CVSS:4.0/AV:Q")).stderr).toContain("error[bad-value]");
    const cvss = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N";
    expect(
      (await run("issue", "triage", "I-1", "--cvss", cvss, "--exploited", "yes", "--decision", "fix", "--by", "p-1"))
        .stdout,
    ).toContain("I-1: critical, accepted, exploited");
    const clock = await run("issue", "clock", "--json");
    expect(clock.code).toBe(0);
    expect((clock.json() as { deadlines: { duty: string }[] }).deadlines.map(({ duty }) => duty).sort()).toEqual([
      "cra-early-warning",
      "cra-notification",
      "mitigation",
      "release",
      "triage",
    ]);
    expect((await run("update", "new", "u-1", "--person", "p-1", "--fixes", "I-1")).code).toBe(0);
    expect(
      (
        await run(
          "update",
          "compat",
          "u-1",
          "--upstream",
          "x",
          "--vendor",
          "v",
          "--component",
          "c",
          "--version",
          "1",
          "--status",
          "compatible",
          "--reason",
          "r",
        )
      ).code,
    ).toBe(0);
    expect((await run("catalog", "confirm", "--row", "CR 7.8", "--level", "3", "--by", "p-1")).stderr).toContain(
      "error[sdl/catalog-conflict]",
    );
    expect((await run("catalog", "confirm", "--row", "CR 7.8", "--level", "2", "--by", "p-1")).code).toBe(0);
    expect((await run("catalog", "confirm")).stdout).toContain("6 levels are in doubt");
    const rules = ((await run("lint", "--json")).json() as { findings: { rule: string }[] }).findings.map(
      ({ rule }) => rule,
    );
    expect(new Set(rules)).toEqual(new Set(["sdl/placeholder", "sdl/unknown-version"]));
  });
});

describe("records", () => {
  const base = ["--product", "p", "--person", "p-test", "--role", "tester", "--of", "p-dev"];
  const signed = [...base, "--test-only-key", key("p-test")];
  const junit = '<testsuite name="bench"><testcase name="a"/></testsuite>';

  test("are collected from a report, signed, and seen by the gate", async () => {
    const folder = copy();
    writeFileSync(path.join(folder, "j.xml"), junit);
    const said = await sumac(
      ["sdl", "collect", "j.xml", "--format", "junit", "--id", "bench", "--row", "SVV-1", ...signed],
      { folder },
    );
    expect([said.code, said.stderr]).toEqual([0, expect.any(String)]);
    const later = ["--at", new Date(Date.now() + 60_000).toISOString()];
    const row = (
      await sumac(["sdl", "status", "--product", "p", "--row", "SVV-1", "--json", ...later], { folder })
    ).json() as { records: unknown[]; findings: unknown[] };
    expect(row.records).toHaveLength(2);
    expect(row.findings).toEqual([]);
    const again = await sumac(
      ["sdl", "collect", "j.xml", "--format", "junit", "--id", "bench", "--row", "SVV-1", ...signed],
      { folder },
    );
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("error[output-exists]") });
  });

  test.each([
    ["a report of another kind", ["--format", "tap", "--id", "x", "--row", "SVV-1", ...signed], "report-malformed"],
    ["an unknown row", ["--format", "junit", "--id", "x", "--row", "SVV-9", ...signed], "bad-value"],
    ["no row", ["--format", "junit", "--id", "x", ...signed], "missing-option"],
    ["no key", ["--format", "junit", "--id", "x", "--row", "SVV-1", ...base], "missing-option"],
    ["a name that leads out", ["--format", "junit", "--id", "../x", "--row", "SVV-1", ...signed], "bad-value"],
    [
      "a document outside",
      ["--format", "junit", "--id", "x", "--row", "SVV-1", "--document", "../j.xml", ...signed],
      "bad-value",
    ],
    [
      "a document that is not there",
      ["--format", "junit", "--id", "x", "--row", "SVV-1", "--document", "none.md", ...signed],
      "file-not-found",
    ],
  ])("%s is refused, and nothing is written", async (_, words, code) => {
    const folder = copy();
    writeFileSync(path.join(folder, "j.xml"), junit);
    const said = await sumac(["sdl", "collect", "j.xml", ...words], { folder });
    expect(said.stderr).toContain(`error[${code}]`);
    expect(existsSync(path.join(folder, "p/.sdl/evidence/x.dsse.json"))).toBe(false);
  });

  test("a review is signed by a reviewer and by no author", async () => {
    const folder = copy();
    const sign = (person: string, role: string) =>
      sumac(
        [
          "sdl",
          "review",
          "sign",
          "design-2026-09",
          "--product",
          "p",
          "--id",
          "again",
          "--person",
          person,
          "--role",
          role,
          "--test-only-key",
          key(person),
        ],
        { folder },
      );
    expect((await sign("p-arch", "architect")).stderr).toContain("error[G6-independence]");
    expect((await sign("p-test", "tester")).stderr).toContain("error[G6-person]");
    expect((await sign("p-lead", "security-lead")).code).toBe(0);
  });
});

test("drift tells days ahead, and writes a calendar", async () => {
  const folder = copy();
  const said = await sumac(
    ["sdl", "drift", "--product", "p", ...at, "--within", "60d", "--calendar", "d.ics", "--json"],
    { folder },
  );
  expect(said.code).toBe(0);
  const { events } = said.json() as { events: { on: string; rule: string; row?: string }[] };
  expect(events).toContainEqual(expect.objectContaining({ on: "2026-12-23", rule: "G4-stale", row: "SVV-3" }));
  const calendar = readFileSync(path.join(folder, "d.ics"), "utf8");
  expect(calendar.split("\r\n").every((line) => line.length <= 75)).toBe(true);
  expect(calendar.match(/BEGIN:VEVENT/g)).toHaveLength(events.length);
  expect((await sumac(["sdl", "drift", "--product", "p", "--at", "2027-01-30T00:00:00Z"], { folder })).code).toBe(3);
});

test("zones show gaps, what would help, and which updates matter", async () => {
  const said = await sumac(["sdl", "zones", "--product", example, ...at, "--json"]);
  expect(said.code).toBe(3);
  const { zones } = said.json() as { zones: object[] };
  expect(zones[0]).toMatchObject({
    zone: "Z-SUBSTATION",
    gaps: [{ fr: "RA", slT: 1, slC: 0, rows: ["CR 7.2"], measures: ["M-RATE"] }],
    devices: [{ id: "rtu-17", version: "1.1.0", updates: [{ release: "r-1.2.0", fixes: ["RTU-1"] }] }],
  });
});

test("claims are generated, never SL-A, and none while the gate is red", async () => {
  const said = await sumac(["sdl", "claims", "--product", example, ...at]);
  expect(said.stdout).toContain("SL-C(SI)=2 capability in the configuration described in sha256:");
  expect(said.stdout).not.toMatch(/SL-A/);
  const red = await sumac(["sdl", "claims", "--product", example, "--at", "2027-06-01T00:00:00Z"]);
  expect([red.code, red.stdout]).toEqual([3, expect.not.stringContaining("SL-C(SI)=2")]);
});

test("lint of one file names what is wrong there, however it is called, and reads no records", async () => {
  const folder = copy();
  const file = path.join(folder, "p/.sdl/soa.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace("row: SM-2", "row: SM-99"));
  writeFileSync(path.join(folder, "p/.sdl/evidence/process.dsse.json"), "{}");
  for (const name of [".sdl/soa.yaml", "p/.sdl/soa.yaml", path.join(folder, "p/.sdl/soa.yaml")]) {
    const said = await sumac(["sdl", "lint", "--product", "p", "--file", name, "--json"], { folder });
    expect([said.code, said.json()]).toEqual([
      3,
      { findings: [expect.objectContaining({ rule: "sdl/unknown-row", file: ".sdl/soa.yaml" })] },
    ]);
  }
  rmSync(path.join(folder, "p/.sdl/roles.yaml"));
  const lint = (name: string) => sumac(["sdl", "lint", "--product", "p", "--file", name], { folder });
  expect(await lint(".sdl/roles.yaml")).toMatchObject({ code: 3, stdout: expect.stringContaining("sdl/missing-file") });
  for (const name of [".sdl/nothing.yaml", "/etc/passwd", ".sdl/../../x"])
    expect(await lint(name)).toMatchObject({ code: 5, stderr: expect.stringMatching(twoLines("file-not-found")) });
});

test("lint reads other texts for claims", async () => {
  const folder = copy();
  writeFileSync(path.join(folder, "brochure.txt"), "# Pump\nSL 2 certified.\n");
  const said = await sumac(["sdl", "lint", "--product", "p", "--text", "brochure.txt"], { folder });
  expect([said.code, said.stdout]).toEqual([3, expect.stringContaining("brochure.txt:2:1 sdl/claim-wording")]);
});

test("an update is qualified cell by cell", async () => {
  const folder = copy();
  const show = ["sdl", "update", "qualify", "u-1.2.0", "--product", "p"];
  expect((await sumac(show, { folder })).code).toBe(0);
  const failed = await sumac(
    [
      ...show,
      "--from",
      "1.0.0",
      "--hw",
      "rev-a",
      "--configuration",
      "serial-master",
      "--result",
      "failed",
      "--run",
      "r-2",
    ],
    { folder },
  );
  expect([failed.code, failed.stdout]).toEqual([3, expect.stringContaining("1.0.0 on rev-a, serial-master: failed")]);
  expect((await sumac([...show, "--from", "1.0.0"], { folder })).stderr).toContain("error[missing-option]");
  const document = await sumac(["sdl", "update", "document", "u-1.2.0", "--product", "p"], { folder });
  expect([document.code, document.stdout]).toEqual([
    0,
    expect.stringContaining("if not installed: whoever reaches the serial line"),
  ]);
});

describe("release sign --product", () => {
  const build = (minor: string, sequence: string, folder: string) =>
    sumac(
      [
        "release",
        "build",
        fixture("images", `rtu-demo-1.${minor}.0.bin`),
        "--config",
        fixture("sumac.yaml"),
        "--version",
        `1.${minor}.0`,
        "--sequence",
        sequence,
        "--out",
        "r.suit",
      ],
      { folder },
    );
  const sign = (folder: string, ...words: readonly string[]) =>
    sumac(["release", "sign", "r.suit", "--product", "p", "--test-only-key", key("p-rel"), "--json", ...words], {
      folder,
    });

  test("signs what passed the gate, and writes the report beside with its digest", async () => {
    const folder = copy();
    await build("2", "3", folder);
    const said = await sign(folder);
    expect([said.code, said.stderr]).toEqual([0, expect.any(String)]);
    const { gate } = said.json() as { gate: { verdict: string; release: string; sha256: string } };
    expect(gate).toMatchObject({ verdict: "pass", release: "r-1.2.0" });
    const report = readFileSync(path.join(folder, "r.suit.gate.dsse.json"));
    expect(createHash("sha256").update(report).digest("hex")).toBe(gate.sha256);
  });

  test("signs nothing when the gate is red, or judged other images", async () => {
    const folder = copy();
    await build("1", "2", folder);
    const before = readFileSync(path.join(folder, "r.suit"));
    expect(await sign(folder)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("error[gate-of-other-images]"),
    });
    rmSync(path.join(folder, "p/.sdl/evidence/penetration-test.dsse.json"));
    expect(await sign(folder)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("error[G3-missing]: the gate is red"),
    });
    expect(await sign(folder, "--emergency")).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("error[emergency-refused]"),
    });
    expect(readFileSync(path.join(folder, "r.suit")).equals(before)).toBe(true);
    expect(existsSync(path.join(folder, "r.suit.gate.dsse.json"))).toBe(false);
  });
});

test("another edition is imported and locked; rows without a rule stay red", async () => {
  const folder = copy();
  const source = JSON.parse(
    readFileSync(path.resolve(import.meta.dirname, "../../../sdl/catalogue/iec62443.json"), "utf8"),
  );
  const file = path.join(folder, "next.json");
  writeFileSync(file, JSON.stringify({ ...source, iec62443_4_1: [{}] }));
  const load = () => sumac(["sdl", "catalog", "import", "next.json", "--product", "p"], { folder });
  expect(await load()).toMatchObject({ code: 4, stderr: expect.stringContaining("error[sdl/catalog-form]") });
  expect(existsSync(path.join(folder, "p/.sdl/data/catalogue.json"))).toBe(false);
  const [first] = source.iec62443_4_1;
  writeFileSync(
    file,
    JSON.stringify({
      ...source,
      editions: { "62443-4-1": "2027", "62443-4-2": "2027" },
      iec62443_4_1: [...source.iec62443_4_1, { ...first, id: "SRM-1" }],
    }),
  );
  expect((await load()).code).toBe(0);
  const said = await sumac(["sdl", "gate", "--product", "p", "--json"], { folder });
  const report = said.json() as Report & { edition: string; findings: object[] };
  expect([said.code, report.edition, report.rows.length]).toEqual([3, "62443-4-1:2027+62443-4-2:2027", 180]);
  expect(report.rows.find(({ id }) => id === "SRM-1")).toMatchObject({ state: "fail", rule: "G2-undecided" });
  expect(report.findings).toContainEqual(expect.objectContaining({ row: "SRM-1", rule: "G3-missing" }));
  expect(report.rows.find(({ id }) => id === "SM-1")).toMatchObject({ state: "fail", rule: "sdl/unknown-edition" });
  writeFileSync(path.join(folder, "p/.sdl/data/catalogue.json"), "{}");
  const broken = (await sumac(["sdl", "lint", "--product", "p", "--json"], { folder })).json() as {
    findings: { rule: string }[];
  };
  expect(broken.findings.map(({ rule }) => rule)).toEqual(
    expect.arrayContaining(["sdl/catalog-form", "sdl/catalog-digest"]),
  );
});

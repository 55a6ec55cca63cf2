/** What goes wrong around a repository: files in the wrong place, hands that edited them, clocks, two at once. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import {
  ceremony,
  done,
  init,
  metadata,
  newFolder,
  publish,
  published,
  ready,
  refused,
  requestOf,
  run,
  sign,
  target,
} from "./repo.test.support.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("requests in the wrong place", () => {
  test("a signed request of another role is not written under the name of its folder", async () => {
    const folder = await ready();
    await done(folder, "repo prepare repo targets");
    await sign(folder, "2-targets", "tom");
    await sign(folder, "2-targets", "tina");
    const ceremonies = path.join(folder, "repo/ceremonies");
    cpSync(path.join(ceremonies, "2-targets"), path.join(ceremonies, "2-root"), { recursive: true });
    await refused(folder, "repo combine repo root", "request-misplaced", 3);
    await refused(folder, "repo status repo", "request-misplaced", 3);
    expect(metadata(folder)).toEqual(["1.root.json", "1.targets.json"]);
  });

  test("nor is one of another version", async () => {
    const folder = await ready();
    const ceremonies = path.join(folder, "repo/ceremonies");
    cpSync(path.join(ceremonies, "1-root"), path.join(ceremonies, "2-root"), { recursive: true });
    await refused(folder, "repo combine repo root", "request-misplaced", 3);
  });

  test.each(["../../x", "root/../root", "constructor"])("a role %s leads nowhere", async (role) => {
    const folder = await ready();
    await refused(folder, `repo combine repo ${role}`, "ceremony-not-found", 5);
    await refused(folder, `repo prepare repo ${role}`, "delegation-absent", 2);
  });
});

describe("signature files in a ceremony's folder", () => {
  let folder: string;
  let copy: string;
  let signature: Record<string, string>;
  beforeAll(async () => {
    folder = newFolder();
    await done(folder, init);
    await sign(folder, "1-root", "alice");
    const dir = path.join(folder, "repo/ceremonies/1-root");
    const [name = ""] = readdirSync(dir).filter((file) => file.endsWith(".signature.json"));
    signature = JSON.parse(readFileSync(path.join(dir, name), "utf8"));
    copy = path.join(dir, "z.signature.json");
  });

  test.each<[string, Record<string, unknown> | string, string, number]>([
    ["one signature twice counts once", {}, "signatures-missing", 3],
    ["another spelling of the key id", { keyid: "ALICE" }, "signer-not-asked", 3],
    ["a key id that is a path, with terminal escapes", { keyid: "../../../../\u001b[2Jx" }, "signer-not-asked", 3],
    ["a signature that is none", { sig: "00" }, "signature-invalid", 3],
    ["a file that is none", "garbage", "not-a-signature-file", 4],
  ])("%s", async (_, change, code, exit) => {
    writeFileSync(copy, typeof change === "string" ? change : JSON.stringify({ ...signature, ...change }));
    const said = await refused(folder, "repo combine repo root", code, exit);
    expect(said.stderr).not.toContain("\u001b");
    if (code === "not-a-signature-file") expect(said.stderr).toContain("z.signature.json: this is no signature");
    expect(metadata(folder)).toEqual([]);
  });
});

describe("what lies under the names of the tree", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await published();
  });

  const kinds: Readonly<Record<string, readonly [(file: string) => void, string]>> = {
    "a folder": [(file) => mkdirSync(file), "not-a-regular-file"],
    "a pipe": [(file) => execFileSync("mkfifo", [file]), "not-a-regular-file"],
    "a file without end": [(file) => symlinkSync("/dev/zero", file), "not-a-regular-file"],
    "a huge file": [
      (file) => {
        writeFileSync(file, "");
        truncateSync(file, 3 * 2 ** 30);
      },
      "file-too-large",
    ],
    "a loop": [(file) => symlinkSync(path.basename(file), file), "link-loop"],
  };

  const rows = Object.entries(kinds).flatMap(([what, [make, code]]) =>
    ["timestamp", "1.root", "1.snapshot"].map((name) => ({ what, make, code, name })),
  );
  test.each(rows)("$what as $name.json is named", async ({ make, code, name }) => {
    const file = path.join(folder, "repo/metadata", `${name}.json`);
    renameSync(file, path.join(folder, "kept"));
    make(file);
    for (const line of [`${publish} --always`, "repo status repo", `repo check repo ${target} --state device`]) {
      const said = await run(folder, line);
      expect(said.stderr).toMatch(new RegExp(`^error\\[${code}\\]: .*${name}\\.json`, "m"));
      expect(said.code).toBe(5);
    }
    rmSync(file, { recursive: true });
    renameSync(path.join(folder, "kept"), file);
  });

  test("a target of other content is not written over, and not said to be current", async () => {
    const dir = path.join(folder, "repo/targets/drives/rtu-demo");
    const [name = ""] = readdirSync(dir);
    const file = path.join(dir, name);
    const bytes = readFileSync(file);
    const check = `repo check repo ${target} --state device-2`;
    for (const [content, code] of [
      [Buffer.from(bytes).fill(0), "digest-mismatch"],
      [bytes.subarray(1), "length-mismatch"],
    ] as const) {
      writeFileSync(file, content);
      expect((await run(folder, check)).stderr).toMatch(new RegExp(`^error\\[${code}\\]`));
    }
    rmSync(file);
    expect((await run(folder, check)).stderr).toMatch(/^error\[file-missing\]/);
    writeFileSync(file, bytes);
    await done(folder, check);
  });

  test("a copy of what is published can be checked", async () => {
    for (const name of ["metadata", "targets"]) {
      cpSync(path.join(folder, "repo", name), path.join(folder, "copy", name), { recursive: true });
    }
    await done(folder, `repo check copy ${target} --state device-3`);
    await refused(folder, `repo check nowhere ${target} --state device-3`, "repository-not-found", 5);
    expect(existsSync(path.join(folder, "nowhere"))).toBe(false);
  });

  test("a state that is no folder is named, and files of others in it stay", async () => {
    await refused(folder, `repo check repo ${target} --state sumac.yaml`, "state-unusable", 5);
    mkdirSync(path.join(folder, "desk"));
    writeFileSync(path.join(folder, "desk", "letter.new"), "");
    writeFileSync(path.join(folder, "desk", "snapshot.json.new"), "");
    await done(folder, `repo check repo ${target} --state desk`);
    expect(readdirSync(path.join(folder, "desk"))).toContain("letter.new");
    expect(readdirSync(path.join(folder, "desk"))).not.toContain("snapshot.json.new");
  });
});

test("another file under the digest of an envelope is a named conflict", async () => {
  const folder = await ready();
  await done(folder, "repo release add repo r.suit --line drives");
  const dir = path.join(folder, "repo/targets/drives/rtu-demo");
  writeFileSync(path.join(dir, readdirSync(dir)[0] ?? ""), "x");
  rmSync(path.join(folder, "repo/ceremonies/1-line-drives"), { recursive: true });
  await refused(folder, "repo release add repo r.suit --line drives", "published-file-differs", 3);
});

test("two who combine at once: the second finds it done, or is told", async () => {
  const folder = newFolder();
  await done(folder, init);
  for (const who of ["alice", "bob"]) await sign(folder, "1-root", who);
  const both = await Promise.all([1, 2, 3, 4].map(() => run(folder, "repo combine repo root")));
  for (const { code, stderr } of both) {
    if (code !== 0) expect(stderr).toMatch(/^error\[(ceremony-not-found|published-file-differs)\]/m);
  }
  expect(both.some(({ code }) => code === 0)).toBe(true);
  expect(metadata(folder)).toEqual(["1.root.json"]);
  expect(readdirSync(path.join(folder, "repo/ceremonies/1-root")).length).toBe(3);
});

test("two who change one draft at once: nobody's release is lost without a word", async () => {
  const folder = await ready();
  const versions = ["1.2.0", "1.3.0", "1.4.0"];
  for (const [index, version] of versions.entries()) {
    const made = `--version ${version} --sequence ${index + 3} --out ${version}.suit`;
    await done(folder, `release build fw.bin --config sumac.yaml ${made}`);
    await done(folder, `release sign ${version}.suit --test-only-key rel.pem`);
  }
  const said = await Promise.all(
    versions.map((version) => run(folder, `repo release add repo ${version}.suit --line drives`)),
  );
  const { draft } = JSON.parse(readFileSync(path.join(folder, requestOf("1-line-drives")), "utf8"));
  const listed = Object.keys(draft.targets);
  for (const [index, { code, stderr }] of said.entries()) {
    if (code === 0) expect(listed).toContain(`drives/rtu-demo/${versions[index]}.suit`);
    else expect(stderr).toMatch(/^error\[draft-changed-meanwhile\]: .+\nhint: .+\n$/);
  }
  expect(said.some(({ code }) => code === 0)).toBe(true);
});

const isRoot = process.getuid?.() === 0;
if (isRoot) console.warn("skipped: a folder that may not be written; root may write everywhere");

test.skipIf(isRoot)("a folder that may not be written is named, and nothing is half there", async () => {
  const folder = await published();
  const tree = path.join(folder, "repo/metadata");
  chmodSync(tree, 0o555);
  await refused(folder, `${publish} --always`, "permission-denied", 5);
  chmodSync(tree, 0o755);
});

test("a clock that fell back publishes nothing", async () => {
  const folder = await published();
  vi.useFakeTimers({ toFake: ["Date"] });
  const now = Date.now();
  vi.setSystemTime(0);
  const said = await refused(folder, `${publish} --always`, "clock-behind", 3);
  expect(said.stderr).toContain("it is 1970-01-01T00:00:00Z here");
  await refused(folder, publish, "clock-behind", 3);
  // Two machines are never quite together.
  vi.setSystemTime(now - 60_000);
  await done(folder, `${publish} --always`);
});

test("the name of a withdrawn release never comes back", async () => {
  const folder = await published();
  await done(folder, `repo release withdraw repo ${target}`);
  await ceremony(folder, "2-line-drives", "rel");
  await done(folder, publish);
  await refused(folder, "repo release add repo r.suit --line drives", "target-withdrawn", 2);
  await done(folder, "release build fw.bin --config sumac.yaml --version 1.1.0 --sequence 3 --out s.suit");
  await done(folder, "release sign s.suit --test-only-key rel.pem");
  await refused(folder, "repo release add repo s.suit --line drives", "target-withdrawn", 2);
  // Settings are written again when keys are added.
  await done(folder, "repo rotate repo root --add fresh.pub.pem");
  await refused(folder, "repo release add repo s.suit --line drives", "target-withdrawn", 2);
  await done(folder, "repo release add repo s.suit --line drives --version 1.1.1");
});

test("a forged version before hides no key: all that is signed is shown", async () => {
  const folder = await ready();
  await done(folder, "repo rotate repo root --add fresh.pub.pem --remove carol.pub.pem");
  const file = path.join(folder, requestOf("2-root"));
  const request = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...request, previous: { ...request.draft, version: 1 } }));
  const line = `repo sign ${requestOf("2-root")} --test-only-key alice.pem`;
  const shown = (await run(folder, line, { typed: ["00000000"] })).stdout;
  expect(shown).toMatch(/^ {4}root key fresh \([0-9a-f]{16}\)$/m);
  expect(shown).not.toContain("root key carol");
  const signed = await done(folder, `${line} --json --yes --expect ${request.digest}`);
  const { says } = signed.json() as { says: string[] };
  for (const name of ["alice", "bob", "fresh"]) expect(says.join("\n")).toContain(`root key ${name} (`);
});

test("hostile names in settings and requests stay words", async () => {
  const folder = await published();
  const settings = path.join(folder, "repo/repository.yaml");
  const text = readFileSync(settings, "utf8");
  writeFileSync(settings, text.replace('"alice"', String.raw`"\e[2Jmallory\r\nEND:VCALENDAR"`));
  const said = await run(folder, "repo status repo --ics due.ics");
  for (const control of ["\u001b", "\r"]) expect(said.stdout + said.stderr).not.toContain(control);
  expect(
    existsSync(path.join(folder, "due.ics")) ? readFileSync(path.join(folder, "due.ics"), "latin1") : "",
  ).not.toMatch(/\r\nEND:VCALENDAR\r\n./s);
  writeFileSync(settings, text);
  await done(folder, "repo prepare repo root");
  const request = path.join(folder, requestOf("2-root"));
  writeFileSync(request, readFileSync(request, "utf8").replaceAll('"alice"', String.raw`"\u001b[2Jbob"`));
  const shown = await run(folder, `repo sign ${requestOf("2-root")} --test-only-key alice.pem`, {
    typed: ["00000000"],
  });
  expect(shown.stdout).toContain(String.raw`\u{1b}[2Jbob`);
  expect(shown.stdout).not.toContain("\u001b");
  writeFileSync(request, readFileSync(request, "utf8").replace(/"[^"]*bob"/, `"${"x".repeat(65)}"`));
  await refused(folder, `repo sign ${requestOf("2-root")} --test-only-key alice.pem`, "not-a-request", 4);
});

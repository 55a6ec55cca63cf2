import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { built, emptyFolder, fixture, fromSources, root, sumacProcess } from "./command-process.ts";

const key = fixture("keys", "vendor.test-only.public.pem");
let envelope: string;

beforeAll(async () => {
  execFileSync(process.execPath, [path.join(root, "packages", "cli", "bundle.ts")], { cwd: root });
  const cwd = emptyFolder();
  const words = ["release", "build", fixture("images", "rtu-demo-1.0.0.elf"), "--config", fixture("sumac.yaml")];
  const numbers = ["--version", "1.0.0", "--sequence", "1", "--out", "a.suit"];
  await sumacProcess([...words, ...numbers, "--test-only-key", fixture("keys", "vendor.test-only.private.pem")], {
    main: built,
    cwd,
  });
  envelope = path.join(cwd, "a.suit");
}, 60_000);

describe("the built command says what the sources say", () => {
  test.each([
    ["accepted", () => ["verify", envelope, "--key", key, "--json"]],
    ["refused", () => ["verify", envelope, "--key", key, "--floor", "2"]],
    ["no such file", () => ["verify", "nowhere", "--key", key, "--json"]],
    ["help", () => ["verify", "--help"]],
    ["a wrong option", () => ["verify", "--kye", "x"]],
    ["a key", () => ["keys", "show", key]],
    ["the version", () => ["--version"]],
    ["exit codes", () => ["help", "exit-codes"]],
    ["a description", () => ["release", "inspect", envelope]],
    ["a serial port that is not there", () => ["device", "info", "--port", "no-such-port"]],
    ["a server that cannot start", () => ["serve", "--data", key, "--trust", key, "--port", "0"]],
  ])("%s", async (_, words) => {
    const [ours, theirs] = await Promise.all([
      sumacProcess(words(), { main: built }),
      sumacProcess(words(), { main: fromSources }),
    ]);
    expect(ours).toEqual(theirs);
  });
});

test("it runs without the sources, without node_modules, and as a program of its own", () => {
  const folder = emptyFolder();
  cpSync(path.dirname(built), folder, { recursive: true, filter: (file) => !file.endsWith(".map") });
  writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }\n');
  const environment = {
    ...process.env,
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env["PATH"]}`,
  };
  const run = (...words: readonly string[]): string =>
    execFileSync(path.join(folder, "sumac.js"), words, {
      cwd: folder,
      env: environment,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  expect(run("verify", envelope, "--key", key)).toMatch(/^accepted/);
  expect(run("--version")).toMatch(/^sumac /);
  expect(run("release", "inspect", envelope)).toContain("sequence        1");
});

test("a code cache that is missing or of another version of Node changes nothing but the time", async () => {
  const folder = emptyFolder();
  cpSync(path.dirname(built), folder, { recursive: true, filter: (file) => !file.endsWith(".map") });
  writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }\n');
  const chunks = path.join(folder, "chunks");
  const cache = path.join(chunks, readdirSync(chunks).find((file) => file.endsWith(".cache")) ?? "");
  expect(existsSync(cache)).toBe(true);
  const verify = () =>
    sumacProcess(["verify", envelope, "--key", key, "--json"], { main: path.join(folder, "sumac.js") });
  const before = await verify();
  expect(before.code).toBe(0);
  const foreign = readFileSync(cache);
  // V8 writes its version hash into the first words.
  foreign.fill(0, 0, 16);
  writeFileSync(cache, foreign);
  expect(await verify()).toEqual(before);
  rmSync(cache);
  expect(await verify()).toEqual(before);
});

test("every package in it has its licence in the notices", () => {
  const notices = readFileSync(path.join(path.dirname(built), "THIRD-PARTY-NOTICES.txt"), "utf8");
  for (const name of ["commander", "fastify", "kysely", "@noble/hashes", "age-encryption", "yaml"]) {
    expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+$`, "m"));
  }
});

import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { createToken, type RunningServer, startServer } from "@sumac/server";
import { openUnencryptedTestKey } from "@sumac/signing/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generateKey } from "../generated-key.test.support.ts";
import { emptyFolder, fixture, type Said, sumac } from "../sumac.test.support.ts";

const folder = emptyFolder();
const servers: RunningServer[] = [];
const run = (line: string): Promise<Said> => sumac(line.split(" "), { folder });

async function done(line: string): Promise<Said> {
  const said = await run(line);
  if (said.code !== 0) throw new Error(`${line}\n${said.stdout}${said.stderr}`);
  return said;
}

async function ceremony(name: string, ...who: readonly string[]): Promise<void> {
  const request = `repo/ceremonies/${name}/request.json`;
  const { digest } = JSON.parse(readFileSync(path.join(folder, request), "utf8")) as { digest: string };
  for (const each of who) await done(`repo sign ${request} --test-only-key ${each}.pem --yes --expect ${digest}`);
  await done(`repo combine repo ${name.slice(name.indexOf("-") + 1)}`);
}

async function serve(what: "repository" | "no-repository"): Promise<string> {
  const signers = [];
  for (const name of ["snap", "time"]) {
    const opened = await openUnencryptedTestKey(path.join(folder, `${name}.pem`));
    if (!opened.ok) throw new Error(opened.error.code);
    signers.push(opened.value.signer);
  }
  const dataDirectory = emptyFolder();
  const server = await startServer({
    dataDirectory,
    checkEnvelope: () => ({ ok: false, error: { code: "signer-unknown" } }),
    ...(what === "repository" ? { repository: { signers, crypto: nodeCrypto } } : {}),
    port: 0,
    log: { level: "silent" },
  });
  servers.push(server);
  const { token } = await createToken(dataDirectory, { role: "publish", label: "test" });
  writeFileSync(path.join(folder, `${what}.token`), `${token}\n`, { mode: 0o600 });
  return `--server ${server.url} --token-file ${what}.token`;
}

beforeAll(async () => {
  for (const name of ["alice", "bob", "tom", "rel", "snap", "time"]) generateKey(folder, name, "ed25519");
  await done(
    "repo init repo --root alice.pub.pem --root bob.pub.pem --targets tom.pub.pem --snapshot snap.pub.pem --timestamp time.pub.pem",
  );
  await ceremony("1-root", "alice", "bob");
  await done("repo line add repo drives --key rel.pub.pem");
  await ceremony("1-targets", "tom");
  const image = fixture("images", "rtu-demo-1.1.0.bin");
  await done(`release build ${image} --config ${fixture("sumac.yaml")} --version 1.1.0 --sequence 2 --out r.suit`);
  await done("release sign r.suit --test-only-key rel.pem");
});
afterAll(async () => {
  for (const server of servers) await server.close();
});

test("what was signed is sent once, in an order that can be broken off; an older folder is told as such", async () => {
  const there = await serve("repository");
  const first = await done(`repo send repo ${there} --json`);
  expect(JSON.parse(first.stdout)).toMatchObject({ outcome: "published", envelopes: 0 });
  expect(JSON.parse((await done(`repo send repo ${there} --json`)).stdout)).toMatchObject({
    outcome: "already-published",
    files: [],
  });
  cpSync(path.join(folder, "repo"), path.join(folder, "old"), { recursive: true });

  await done("repo release add repo r.suit --line drives");
  const unsigned = await run(`publish r.suit --repo repo --payload x=y ${there}`);
  expect(unsigned.code).not.toBe(0);
  await ceremony("1-line-drives", "rel");
  const lost = path.join(folder, "repo", "targets");
  cpSync(lost, path.join(folder, "kept"), { recursive: true });
  rmSync(lost, { recursive: true });
  const missing = await run(`repo send repo ${there}`);
  expect(missing.stderr).toContain("error[target-file-missing]");
  cpSync(path.join(folder, "kept"), lost, { recursive: true });
  expect(JSON.parse((await done(`repo send repo ${there} --json`)).stdout)).toMatchObject({
    outcome: "published",
    envelopes: 1,
    files: ["metadata/1.line-drives.json", "metadata/2.snapshot.json", "metadata/timestamp.json"],
  });

  const outdated = await run(`repo send old ${there}`);
  expect([outdated.code, outdated.stderr]).toEqual([3, expect.stringContaining("error[repository-outdated]")]);
});

test("a server without a repository, and a token of another", async () => {
  const plain = await serve("no-repository");
  const said = await run(`repo send repo ${plain}`);
  expect([said.code, said.stderr]).toEqual([3, expect.stringContaining("error[server-without-repository]")]);
  const there = await serve("repository");
  const wrong = await run(`repo send repo ${there.replace("repository.token", "no-repository.token")}`);
  expect(wrong.stderr).toContain("error[unauthorized]");
});

test("what the server refuses is told by its own code, in its own words", async () => {
  const there = await serve("repository");
  const targets = path.join(folder, "repo", "metadata", "1.targets.json");
  const genuine = readFileSync(targets, "utf8");
  const file = JSON.parse(genuine) as { signatures: { sig: string }[] };
  for (const each of file.signatures) each.sig = "00".repeat(64);
  writeFileSync(targets, JSON.stringify(file));
  const said = await run(`repo send repo ${there}`);
  writeFileSync(targets, genuine);
  expect([said.code, said.stderr]).toEqual([
    3,
    expect.stringMatching(/^error\[role-not-signed\]: [a-z].*\nhint: .+\n$/),
  ]);
});

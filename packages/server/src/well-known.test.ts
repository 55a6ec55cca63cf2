import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sendRaw, statusOf } from "./raw-http.test.support.ts";
import { startTestServer, type TestServer, temporaryDirectory } from "./server.test.support.ts";

const secret = "TEST ONLY secret";

/** A folder with a CSAF provider in it, and a secret beside it. */
async function serving(limit?: number): Promise<{ readonly folder: string; readonly server: TestServer }> {
  const parent = temporaryDirectory();
  const folder = join(parent, "well-known");
  mkdirSync(join(folder, "csaf", "white", "2026"), { recursive: true });
  writeFileSync(join(parent, "secret.txt"), secret);
  writeFileSync(join(folder, "security.txt"), "Contact: mailto:security@vendor.example\n");
  writeFileSync(join(folder, "csaf", "provider-metadata.json"), "{}");
  writeFileSync(join(folder, "csaf", "white", "changes.csv"), "a,b\n");
  writeFileSync(join(folder, "csaf", "white", "2026", "v-1.json"), '{"a":1}');
  writeFileSync(join(folder, "csaf", "white", "2026", "v-1.json.sha256"), "00 v-1.json\n");
  const limits = limit === undefined ? {} : { limits: { wellKnownFileBytes: limit } };
  return { folder, server: await startTestServer({ wellKnown: folder, ...limits }) };
}
const get = ({ url }: TestServer, name: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${url}/.well-known/${name}`, init);

describe("what is there", () => {
  test.each([
    ["security.txt", "text/plain; charset=utf-8"],
    ["csaf/provider-metadata.json", "application/json"],
    ["csaf/white/changes.csv", "text/csv; charset=utf-8"],
    ["csaf/white/2026/v-1.json", "application/json"],
    ["csaf/white/2026/v-1.json.sha256", "text/plain; charset=utf-8"],
  ])("%s is read by anybody as %s", async (name, type) => {
    const { server } = await serving();
    const answer = await get(server, name);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, type]);
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    const text = await answer.text();
    const etag = `"${createHash("sha256").update(text).digest("hex")}"`;
    expect(answer.headers.get("etag")).toBe(etag);
    expect((await get(server, name, { headers: { "if-none-match": etag } })).status).toBe(304);
    const head = await get(server, name, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, `${text.length}`, ""]);
  });

  test("a file that was written anew is served anew", async () => {
    const { folder, server } = await serving();
    const before = (await get(server, "security.txt")).headers.get("etag");
    writeFileSync(join(folder, "security.txt"), "Contact: https://vendor.example\n");
    const after = await get(server, "security.txt", { headers: { "if-none-match": before ?? "" } });
    expect([after.status, await after.text()]).toEqual([200, "Contact: https://vendor.example\n"]);
  });
});

describe("what is not served", () => {
  test.each([
    "../secret.txt",
    "csaf/../../secret.txt",
    "csaf/..%2f..%2fsecret.txt",
    "csaf/%2e%2e/%2e%2e/secret.txt",
    "csaf//../../secret.txt",
    "csaf/..%5c..%5csecret.txt",
    "csaf/provider-metadata.json%00.txt",
    "/etc/passwd",
  ])("a path that leads elsewhere: %s", async (name) => {
    const { server } = await serving();
    const answer = await sendRaw(
      server.url,
      `GET /.well-known/${name} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
    );
    expect([400, 404]).toContain(statusOf(answer));
    expect(answer).not.toContain(secret);
  });

  test("links, pipes, folders, hidden and unknown files: 404, at once", async () => {
    const { folder, server } = await serving();
    const csaf = join(folder, "csaf");
    symlinkSync(join(folder, "..", "secret.txt"), join(csaf, "link.txt"));
    symlinkSync(join(folder, ".."), join(csaf, "up"));
    symlinkSync("provider-metadata.json", join(csaf, "inner.json"));
    symlinkSync("loop.json", join(csaf, "loop.json"));
    execFileSync("mkfifo", [join(csaf, "pipe.json")]);
    mkdirSync(join(csaf, "folder.json"));
    writeFileSync(join(csaf, ".hidden.json"), secret);
    writeFileSync(join(csaf, "key.pem"), secret);
    writeFileSync(join(folder, "other.txt"), secret);
    const names = "csaf/link.txt csaf/up/secret.txt csaf/inner.json csaf/loop.json csaf/pipe.json csaf/folder.json";
    const rest = "csaf/.hidden.json csaf/key.pem other.txt csaf csaf/ csaf/white csaf/none.json security.txt/x.txt";
    for (const name of `${names} ${rest}`.split(" ")) {
      const answer = await get(server, name, { signal: AbortSignal.timeout(5000) });
      expect([name, answer.status, await answer.text()]).toEqual([name, 404, '{"code":"not-found"}']);
      expect(answer.headers.get("cache-control")).toBe("no-store");
    }
  });

  test("a file above the limit, and the log says so", async () => {
    const { server } = await serving(6);
    expect((await get(server, "csaf/provider-metadata.json")).status).toBe(200);
    expect((await get(server, "csaf/white/2026/v-1.json")).status).toBe(404);
    expect(server.log.join("")).toContain('"code":"too-large","name":"csaf/white/2026/v-1.json"');
  });

  test("nothing is written, and nothing is there without the folder", async () => {
    const { server } = await serving();
    for (const method of ["PUT", "POST", "DELETE"]) {
      expect([method, (await get(server, "security.txt", { method })).status]).toEqual([method, 404]);
    }
    expect((await get(await startTestServer(), "security.txt")).status).toBe(404);
  });
});

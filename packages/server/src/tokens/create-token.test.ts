import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { startTestServer, temporaryDirectory } from "../server.test.support.ts";
import { createToken, knowsToken, listTokens, revokeToken } from "./create-token.ts";
import { tokenHash } from "./token.ts";

test("works on a directory that was never served, and stores no secret anywhere", async () => {
  const directory = join(temporaryDirectory(), "new");
  const { id, token } = await createToken(directory, { role: "publish", label: "build server" });
  expect(await listTokens(directory)).toEqual([
    { id, role: "publish", label: "build server", pattern: null, createdAt: expect.any(Number), revokedAt: null },
  ]);
  const files = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.map(({ name }) => readFileSync(join(directory, name), "latin1")).join("");
  expect(bytes).toContain(tokenHash(token));
  expect(bytes).not.toContain(token);
});

test("works beside a running server, and a revoked token stops with the next request", async () => {
  const server = await startTestServer();
  const { id, token } = await createToken(server.dataDirectory, { role: "read", label: "x" });
  const status = async () =>
    (await fetch(`${server.url}/api/v1/releases`, { headers: { authorization: `Bearer ${token}` } })).status;
  expect(await status()).toBe(200);
  expect(await revokeToken(server.dataDirectory, id)).toBe("revoked");
  expect(await status()).toBe(401);
  expect(await revokeToken(server.dataDirectory, id)).toBe("unknown");
  expect(await revokeToken(server.dataDirectory, "'; drop table tokens; --")).toBe("unknown");
});

test("knows the tokens of its own directory, by role, until they are revoked", async () => {
  const [directory, elsewhere] = [temporaryDirectory(), temporaryDirectory()];
  const { id, token } = await createToken(directory, { role: "publish", label: "x" });
  const { token: foreign } = await createToken(elsewhere, { role: "publish", label: "x" });
  expect(await knowsToken(directory, { token, role: "publish" })).toBe(true);
  expect(await knowsToken(directory, { token, role: "gateway" })).toBe(false);
  expect(await knowsToken(directory, { token, role: "publish", tenant: "OTHER" })).toBe(false);
  expect(await knowsToken(directory, { token: foreign, role: "publish" })).toBe(false);
  await revokeToken(directory, id);
  expect(await knowsToken(directory, { token, role: "publish" })).toBe(false);
});

test("a token of another tenant is none", async () => {
  const server = await startTestServer();
  const { token } = await createToken(server.dataDirectory, { role: "read", label: "x", tenant: "OTHER" });
  const answer = await fetch(`${server.url}/api/v1/releases`, { headers: { authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(401);
});

test.each([
  ["no label", { role: "read", label: "" }],
  ["a label of two lines", { role: "read", label: "a\nb" }],
  ["a label of a page", { role: "read", label: "x".repeat(65) }],
  ["a gateway for everything by omission", { role: "gateway", label: "x" }],
  ["a pattern that would do nothing", { role: "read", label: "x", pattern: "*" }],
  ["a tenant that is a path", { role: "read", label: "x", tenant: "../x" }],
] as const)("refuses %s", async (_name, wanted) => {
  const directory = temporaryDirectory();
  await expect(createToken(directory, wanted)).rejects.toBeInstanceOf(RangeError);
});

test("a database that is none is refused, and not touched", async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "sumac.sqlite"));
  await expect(createToken(directory, { role: "read", label: "x" })).rejects.toMatchObject({ code: "database-failed" });
});

test("a database of a newer program is refused", async () => {
  const directory = temporaryDirectory();
  await createToken(directory, { role: "read", label: "x" });
  const database = new DatabaseSync(join(directory, "sumac.sqlite"));
  database.exec("insert into schema_versions (version, name, applied_at) values (999, 'later', 0)");
  database.close();
  await expect(createToken(directory, { role: "read", label: "y" })).rejects.toMatchObject({
    code: "database-too-new",
  });
});

test("four processes' worth of first tokens at once", async () => {
  const directory = temporaryDirectory();
  await Promise.all(Array.from({ length: 4 }, (_, i) => createToken(directory, { role: "read", label: `t${i}` })));
  expect(await listTokens(directory)).toHaveLength(4);
});

import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { measureBytes } from "../blobs/measure.ts";
import {
  at,
  classId,
  image,
  publish,
  putBlob,
  startTestServer,
  type TestServer,
  toyRelease,
  vendorId,
} from "../server.test.support.ts";

const post = (server: TestServer, body: unknown) => server.api("publish", "POST", "/releases", body);
const published = async (server: TestServer): Promise<unknown[]> =>
  at(await server.api("read", "GET", "/releases"), "releases") as unknown[];
const blobFiles = (server: TestServer): string[] =>
  readdirSync(join(server.dataDirectory, "blobs"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

describe("publishing", () => {
  test("makes a release of an envelope and its payload", async () => {
    const server = await startTestServer({ clock: () => 1000 });
    const release = toyRelease(5);
    const answer = await publish(server, release);
    expect(answer.status).toBe(201);
    const view = {
      id: 1,
      name: "toy",
      version: "5",
      sequence: "5",
      vendorId: "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe",
      classId: "1492af14-2569-5e48-bf42-9b2d51f2ab45",
      components: ["00"],
      manifestDigest: release.manifestDigest,
      envelopeSha256: measureBytes(release.envelope).sha256,
      notes: null,
      publishedAt: 1000,
      publishedBy: "token:test publish",
    };
    expect(answer.json).toEqual(view);
    expect(await published(server)).toEqual([view]);
    expect((await server.api("read", "GET", "/releases/1")).json).toEqual({
      ...view,
      artifacts: [
        { filename: "manifest.suit", sha256: view.envelopeSha256, kind: "manifest" },
        { filename: release.uri, sha256: measureBytes(release.payload).sha256, kind: "payload" },
      ],
      attachments: [],
    });
  });

  test("twice is once", async () => {
    const server = await startTestServer();
    await publish(server, toyRelease(5));
    await publish(server, toyRelease(6));
    expect(await publish(server, toyRelease(5))).toMatchObject({ status: 200, json: { id: 1 } });
    expect(await published(server)).toHaveLength(2);
  });

  test("the same release from four publishers at once is one release", async () => {
    const server = await startTestServer();
    const release = toyRelease(5);
    await putBlob(server, release.payload);
    const answers = await Promise.all(Array.from({ length: 4 }, () => post(server, release.request)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 201]);
    expect(await published(server)).toHaveLength(1);
  });

  test("keeps version and notes as the text they are", async () => {
    const server = await startTestServer();
    const release = toyRelease(5);
    await putBlob(server, release.payload);
    const notes = `<script>alert(1)</script>'; drop table releases; --\n"`;
    const answer = await post(server, { ...release.request, version: "1.1.0", notes });
    expect(answer.json).toMatchObject({ version: "1.1.0", notes });
    expect(answer.headers.get("content-type")).toContain("application/json");
    expect(await published(server)).toHaveLength(1);
  });

  test("an envelope without payloads of its own outside needs none", async () => {
    const server = await startTestServer();
    expect((await post(server, toyRelease(5, { payloads: [] }).request)).status).toBe(201);
  });
});

const payload = image(5000, 5);
const { sha256, size } = measureBytes(payload);
const uri = `sha256-${sha256}.bin`;
const good = toyRelease(5, {}, payload);
const other = image(10, 3);
const named = (name: string) => toyRelease(5, { payloads: [{ uri: name, sha256, size }] }, payload).request;

test("a payload that the disk lost is missing, whatever the database says", async () => {
  const server = await startTestServer();
  await putBlob(server, payload);
  rmSync(join(server.dataDirectory, "blobs", "sha256", sha256.slice(0, 2), sha256));
  const answer = await server.api("publish", "POST", "/releases", good.request);
  expect([answer.status, answer.json]).toEqual([422, { code: "blob-missing", uri, sha256 }]);
});

describe("refused, and nothing changed", () => {
  test.each([
    [
      "an unsigned envelope",
      toyRelease(5, { signed: false }, payload).request,
      422,
      { code: "signer-unknown", refused: "envelope", keyIds: ["00ff"] },
    ],
    [
      "a payload that was not uploaded",
      toyRelease(5, { payloads: [{ uri, sha256: "ab".repeat(32), size }] }).request,
      422,
      { code: "blob-missing", uri, sha256: "ab".repeat(32) },
    ],
    ["a payload that is not named", { ...good.request, payloads: [] }, 422, { code: "payload-missing", uri }],
    [
      "a payload that nobody signed",
      { ...good.request, payloads: [...good.request.payloads, { uri: "x", sha256 }] },
      422,
      { code: "payload-unknown", uri: "x" },
    ],
    [
      "another blob for the URI",
      { ...good.request, payloads: [{ uri, sha256: measureBytes(other).sha256 }] },
      422,
      { code: "payload-size-mismatch", uri, expected: "5000", found: 10 },
    ],
    [
      "another digest than signed",
      toyRelease(5, { payloads: [{ uri, sha256: "ab".repeat(32), size }] }, payload),
      422,
      { code: "payload-digest-mismatch", uri },
    ],
    [
      "two blobs for one URI",
      {
        ...good.request,
        payloads: [
          { uri, sha256 },
          { uri, sha256: "ab".repeat(32) },
        ],
      },
      422,
      { code: "payload-digest-mismatch", uri },
    ],
    ["a URI that climbs", named("../../etc/passwd"), 422, { code: "payload-uri-unsafe", uri: "../../etc/passwd" }],
    [
      "a URI that is an address",
      named("http://evil.example/x"),
      422,
      { code: "payload-uri-unsafe", uri: "http://evil.example/x" },
    ],
    [
      "a URI that is the manifest's name",
      named("manifest.suit"),
      422,
      { code: "payload-uri-unsafe", uri: "manifest.suit" },
    ],
    [
      "a URI of markup: the answer holds none",
      named('"><script>'),
      422,
      { code: "payload-uri-unsafe", uri: "___script_" },
    ],
  ])("%s", async (_name, request, status, body) => {
    const server = await startTestServer();
    await putBlob(server, payload);
    await putBlob(server, other);
    const before = blobFiles(server);
    // The row with the digest that differs names the uploaded blob for an envelope that signs another one.
    const sent = "request" in request ? { ...request.request, payloads: [{ uri, sha256 }] } : request;
    const answer = await post(server, sent);
    expect({ status: answer.status, body: answer.json }).toEqual({ status, body });
    expect(await published(server)).toEqual([]);
    expect(blobFiles(server)).toEqual(before);
  });

  test.each([
    ["sequence-reused", 6, { payloads: [], salt: "x" }, { code: "sequence-reused", sequence: "6", release: 2 }],
    ["rollback", 4, { payloads: [] }, { code: "rollback", offered: "4", newest: "6" }],
    [
      "an older number for something else",
      5,
      { payloads: [], salt: "x" },
      { code: "sequence-reused", sequence: "5", release: 1 },
    ],
    [
      "the same manifest in another envelope",
      6,
      { payloads: [], salt: "x", manifestDigest: "cd".repeat(32) },
      { code: "manifest-already-published", release: 2 },
    ],
  ])("%s", async (_name, sequence, changes, body) => {
    const server = await startTestServer();
    await post(server, toyRelease(5, { payloads: [] }).request);
    await post(server, toyRelease(6, { payloads: [], manifestDigest: "cd".repeat(32) }).request);
    const before = blobFiles(server);
    const answer = await post(server, toyRelease(sequence, changes).request);
    expect({ status: answer.status, body: answer.json }).toEqual({ status: 409, body });
    expect(await published(server)).toHaveLength(2);
    expect(blobFiles(server)).toEqual(before);
  });

  test("numbers count within vendor, class and components only", async () => {
    const server = await startTestServer();
    for (const changes of [
      {},
      { vendorId: classId },
      { classId: vendorId },
      { components: ["01"] },
      { components: ["00", "01"] },
    ]) {
      expect((await post(server, toyRelease(5, { ...changes, payloads: [] }).request)).status).toBe(201);
    }
    // The same set in another order is the same series.
    const swapped = toyRelease(5, { components: ["01", "00"], payloads: [] });
    expect((await post(server, swapped.request)).json).toMatchObject({ code: "sequence-reused" });
  });

  test.each([
    ["no body", undefined, "body"],
    ["a list", [], "body"],
    ["no payloads", { envelope: "AAAA" }, "body"],
    ["no base64", { envelope: "AA*A", payloads: [] }, "envelope"],
    ["base64 with a line feed", { envelope: "AAAA\n", payloads: [] }, "envelope"],
    ["base64url", { envelope: "AA-_", payloads: [] }, "envelope"],
    ["an empty envelope", { envelope: "", payloads: [] }, "envelope"],
    ["a number for the envelope", { envelope: 5, payloads: [] }, "envelope"],
    ["a member we do not know", { envelope: "AAAA", payloads: [], "force<b>": true }, "force_b_"],
    [
      "a digest in capitals",
      { envelope: "AAAA", payloads: [{ uri: "x", sha256: sha256.toUpperCase() }] },
      "payloads.0.sha256",
    ],
    [
      "65 payloads",
      { envelope: "AAAA", payloads: Array.from({ length: 65 }, () => ({ uri: "x", sha256 })) },
      "payloads",
    ],
    ["a version of a page", { envelope: "AAAA", payloads: [], version: "x".repeat(65) }, "version"],
  ])("%s is no valid body", async (_name, body, field) => {
    const server = await startTestServer();
    const answer = await post(server, body);
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual({ code: "invalid-body", field });
  });

  test("an envelope beyond the limit, and a body beyond the limit", async () => {
    const server = await startTestServer({ limits: { envelopeBytes: 100 } });
    const large = await post(server, toyRelease(5, { payloads: [] }).request);
    expect([large.status, large.json]).toEqual([413, { code: "too-large", limit: 100 }]);
    const huge = await post(server, { envelope: "A".repeat(400_000), payloads: [] });
    expect([huge.status, huge.json]).toEqual([413, { code: "too-large", limit: 262_144 }]);
  });

  test.each([
    ["text/plain", "{}", 415, "unsupported-media-type"],
    ["application/x-www-form-urlencoded", "a=b", 415, "unsupported-media-type"],
    ["application/json", "{", 400, "bad-request"],
    ["application/json", '{"__proto__":{"a":1}}', 400, "bad-request"],
    ["application/json", "", 400, "bad-request"],
  ])("a body of %s %j", async (type, body, status, code) => {
    const server = await startTestServer();
    const answer = await fetch(`${server.url}/api/v1/releases`, {
      method: "POST",
      headers: { authorization: `Bearer ${await server.token("publish")}`, "content-type": type },
      body,
    });
    expect([answer.status, await answer.json()]).toEqual([status, { code }]);
  });
});

describe("reading", () => {
  test("in pages", async () => {
    const server = await startTestServer();
    for (const sequence of [1, 2, 3]) await post(server, toyRelease(sequence, { payloads: [] }).request);
    const ids = async (query: string): Promise<unknown[]> =>
      (at(await server.api("read", "GET", `/releases${query}`), "releases") as { id: number }[]).map(({ id }) => id);
    expect(await ids("?limit=2")).toEqual([1, 2]);
    expect(await ids("?limit=2&after=2")).toEqual([3]);
  });

  test.each(["?limit=0", "?limit=1001", "?limit=x", "?limit=1&limit=2", "?order=id", "?after=%00".repeat(200)])(
    "refuses the query %s",
    async (query) => {
      const server = await startTestServer();
      expect(await server.api("read", "GET", `/releases${query}`)).toMatchObject({ status: 400 });
    },
  );

  test.each(["0", "2", "-1", "1.0", "01", "x", "1%00", "%2e%2e", "99999999999", "1'or'1'='1"])(
    "there is no release %s",
    async (id) => {
      const server = await startTestServer();
      await post(server, toyRelease(1, { payloads: [] }).request);
      expect(await server.api("read", "GET", `/releases/${id}`)).toMatchObject({
        status: 404,
        json: { code: "not-found" },
      });
    },
  );
});

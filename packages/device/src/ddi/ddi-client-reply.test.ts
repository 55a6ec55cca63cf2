import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isActionId,
  type LinkBase,
  parseCancellation,
  parseDeployment,
  parsePoll,
  parseReply,
} from "./ddi-client-reply.ts";

const base: LinkBase = { baseUrl: "https://u.example/T/controller/v1/C", origin: "https://u.example" };
const href = "https://u.example/T/controller/v1/C/deploymentBase/5?c=-212";

const goodPoll = { config: { polling: { sleep: "00:05:00" } }, _links: { deploymentBase: { href } } };
const goodArtifact = {
  filename: "fw.suit",
  size: 123,
  hashes: { sha1: "a".repeat(40), md5: "b".repeat(32), sha256: "c".repeat(64) },
  _links: { download: { href: "https://u.example/a" }, "download-http": { href: "http://u.example/a" } },
};
const goodDeployment = {
  id: "5",
  deployment: {
    download: "forced",
    update: "attempt",
    maintenanceWindow: "available",
    chunks: [{ part: "os", version: "1.1.0", name: "pump", artifacts: [goodArtifact] }],
  },
};

/** A copy with the member at a dotted path set, or removed when `value` is undefined. */
function withMember(document: unknown, path: string, value: unknown): unknown {
  const copy = structuredClone(document);
  const names = path.split(".");
  const last = names.pop() ?? "";
  let at = copy as Record<string, unknown>;
  for (const name of names) at = at[name] as Record<string, unknown>;
  if (value === undefined) Reflect.deleteProperty(at, last);
  else at[last] = value;
  return copy;
}

describe("poll", () => {
  test("gives the pause and the links, resolved", () => {
    expect(parsePoll(goodPoll, base)).toEqual({ ok: true, value: { sleepMs: 300_000, deploymentBase: href } });
    const relative = withMember(goodPoll, "_links", {
      cancelAction: { href: "/T/controller/v1/C/cancelAction/5" },
      configData: { href: "https://u.example/x#part" },
      confirmationBase: { href: 7 },
    });
    expect(parsePoll(relative, base)).toEqual({
      ok: true,
      value: {
        sleepMs: 300_000,
        cancelAction: "https://u.example/T/controller/v1/C/cancelAction/5",
        configData: "https://u.example/x",
      },
    });
  });

  test.each([
    ["00:00:00", 1000],
    ["00:00:01", 1000],
    ["00:01:30", 90_000],
    ["23:59:59", 86_399_000],
    ["24:00:00", 86_400_000],
    ["99:59:59", 86_400_000],
  ])("sleep %s is %i ms", (sleep, sleepMs) => {
    expect(parsePoll(withMember(goodPoll, "config.polling.sleep", sleep), base)).toMatchObject({ value: { sleepMs } });
  });

  test.each([
    ["config", undefined, "config"],
    ["config.polling", [], "config.polling"],
    ["config.polling.sleep", undefined, "config.polling.sleep"],
    ["config.polling.sleep", "PT5M", "config.polling.sleep"],
    ["config.polling.sleep", "00:60:00", "config.polling.sleep"],
    ["config.polling.sleep", "-1:00:00", "config.polling.sleep"],
    ["config.polling.sleep", "00:00:1", "config.polling.sleep"],
    ["config.polling.sleep", 300, "config.polling.sleep"],
    ["_links", [], "_links"],
    ["_links.deploymentBase", "x", "_links.deploymentBase"],
    ["_links.deploymentBase.href", 1, "_links.deploymentBase.href"],
    ["_links.deploymentBase.href", "http://[", "_links.deploymentBase.href"],
    ["_links.deploymentBase.href", `https://u.example/${"x".repeat(2048)}`, "_links.deploymentBase.href"],
  ])("%s = %j is malformed", (path, value, field) => {
    expect(parsePoll(withMember(goodPoll, path, value), base)).toEqual({
      ok: false,
      error: { code: "malformed-answer", field },
    });
  });

  test.each([
    "https://evil.example/T/controller/v1/C/deploymentBase/5",
    "http://u.example/T/controller/v1/C/deploymentBase/5",
    "https://u.example:8443/x",
    "https://u.example.evil.example/x",
    "https://user@u.example/x",
    "https://:secret@u.example/x",
    "//evil.example/x",
    "\\\\evil.example/x",
    "file:///etc/passwd",
    "data:text/plain,x",
  ])("T-NET-REDIRECT: the link %s leads elsewhere", (elsewhere) => {
    expect(parsePoll(withMember(goodPoll, "_links.deploymentBase.href", elsewhere), base)).toEqual({
      ok: false,
      error: { code: "foreign-link", field: "_links.deploymentBase.href" },
    });
  });
});

describe("T-SRV-HOSTILE-ANSWER: deployment", () => {
  test("gives what the agent needs", () => {
    const { _links, ...artifact } = goodArtifact;
    expect(parseDeployment(goodDeployment, base)).toEqual({
      ok: true,
      value: {
        actionId: "5",
        download: "forced",
        update: "attempt",
        maintenanceWindow: "available",
        chunks: [
          { part: "os", version: "1.1.0", name: "pump", artifacts: [{ ...artifact, href: _links.download.href }] },
        ],
      },
    });
  });

  test("takes download-http where download is absent, and needs no hashes and no window", () => {
    const artifact = { filename: "f", size: 0, _links: { "download-http": { href: "https://u.example/a" } } };
    const plain = {
      id: "1",
      deployment: {
        download: "skip",
        update: "skip",
        chunks: [{ part: "", version: "", name: "", artifacts: [artifact] }],
      },
    };
    expect(parseDeployment(plain, base)).toMatchObject({
      value: { chunks: [{ artifacts: [{ href: "https://u.example/a", hashes: {} }] }] },
    });
  });

  const artifactAt = "deployment.chunks.0.artifacts.0";
  test.each([
    ["id", 5, "id"],
    ["id", "0", "id"],
    ["id", "05", "id"],
    ["id", "-5", "id"],
    ["id", "2147483648", "id"],
    ["id", "../6", "id"],
    ["deployment", undefined, "deployment"],
    ["deployment.download", "Forced", "deployment.download"],
    ["deployment.update", undefined, "deployment.update"],
    ["deployment.maintenanceWindow", "open", "deployment.maintenanceWindow"],
    ["deployment.chunks", {}, "deployment.chunks"],
    ["deployment.chunks", new Array(17).fill({}), "deployment.chunks"],
    ["deployment.chunks.0.part", 1, "deployment.chunks[0].part"],
    ["deployment.chunks.0.name", "n".repeat(257), "deployment.chunks[0].name"],
    ["deployment.chunks.0.artifacts", new Array(65).fill({}), "deployment.chunks[0].artifacts"],
    [`${artifactAt}.size`, -1, "deployment.chunks[0].artifacts[0].size"],
    [`${artifactAt}.size`, 1.5, "deployment.chunks[0].artifacts[0].size"],
    [`${artifactAt}.size`, 2 ** 53, "deployment.chunks[0].artifacts[0].size"],
    [`${artifactAt}.size`, "123", "deployment.chunks[0].artifacts[0].size"],
    [`${artifactAt}.filename`, "../boot", "deployment.chunks[0].artifacts[0].filename"],
    [`${artifactAt}.filename`, "..", "deployment.chunks[0].artifacts[0].filename"],
    [`${artifactAt}.filename`, "a\\b", "deployment.chunks[0].artifacts[0].filename"],
    [`${artifactAt}.filename`, "a\u0000b", "deployment.chunks[0].artifacts[0].filename"],
    [`${artifactAt}.filename`, "", "deployment.chunks[0].artifacts[0].filename"],
    [`${artifactAt}.hashes.sha256`, "c".repeat(63), "deployment.chunks[0].artifacts[0].hashes.sha256"],
    [`${artifactAt}.hashes.sha1`, "G".repeat(40), "deployment.chunks[0].artifacts[0].hashes.sha1"],
    [`${artifactAt}._links`, {}, "deployment.chunks[0].artifacts[0]._links.download-http"],
  ])("%s = %j is malformed", (path, value, field) => {
    expect(parseDeployment(withMember(goodDeployment, path, value), base)).toEqual({
      ok: false,
      error: { code: "malformed-answer", field },
    });
  });

  test("T-NET-REDIRECT: an artifact elsewhere is refused", () => {
    const elsewhere = withMember(goodDeployment, `${artifactAt}._links.download.href`, "https://evil.example/a");
    expect(parseDeployment(elsewhere, base)).toEqual({
      ok: false,
      error: { code: "foreign-link", field: "deployment.chunks[0].artifacts[0]._links.download.href" },
    });
  });
});

test("cancellation", () => {
  expect(parseCancellation({ id: "11", cancelAction: { stopId: "11" } })).toEqual({
    ok: true,
    value: { stopId: "11" },
  });
  for (const reply of [null, [], {}, { cancelAction: {} }, { cancelAction: { stopId: 11 } }]) {
    expect(parseCancellation(reply).ok).toBe(false);
  }
});

describe("T-SRV-HOSTILE-ANSWER: JSON", () => {
  const utf8 = (text: string) => new TextEncoder().encode(text);
  test.each([
    ["nothing", utf8("")],
    ["half a document", utf8('{"config":')],
    ["two documents", utf8("{} {}")],
    ["HTML", utf8("<html>")],
    ["a byte order mark", utf8("\ufeff{}")],
    ["bytes that are not UTF-8", Uint8Array.of(0x22, 0xff, 0x22)],
    ["a raw line feed in a string", utf8('{"a":"\n"}')],
  ])("refuses %s", (_name, bytes) => {
    expect(parseReply(bytes)).toEqual({ ok: false, error: { code: "malformed-answer", field: "" } });
  });

  test("members with names of Object's own do not stand in for missing ones", () => {
    const reply = parseReply(utf8('{"__proto__":{"config":{"polling":{"sleep":"00:00:05"}}}}'));
    expect(reply.ok && parsePoll(reply.value, base)).toEqual({
      ok: false,
      error: { code: "malformed-answer", field: "config" },
    });
  });

  test("no bytes make a parser throw", async () => {
    const documents = fc.oneof(
      fc.jsonValue(),
      fc.constant(goodPoll as unknown),
      fc.constant(goodDeployment as unknown),
    );
    await fc.assert(
      fc.property(documents, fc.uint8Array({ maxLength: 64 }), (document, bytes) => {
        parseReply(bytes);
        for (const parsed of [
          parsePoll(document, base),
          parseDeployment(document, base),
          parseCancellation(document),
        ]) {
          expect(typeof parsed.ok).toBe("boolean");
        }
      }),
    );
  });

  test("64 kB of opening brackets", () => {
    expect(parseReply(utf8("[".repeat(65_536))).ok).toBe(false);
  });
});

test("action ids are what every client can hold", () => {
  expect(["1", "2147483647"].every(isActionId)).toBe(true);
  expect(["0", "2147483648", "1e3", " 1", ""].some(isActionId)).toBe(false);
});

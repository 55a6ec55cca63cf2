import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { keyId, parsePublicKeyPem } from "@sumac/cose";
import { nodeCrypto } from "@sumac/crypto/node";
import { buildDossier, type EvidenceSigner, releasePicture } from "@sumac/sdl";
import { readGateInput } from "@sumac/sdl/node";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { emptyFolder, fixture, type Said, sumac, testKey, testPublicKey, twoLines } from "../sumac.test.support.ts";

const example = path.resolve(import.meta.dirname, "../../../../firmware-fixtures/product-rtu");
const now = "2026-11-23T12:00:00Z";
const managerKey = path.join(example, "keys/rtu-p-rel.test-only.private.pem");
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

// The records of the example turn stale by themselves.
beforeAll(() => void vi.useFakeTimers({ now: Date.parse(now), toFake: ["Date"] }));

let stop: () => Promise<unknown> = async () => undefined;
let url = "";
let serverFolder = "";
beforeAll(async () => {
  serverFolder = emptyFolder();
  const ending = new AbortController();
  let running: Promise<Said> | undefined;
  const words = ["serve", "--data", "data", "--trust", testPublicKey("vendor"), "--port", "0", "--json"];
  url = await new Promise<string>((resolve, reject) => {
    running = sumac([...words, "--publish-token-file", "publish.token", "--device-token-file", "device.token"], {
      folder: serverFolder,
      interrupted: ending.signal,
      onOutput: (text) => {
        const found = /"event":"listening","url":"([^"]+)"/.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      },
    });
    running.then((said) => reject(new Error(said.stderr)), reject);
  });
  stop = () => {
    ending.abort();
    return running ?? Promise.resolve();
  };
});
afterAll(async () => {
  await stop();
  vi.useRealTimers();
});

let folder = "";
beforeEach(() => {
  folder = emptyFolder();
  cpSync(example, path.join(folder, "p"), { recursive: true });
});

const to = () => ["--server", url, "--token-file", path.join(serverFolder, "publish.token")];

/** The envelope of release r-1.2.0, signed with its gate report beside. */
async function envelope(sequence = "3", version = "1.2.0"): Promise<void> {
  const built = await sumac(
    [
      "release",
      "build",
      fixture("images", `rtu-demo-${version}.bin`),
      ...["--config", fixture("sumac.yaml"), "--version", version, "--sequence", sequence],
      ...["--out", "r.suit", "--test-only-key", testKey("vendor")],
    ],
    { folder },
  );
  expect(built.stderr + built.code).toMatch(/0$/);
}
async function signedEnvelope(sequence?: string): Promise<void> {
  await envelope(sequence);
  const signed = await sumac(["release", "sign", "r.suit", "--product", "p", "--test-only-key", managerKey], {
    folder,
  });
  expect(signed.code, signed.stderr).toBe(0);
}

async function writeDossier(edition: "customer" | "internal", signers: "signed" | "unsigned"): Promise<void> {
  const input = await readGateInput(path.join(folder, "p"), {
    crypto: nodeCrypto,
    now: Date.parse(now),
    path: "regular",
  });
  if (input === undefined) throw new Error("no product");
  const picture = releasePicture(input);
  if (!picture.ok) throw new Error(picture.error.rule);
  const files = await buildDossier(picture.value, {
    edition,
    tool: { name: "sumac", version: "0.0.0" },
    signers: signers === "signed" ? [manager()] : [],
    attachments: new Map(),
  });
  for (const [name, bytes] of files) {
    mkdirSync(path.dirname(path.join(folder, "dossier", name)), { recursive: true });
    writeFileSync(path.join(folder, "dossier", name), bytes);
  }
}

function manager(): EvidenceSigner {
  const key = createPrivateKey(readFileSync(managerKey, "utf8"));
  const parsed = parsePublicKeyPem(createPublicKey(key).export({ type: "spki", format: "pem" }).toString());
  if (!parsed.ok) throw new Error("no key");
  return { keyId: keyId(parsed.value, nodeCrypto), sign: async (bytes) => new Uint8Array(sign(null, bytes, key)) };
}

async function read(where: string): Promise<Response> {
  const token = readFileSync(path.join(serverFolder, "publish.token"), "utf8").trim();
  return fetch(`${url}/api/v1/${where}`, { headers: { authorization: `Bearer ${token}` } });
}

const publishUpdate = (...words: readonly string[]) =>
  sumac(
    ["sdl", "update", "publish", "u-1.2.0", "--product", "p", "--envelope", "r.suit", ...to(), ...words, "--json"],
    {
      folder,
    },
  );

test("an update goes out with gate report and dossier, is written down, and its gate still passes", async () => {
  await signedEnvelope();
  await writeDossier("customer", "signed");
  const said = await publishUpdate("--dossier", "dossier");
  expect([said.code, said.stderr]).toEqual([0, expect.any(String)]);
  const report = readFileSync(path.join(folder, "r.suit.gate.dsse.json"));
  const told = said.json() as { release: { id: number }; attachments: { name: string; sha256: string }[] };
  expect(told).toMatchObject({
    outcome: "published",
    gate: "pass",
    attachments: [
      { name: "gate-report.dsse.json", sha256: sha256(report), outcome: "attached" },
      { name: "dossier.tar", outcome: "attached" },
    ],
    files: ["p/.sdl/updates/u-1.2.0/delivery.yaml", "p/.sdl/releases/r-1.2.0.yaml"],
  });
  const { id } = told.release;
  const listed = (await (await read(`releases/${id}`)).json()) as { attachments: { name: string }[] };
  expect(listed.attachments.map(({ name }) => name)).toEqual(["dossier.tar", "gate-report.dsse.json"]);
  const handedOut = await read(`releases/${id}/attachments/gate-report.dsse.json`);
  expect(Buffer.from(await handedOut.arrayBuffer()).equals(report)).toBe(true);
  const archive = new Uint8Array(await (await read(`releases/${id}/attachments/dossier.tar`)).arrayBuffer());
  expect(sha256(archive)).toBe(told.attachments[1]?.sha256);
  expect(readFileSync(path.join(folder, "p/.sdl/updates/u-1.2.0/delivery.yaml"), "utf8")).toMatch(/published_at: 2026/);
  const gate = await sumac(["sdl", "gate", "--product", "p", "--release", "r-1.2.0", "--json"], { folder });
  expect([gate.code, gate.stdout]).toEqual([0, expect.stringContaining('"verdict": "pass"')]);

  const again = await publishUpdate("--dossier", "dossier");
  expect(again.json()).toMatchObject({
    outcome: "already-published",
    attachments: [{ outcome: "already-attached" }, { outcome: "already-attached" }],
    files: [],
  });
});

describe("nothing is sent, and nothing written,", () => {
  const releases = async (): Promise<string> => (await read("releases")).text();
  const refusedWith = async (said: Promise<Said>, code: string): Promise<void> => {
    const before = await releases();
    const { code: exit, stderr } = await said;
    expect([exit, stderr]).toEqual([expect.any(Number), expect.stringMatching(twoLines(code))]);
    expect(exit).not.toBe(0);
    expect(await releases()).toBe(before);
    expect(readFileSync(path.join(folder, "p/.sdl/releases/r-1.2.0.yaml"), "utf8")).toContain("state: candidate");
  };

  test("when the gate is red", async () => {
    await envelope("8");
    rmSync(path.join(folder, "p/.sdl/evidence/penetration-test.dsse.json"));
    await refusedWith(publishUpdate(), "G3-missing");
  });

  test("when the envelope holds other images", async () => {
    await envelope("8", "1.1.0");
    await refusedWith(publishUpdate(), "gate-of-other-images");
  });

  test("when no release names the update", async () => {
    await envelope("8");
    const words = ["sdl", "update", "publish", "u-9", "--product", "p", "--envelope", "r.suit", ...to()];
    await refusedWith(sumac(words, { folder }), "file-not-found");
  });

  test.each(["internal", "customer"] as const)("of a dossier that is %s or unsigned", async (edition) => {
    await signedEnvelope("8");
    await writeDossier(edition, edition === "internal" ? "signed" : "unsigned");
    await refusedWith(
      publishUpdate("--dossier", "dossier"),
      edition === "internal" ? "dossier-internal" : "dossier-unsigned",
    );
  });

  test.each([
    [
      "an altered page",
      "dossier-file-altered",
      (dossier: string) => writeFileSync(path.join(dossier, "index.html"), ""),
    ],
    ["a file more", "dossier-file-unknown", (dossier: string) => writeFileSync(path.join(dossier, "more.html"), "")],
    ["a link", "dossier-file-unknown", (dossier: string) => symlinkSync("/etc/passwd", path.join(dossier, "secret"))],
    ["no list", "dossier-malformed", (dossier: string) => rmSync(path.join(dossier, "dossier.json"))],
  ])("of a dossier with %s", async (_, code, bend) => {
    await signedEnvelope("8");
    await writeDossier("customer", "signed");
    bend(path.join(folder, "dossier"));
    await refusedWith(publishUpdate("--dossier", "dossier"), code);
  });

  test("of a dossier that is not there, or a file", async () => {
    await signedEnvelope("8");
    await refusedWith(publishUpdate("--dossier", "nowhere"), "file-not-found");
    await refusedWith(publishUpdate("--dossier", "r.suit"), "not-a-folder");
  });

  test.each([
    ["no report", "gate-report-malformed", "{}\n"],
    ["a record of something else", "gate-report-malformed", undefined],
  ])("of %s", async (_, code, text) => {
    await envelope("8");
    const other = path.join(folder, "p/.sdl/evidence/process.dsse.json");
    writeFileSync(path.join(folder, "r.json"), text ?? readFileSync(other));
    await refusedWith(publishUpdate("--gate-report", "r.json"), code);
  });

  test("of a report of other images", async () => {
    await signedEnvelope("8");
    rmSync(path.join(folder, "r.suit"));
    await envelope("8", "1.1.0");
    await refusedWith(sumac(["publish", "r.suit", ...to()], { folder }), "gate-of-other-images");
  });
});

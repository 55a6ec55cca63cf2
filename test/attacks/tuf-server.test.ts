import { readFileSync } from "node:fs";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { NodeTargetRepository } from "@sumac/device/node";
import { holdSnapshot, holdTimestamp, nextTimestamp, sealWith } from "@sumac/tuf/writer";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { envelopeName, releases, signers, vendorTrust } from "../support/attack-scene.ts";
import { AttackedDevice, type Outcome } from "../support/attacked-device.ts";
import { makeRelease, orThrow } from "../support/example-product.ts";
import { OnPathAttacker, type Tampering } from "../support/on-path-attacker.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { TestServer } from "../support/test-server.ts";
import { VendorTree } from "../support/vendor-tree.ts";

const { vendor, foreign } = signers;
// What the server holds, and what nobody who has taken the server holds.
const online = { snapshot: signers.owner, timestamp: signers["owner-p256"] };
const keys = { root: signers["foreign-p256"], targets: signers["vendor-p256"], ...online };
const [running, offered] = [releases["1.1.0"], releases["1.2.0"]];
const at = (version: string): string => `drives/rtu/${version}.suit`;
const day = 86_400n;

let tree: VendorTree;
let server: TestServer;
let attacker: OnPathAttacker;
let device: AttackedDevice;
let repository: NodeTargetRepository;
let now: bigint;
let rounds = 0;

/** The device runs 1.1.0 and has read the tree that lists 1.2.0; both are published, and the update is waiting. */
beforeEach(async () => {
  now = BigInt(Math.floor(Date.now() / 1000)) + 5n;
  tree = new VendorTree(keys, now - 5n, { drives: vendor, pumps: foreign });
  server = await TestServer.start(vendorTrust, { signers: Object.values(online), crypto: nodeCrypto });
  tree.list(at("1.1.0"), running.envelope);
  expect(await tree.publish(server)).toMatchObject({ status: 201 });
  tree.list(at("1.2.0"), offered.envelope);
  expect(await tree.publish(server)).toMatchObject({ status: 201 });
  attacker = await OnPathAttacker.start(() => server.url);
  device = await AttackedDevice.provision(vendorTrust, running);
  repository = await openRepository();
  orThrow(await repository.find(at("1.2.0"), { now, atLeast: now, doubt: undefined }));
  await server.publish(running);
  await server.publish(offered);
});
afterEach(async () => {
  repository.close();
  await attacker.close();
  await server.close();
});

/** A device with its own memory of the tree; without one it has only the root from the factory. */
const openRepository = async (): Promise<NodeTargetRepository> =>
  new NodeTargetRepository({
    folder: path.join(temporaryFolder(), "tuf"),
    url: `${attacker.url}/tuf`,
    root: await tree.signedRoot,
    crypto: nodeCrypto,
  });

function meet(): Promise<Outcome> {
  rounds++;
  const access = { url: attacker.url, token: server.tokens.gateway, controllerId: `rtu-${rounds}` };
  return device.meet(access, { now, repository });
}

const published = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(path.join(server.folder, "tuf", "metadata", name)));

const current = () => ({
  snapshot: orThrow(holdSnapshot(published("2.snapshot.json"), "snapshot")).wire,
  timestamp: orThrow(holdTimestamp(published("timestamp.json"), "timestamp")).wire,
});

/** Serves these files of metadata instead of the server's. */
const serve = (files: ReadonlyMap<string, Uint8Array>): Tampering => ({
  forge: ({ path: asked }) => {
    const bytes = files.get(asked.replace(/^\/tuf\/metadata\//, ""));
    return bytes && ((response) => response.end(bytes));
  },
});

async function withstands(tampering: Tampering, did: Outcome["did"], code: string): Promise<void> {
  const before = await device.impression();
  attacker.tampering = tampering;
  expect(await meet()).toEqual({ did, code });
  attacker.forget();
  expect(await device.boot()).toMatchObject({ kind: "running", mode: "confirmed", booted: { version: "1.1.0" } });
  const { stateRegion, ...after } = await device.impression();
  // The time that the device knows is kept, whatever it is sent.
  expect({ ...after, stateRegion: before.stateRegion }).toEqual(before);
  expect(stateRegion).toBeDefined();
  if (did !== "refused") return;
  const { action } = (await server.device(`rtu-${rounds}`)) ?? {};
  expect(await server.action(action ?? 0)).toMatchObject({ state: "failed", reason: code });
}

test("whoever asks at the same time, for a device and those behind it, is answered as if alone", async () => {
  const fresh = await openRepository();
  const time = { now, atLeast: now, doubt: undefined };
  const paths = Array.from({ length: 12 }, (_, i) => at(i % 3 === 0 ? "9.9.9" : "1.2.0"));
  const found = await Promise.all(paths.map((each) => fresh.find(each, time)));
  expect(found.map((each) => (each.ok ? each.value.target.path : each.error.code))).toEqual(
    paths.map((each) => (each.includes("9.9.9") ? "target-unknown" : each)),
  );
  fresh.close();
});

async function updates(): Promise<void> {
  expect(await meet()).toEqual({ did: "updated", code: undefined });
  expect(await device.boot()).toMatchObject({ mode: "confirmed", booted: { version: "1.2.0" } });
}

describe("a device that asks the signed repository, and a server or a line that is hostile", {
  timeout: 30_000,
}, () => {
  test("takes what line, repository and server agree on", updates);

  test("T-TUF-SNAPSHOT-ROLLBACK: a stolen timestamp key names an old snapshot: rollback", async () => {
    const listed = { role: "snapshot", version: 1, bytes: published("1.snapshot.json") };
    const { timestamp } = current();
    const wire = orThrow(nextTimestamp({ current: timestamp, snapshot: listed, tree: "online" }, tree.context));
    const forged = new Map([["timestamp.json", await sealWith(wire, [keys.timestamp])]]);
    await withstands(serve(forged), "refused", "rollback");
    await updates();
  });

  test("T-TUF-MIX-SNAPSHOT: an old snapshot under the new timestamp, or one that was altered: length-mismatch, digest-mismatch", async () => {
    repository.close();
    repository = await openRepository();
    const forged = new Map([["2.snapshot.json", published("1.snapshot.json")]]);
    await withstands(serve(forged), "refused", "length-mismatch");
    const altered = published("2.snapshot.json");
    altered[30] = (altered[30] ?? 0) ^ 1;
    await withstands(serve(new Map([["2.snapshot.json", altered]])), "refused", "digest-mismatch");
    await updates();
  });

  test("T-TUF-TIMESTAMP-EXPIRED: a tree that is kept from being renewed: expired", async () => {
    now += 2n * day;
    await withstands({}, "refused", "expired");
  });

  test("T-TUF-FOREIGN-LINE-KEY: another line's key lists the release: target-unknown", async () => {
    const path = at("6.6.6");
    const release = await makeRelease({ version: "6.6.6", sequence: 9n, image: offered.image }, [vendor]);
    tree.lines.set("line-pumps", tree.listing("line-pumps", path, release.envelope));
    const file = { role: "line-pumps", version: 1, bytes: await tree.sealLine("line-pumps") };
    // The honest server does not publish it.
    expect((await tree.publish(server)).body.code).toBe("target-refused");
    await server.publish(release);
    const advice = adviseTarget(path);
    await withstands({ ...serve(await tree.sealOnline(current(), [file])), ...advice }, "refused", "target-unknown");
  });

  test("T-TUF-CUSTOM-MISMATCH: custom says another sequence than the envelope: custom-mismatch", async () => {
    const release = await makeRelease({ version: "1.3.0", sequence: 7n, image: offered.image }, [vendor]);
    tree.list(at("1.3.0"), release.envelope, { sequence: 8 });
    expect((await tree.publish(server)).body.code).toBe("custom-mismatch");
    const file = { role: "line-drives", version: 3, bytes: await tree.sealLine("line-drives") };
    await server.publish(release);
    const advice = adviseTarget(at("1.3.0"));
    await withstands({ ...serve(await tree.sealOnline(current(), [file])), ...advice }, "refused", "custom-mismatch");
  });

  test("T-TUF-TARGET-TAMPERED: another envelope of the vendor's in place of the listed one: digest-mismatch", async () => {
    const other = await makeRelease({ version: "1.2.0", sequence: 3n, image: offered.image }, [
      vendor,
      signers["vendor-p256"],
    ]);
    const codes = new Set(["length-mismatch", "digest-mismatch"]);
    expect(codes).toContain(other.envelope.length === offered.envelope.length ? "digest-mismatch" : "length-mismatch");
    const altered = offered.envelope.slice();
    altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
    const replace = (bytes: Uint8Array): Tampering => ({ file: (name) => (name === envelopeName ? bytes : undefined) });
    await withstands(replace(altered), "refused", "digest-mismatch");
    await withstands(replace(other.envelope), "refused", "length-mismatch");
    await updates();
  });

  test("T-TUF-SERVER-SIGNS: the server lists a release itself, signed with its own keys: threshold-not-met", async () => {
    const release = await makeRelease({ version: "6.6.6", sequence: 9n, image: offered.image }, [vendor]);
    tree.list(at("6.6.6"), release.envelope);
    const bytes = await tree.sealLine("line-drives", keys.snapshot);
    const group = { roots: [], roles: [{ role: "line-drives", file: bytes }] };
    expect((await tree.post(server, group)).body.code).toBe("role-not-signed");
    await server.publish(release);
    const forged = await tree.sealOnline(current(), [{ role: "line-drives", version: 3, bytes }]);
    await withstands({ ...serve(forged), ...adviseTarget(at("6.6.6")) }, "refused", "threshold-not-met");
  });

  test("T-TUF-PUBLISH-KILLED: a tree of which the last step is missing is the tree before: target-unknown, then the update", async () => {
    const release = await makeRelease({ version: "1.3.0", sequence: 7n, image: offered.image }, [vendor]);
    const before = new Map([["timestamp.json", published("timestamp.json")]]);
    tree.list(at("1.3.0"), release.envelope);
    await tree.publish(server);
    await server.publish(release);
    await withstands({ ...serve(before), ...adviseTarget(at("1.3.0")) }, "refused", "target-unknown");
    expect(await meet()).toEqual({ did: "updated", code: undefined });
  });

  test("T-TUF-UNREACHABLE: a tree that cannot be read is a fault, and no reason to go on without it", async () => {
    const gone: Tampering = {
      forge: ({ path: asked }) => (asked.startsWith("/tuf/") ? (response) => response.destroy() : undefined),
    };
    await withstands(gone, "fault", "server-unreachable");
    const trouble: Tampering = {
      forge: ({ path: asked }) => (asked.startsWith("/tuf/") ? (response) => response.writeHead(500).end() : undefined),
    };
    await withstands(trouble, "fault", "unexpected-status");
    await updates();
  });

  test("T-TUF-NOT-LISTED: a release that nobody has listed, genuine as it is: target-not-named", async () => {
    const release = await makeRelease({ version: "1.3.0", sequence: 7n, image: offered.image }, [vendor]);
    await server.publish(release);
    await withstands({}, "refused", "target-not-named");
    await withstands(adviseTarget(at("1.2.0")), "refused", "length-mismatch");
    await withstands(adviseTarget("../../etc/passwd"), "refused", "target-unknown");
  });

  test("T-TUF-CLOCK: without a clock nobody can say whether the tree is current: it waits", async () => {
    const access = { url: attacker.url, token: server.tokens.gateway, controllerId: "rtu-clockless" };
    const before = await device.impression();
    expect(await device.meet(access, { repository })).toEqual({ did: "waiting", code: "freshness-unknown" });
    await device.boot();
    expect(await device.impression()).toEqual(before);
    await updates();
  });
});

/** The server's word where the release is listed. */
const adviseTarget = (value: string): Tampering => ({
  deployment: (document) => {
    for (const chunk of document.deployment.chunks) Object.assign(chunk, { metadata: [{ key: "tuf-target", value }] });
  },
});

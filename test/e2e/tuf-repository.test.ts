import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { fixture } from "../support/example-product.ts";
import { SigningPeople } from "../support/signing-people.ts";
import type { SumacProcess } from "../support/sumac-process.ts";

const line = ["ada", "ben", "cid"] as const;
const people = new SigningPeople("alice", "bob", "carol", "tom", "tina", "snap", "time", "fay", ...line);
let server: SumacProcess;
let url = "";
afterAll(() => server?.kill("SIGKILL"));

const keys = (option: string, ...who: readonly string[]): string =>
  who.map((name) => `--${option} ${name}.pub.pem`).join(" ");
const send = (): string => `--server ${url} --token-file publish.token`;

async function serve(...trusted: readonly string[]): Promise<void> {
  const online = "--test-only-online-key snap.pem --test-only-online-key time.pem";
  const tokens = "--publish-token-file publish.token --device-token-file device.token";
  server = people.start(
    `serve --data data ${keys("trust", ...trusted)} --threshold 2 ${keys("trust-root", "alice")} ${online} --port 0 --polling-seconds 1 ${tokens} --json`,
  );
  url = String((await server.next("listening"))["url"]);
  const config = [
    `server: ${url}`,
    "controllerId: rtu-1",
    "token: { file: device.token, kind: gateway }",
    "profile: it",
    "platform: { kind: files, folder: unit, components: [{ id: [firmware], maxSize: 256 KiB }] }",
    "poll: { least: 1 s }",
    'restart: { kind: image, command: [sh, -c, "readlink current >> starts"] }',
    "selfTest: not-tested",
    'tuf: { root: factory.root.json, minimum: { root: "1", roles: [{ role: line-drives, version: "1" }] } }',
  ];
  writeFileSync(people.at("agent.yaml"), `${config.join("\n")}\n`);
}

async function stop(): Promise<void> {
  server.kill("SIGTERM");
  await server.ended;
}

const once = () => people.run("device agent --config agent.yaml --once");

async function list(envelope: string, ceremony: string, version: string, ...who: readonly string[]): Promise<void> {
  const model = envelope.includes("trust") ? " --model trust" : "";
  await people.good(`repo release add repo ${envelope} --line drives --version ${version}${model}`);
  await people.ceremony(ceremony, ...who);
}

test("three key holders, a product line, releases signed by two, a key lost and exchanged: the old device still updates", {
  timeout: 300_000,
}, async () => {
  // The root ceremony, by two of the three holders; a line that two of three release.
  const online = "--snapshot snap.pub.pem --timestamp time.pub.pem";
  await people.good(
    `repo init repo ${keys("root", "alice", "bob", "carol")} ${keys("targets", "tom", "tina")} ${online}`,
  );
  await people.ceremony("1-root", "alice", "bob");
  await people.good(`repo line add repo drives ${keys("key", ...line)} --threshold 2`);
  await people.ceremony("1-targets", "tom", "tina");
  copyFileSync(people.at("repo/metadata/1.root.json"), people.at("factory.root.json"));

  await serve(...line);
  const factory = await people.release("1.1.0", 2, "ada", "ben");
  await people.good(
    `trust make vendor.trust --part vendor ${keys("release", ...line)} --release-threshold 2 ${keys("root", "alice")}`,
  );
  const product = `--product ${fixture("sumac.yaml")} --trust-record vendor.trust`;
  await people.good(`device provision --config agent.yaml ${product} --factory ${factory} --serial 1 --record 1.json`);

  // A release that nobody has listed is not even sent.
  const second = await people.release("1.2.0", 3, "ada", "ben");
  const unlisted = await people.run(`publish ${second} --repo repo ${send()}`);
  expect([unlisted.code, unlisted.stderr.split("\n")[0]]).toEqual([3, expect.stringContaining("release-not-listed")]);
  await list(second, "1-line-drives", "1.2.0", "ada", "ben");
  const published = await people.good(`publish ${second} --repo repo ${send()} --json`);
  expect(published.json()).toMatchObject({
    outcome: "published",
    target: "drives/rtu-demo/1.2.0.suit",
    repository: { outcome: "published", envelopes: 1 },
  });
  const again = await people.good(`publish ${second} --repo repo ${send()} --json`);
  expect(again.json()).toMatchObject({ outcome: "already-published", repository: { outcome: "already-published" } });
  expect((await once()).stdout).toMatch(/confirmed 1\.2\.0 \(sequence 3\)/);
  expect(readdirSync(people.at("unit/tuf")).sort()).toEqual([
    "line-drives.json",
    "snapshot.json",
    "targets.json",
    "time",
    "timestamp.json",
  ]);

  // Ben's key is lost: fay gets one, and what the line lists is signed again.
  await people.good("repo rotate repo line-drives --add fay.pub.pem --remove ben.pub.pem");
  await people.ceremony("2-targets", "tom", "tina");
  await people.good("repo prepare repo line-drives");
  await people.ceremony("2-line-drives", "ada", "fay");
  await stop();
  await serve("ada", "cid", "fay");
  await people.good(`repo send repo ${send()}`);
  const third = await people.release("1.0.0", 4, "ada", "cid");
  await list(third, "3-line-drives", "1.3.0", "cid", "fay");
  await people.good(`publish ${third} --repo repo ${send()}`);
  // It has never heard of fay; two keys that it knows have signed the envelope.
  expect((await once()).stdout).toMatch(/confirmed 1\.0\.0 \(sequence 4\)/);

  // By ada and fay: the device has to learn of fay first, and says so.
  const fourth = await people.release("1.2.0", 5, "ada", "fay");
  await list(fourth, "4-line-drives", "1.4.0", "ada", "fay");
  await people.good(`publish ${fourth} --repo repo ${send()}`);
  const early = await once();
  expect([early.code, early.stderr]).toEqual([3, expect.stringContaining("error[trust-update-missing]")]);
  await people.good(
    `trust make vendor.trust --part vendor ${keys("release", "ada", "cid", "fay")} --release-threshold 2 ${keys("root", "alice")} --replace`,
  );
  const update = await people.run(
    `trust update vendor.trust --sequence 1 --config ${fixture("sumac.yaml")} --test-only-key alice.pem`,
  );
  expect(update.code).toBe(0);
  await list("vendor-trust-1.suit", "5-line-drives", "1", "ada", "fay");
  await people.good(`publish vendor-trust-1.suit --repo repo ${send()}`);
  expect((await once()).stdout).toMatch(/reported success: vendor-trust-changed/);
  expect((await once()).stdout).toMatch(/confirmed 1\.2\.0 \(sequence 5\)/);
  const log = (await people.good("device log show unit")).stdout;
  expect(log).toMatch(/update-refused refused .*code=trust-update-missing.*judgedBy=repository/);
  expect(existsSync(people.at("repo/metadata/timestamp.json"))).toBe(false);
  expect(readFileSync(people.at("data/tuf/metadata/timestamp.json"), "utf8")).toContain('"_type":"timestamp"');
  await stop();
});

import type { DrillStage } from "./drill-stage.ts";

/** A playbook of docs/playbooks, played on throw-away keys. Anything but what it says ends it. */
export interface Drill {
  readonly name: string;
  readonly summary: string;
  readonly play: (stage: DrillStage) => Promise<void>;
}

const online = "--test-only-key snapshot.pem --test-only-key timestamp.pem";
const first = "drives/dx9/1.0.0.suit";
const second = "drives/dx9/1.1.0.suit";

export const drills: readonly Drill[] = [
  { name: "root-loss", summary: "one of three root keys is lost", play: rootLoss },
  { name: "root-theft", summary: "one of three root keys is stolen", play: rootTheft },
  { name: "targets-key", summary: "a key of targets is lost or stolen", play: targetsKey },
  { name: "line-key", summary: "the key of a product line is stolen", play: lineKey },
  { name: "online-keys", summary: "the server is broken into: snapshot and timestamp keys", play: onlineKeys },
];

/** Three holders of root, two of targets, a line that two release for, a server; one release that a device has seen. */
async function begin(stage: DrillStage): Promise<void> {
  stage.key("alice", "bob", "carol", "tom", "tina", "release-1", "release-2", "snapshot", "timestamp", "fresh");
  const keys = (option: string, ...names: string[]): string =>
    names.map((name) => `--${option} ${name}.pub.pem`).join(" ");
  const holders = `${keys("root", "alice", "bob", "carol")} ${keys("targets", "tom", "tina")}`;
  await stage.sumac(
    "the repository begins",
    `repo init repo ${holders} ${keys("snapshot", "snapshot")} ${keys("timestamp", "timestamp")}`,
  );
  await stage.ceremony("root", 1, "alice", "bob");
  const line = `repo line add repo drives ${keys("key", "release-1", "release-2")} --threshold 2`;
  await stage.sumac("a product line gets its keys", line);
  await stage.ceremony("targets", 1, "tom", "tina");
  await release(stage, "1.0.0", 1, "release-1", "release-2");
  stage.look("the old device", first, "ok");
}

async function release(stage: DrillStage, version: string, sequence: number, ...who: readonly string[]): Promise<void> {
  await list(stage, version, sequence, ...who);
  await stage.ceremony("line-drives", sequence, ...who);
  await stage.sumac("the list is published", `repo publish repo ${online}`);
}

/** Builds an envelope, has it signed and drafts the list with it. */
async function list(stage: DrillStage, version: string, sequence: number, ...who: readonly string[]): Promise<void> {
  stage.write("sumac.yaml", description);
  // Nothing that could run, and nothing that looks like another kind of file.
  stage.write(
    `firmware-${version}.bin`,
    Uint8Array.from({ length: 512 }, (_, i) => (i * 37 + sequence) & 0xff),
  );
  const numbers = `--config sumac.yaml --version ${version} --sequence ${sequence} --out ${version}.suit`;
  await stage.sumac(`release ${version} is built`, `release build firmware-${version}.bin ${numbers}`);
  const keys = who.map((name) => `--test-only-key ${name}.pem`).join(" ");
  await stage.sumac(`release ${version} is signed`, `release sign ${version}.suit ${keys}`);
  await stage.sumac(
    "it is listed",
    `repo release add repo ${version}.suit --line drives --model dx9 --version ${version}`,
  );
}

const description = `vendor: drill.example
product: DX9
components:
  - id: [app]
    name: app
    maxSize: 4096
`;

async function rootLoss(stage: DrillStage): Promise<void> {
  await begin(stage);
  stage.tell("carol has lost her key; alice and bob can still sign, so there is time");
  await stage.sumac("her key is replaced", "repo rotate repo root --add fresh.pub.pem --remove carol.pub.pem");
  await stage.sign("alice", "2-root");
  await stage.sumac("one signature is not enough", "repo combine repo root", "signatures-missing");
  await stage.ceremony("root", 2, "bob");
  await stage.sumac("devices learn of it at once; the rest is renewed", `repo publish repo --always ${online}`);
  stage.look("the old device", first, "ok");
  await release(stage, "1.1.0", 2, "release-1", "release-2");
  stage.look("the old device", second, "ok");
  stage.look("a device that was never switched on", second, "ok");
}

async function rootTheft(stage: DrillStage): Promise<void> {
  await begin(stage);
  stage.tell("carol's key is stolen; one key of three signs nothing by itself");
  await stage.sumac(
    "the thief tries a root of his own",
    "repo rotate repo root --add fresh.pub.pem --remove alice.pub.pem",
  );
  await stage.sign("carol", "2-root");
  await stage.sumac("it is one signature short", "repo combine repo root", "signatures-missing");
  stage.look("the old device", first, "ok");
  await stage.sumac(
    "nothing is prepared over his signature",
    "repo revoke repo carol.pub.pem --replace-with fresh.pub.pem",
    "ceremony-under-way",
  );
  stage.discard("2-root");
  await stage.sumac("carol's key is revoked everywhere", "repo revoke repo carol.pub.pem --replace-with fresh.pub.pem");
  await stage.ceremony("root", 2, "alice", "bob");
  await stage.sumac("the online roles are signed again", `repo publish repo --always ${online}`);
  stage.look("the old device", first, "ok");
  await stage.sumac("the stolen key is asked for nothing any more", "repo prepare repo root");
  await stage.refusedSign("carol", "3-root", "signer-not-asked");
}

async function targetsKey(stage: DrillStage): Promise<void> {
  await begin(stage);
  stage.tell("tina's key is gone; targets needs both, so no line can be changed until root replaces it");
  await stage.sumac("her key is replaced", "repo revoke repo tina.pub.pem --replace-with fresh.pub.pem");
  await stage.ceremony("root", 2, "alice", "bob");
  await stage.sumac(
    "the list of lines has only one valid signature left",
    `repo publish repo ${online}`,
    "role-not-signed",
  );
  await stage.sumac("so it is signed again", "repo prepare repo targets");
  await stage.ceremony("targets", 2, "tom", "fresh");
  await stage.sumac("and published", `repo publish repo ${online}`);
  stage.look("the old device", first, "ok");
  await release(stage, "1.1.0", 2, "release-1", "release-2");
  stage.look("the old device", second, "ok");
}

async function lineKey(stage: DrillStage): Promise<void> {
  await begin(stage);
  stage.tell("the key release-2 of the drives is stolen; alone it releases nothing");
  await stage.sumac("it is revoked", "repo revoke repo release-2.pub.pem --replace-with fresh.pub.pem");
  await stage.ceremony("targets", 2, "tom", "tina");
  await stage.sumac("the list of releases rests on the old key", `repo publish repo ${online}`, "role-not-signed");
  await list(stage, "1.1.0", 2, "release-1", "fresh");
  await stage.refusedSign("release-2", "2-line-drives", "signer-not-asked");
  await stage.ceremony("line-drives", 2, "release-1", "fresh");
  await stage.sumac("the new list is published", `repo publish repo ${online}`);
  stage.look("the old device", second, "ok");
  stage.tell("replace the trust record of constrained devices too: sumac trust update");
}

async function onlineKeys(stage: DrillStage): Promise<void> {
  await begin(stage);
  stage.tell("the server was broken into; whoever did it can hide or freeze, and release nothing");
  stage.key("snapshot-2", "timestamp-2");
  await stage.sumac(
    "both keys are replaced, first the one",
    "repo revoke repo snapshot.pub.pem --replace-with snapshot-2.pub.pem",
  );
  await stage.sumac(
    "then the other, in the same draft",
    "repo revoke repo timestamp.pub.pem --replace-with timestamp-2.pub.pem",
  );
  await stage.ceremony("root", 2, "alice", "bob");
  stage.look("the old device, before anything is signed again,", first, "threshold-not-met");
  await stage.sumac("the old keys sign nothing any more", `repo publish repo ${online}`, "key-not-of-role");
  const keys = "--test-only-key snapshot-2.pem --test-only-key timestamp-2.pem";
  await stage.sumac("the new keys sign", `repo publish repo ${keys}`);
  stage.look("the old device", first, "ok");
  stage.look("a device that was never switched on", first, "ok");
}

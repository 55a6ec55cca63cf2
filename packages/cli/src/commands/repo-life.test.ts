import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { emptyFolder } from "../sumac.test.support.ts";
import {
  ceremony,
  digestOf,
  done,
  metadata,
  publish,
  published,
  ready,
  refused,
  requestOf,
  run,
  target,
} from "./repo.test.support.ts";

describe("as time goes by", () => {
  let folder: string;
  const day = 86_400_000;
  beforeAll(async () => {
    folder = await published();
  });
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("the timestamp is renewed when half of its day is gone", async () => {
    vi.setSystemTime(Date.now() + day / 2 + 1000);
    expect((await done(folder, publish)).stdout).toBe("signed timestamp version 2\n");
  });

  test("what is half through its life is prepared, and what is not is left", async () => {
    expect((await done(folder, "repo renew repo")).stdout).toBe("nothing is due\n");
    vi.setSystemTime(Date.now() + 200 * day);
    const { prepared } = (await done(folder, "repo renew repo --json")).json() as { prepared: { role: string }[] };
    expect(prepared.map(({ role }) => role)).toEqual(["root", "targets", "line-drives"]);
    expect((await done(folder, "repo status repo")).stdout).toContain("renewal due");
  });

  test("an expired role is not published", async () => {
    vi.setSystemTime(Date.now() + 400 * day);
    const said = await refused(folder, publish, "role-expired", 3);
    expect(said.stderr).toContain("hint: renew it: sumac repo prepare DIR root");
    expect((await done(folder, "repo status repo")).stdout).toContain("EXPIRED");
  });

  test("a clock that is off is told at the ceremony", async () => {
    const old = await ready();
    await done(old, "repo prepare repo root");
    const line = `repo sign ${requestOf("2-root")} --test-only-key alice.pem --yes --expect ${digestOf(old, "2-root")}`;
    vi.setSystemTime(0);
    await refused(old, line, "draft-lives-too-long", 3);
    vi.setSystemTime(Date.UTC(2100, 0));
    await refused(old, line, "draft-expired", 3);
  });

  test("old versions are pruned after thirty days, roots never", async () => {
    for (const days of [0, 1, 2]) {
      vi.setSystemTime(Date.now() + (days + 1) * day);
      await done(folder, `${publish} --always`);
    }
    vi.setSystemTime(Date.now() + 40 * day);
    const { pruned } = (await done(folder, `${publish} --prune --json`)).json() as { pruned: { role: string }[] };
    expect(new Set(pruned.map(({ role }) => role))).toEqual(new Set(["snapshot"]));
    expect(metadata(folder)).toContain("1.root.json");
  });
});

test("a publication that was cut short is finished by the next one", async () => {
  const folder = await published();
  const before = readFileSync(path.join(folder, "repo/metadata/timestamp.json"));
  await done(folder, `${publish} --always`);
  // As if the power had gone between snapshot and timestamp.
  writeFileSync(path.join(folder, "repo/metadata/timestamp.json"), before);
  const { published: files } = (await done(folder, `${publish} --json`)).json() as { published: unknown };
  expect(files).toEqual([{ role: "timestamp", version: 2 }]);
});

test("a release whose file is gone or was changed is not published", async () => {
  const folder = await ready();
  await done(folder, "repo release add repo r.suit --line drives");
  await ceremony(folder, "1-line-drives", "rel");
  const dir = path.join(folder, "repo/targets/drives/rtu-demo");
  const file = path.join(dir, readdirSync(dir)[0] ?? "");
  const bytes = readFileSync(file);
  writeFileSync(file, "something else");
  await refused(folder, publish, "target-file-differs", 3);
  rmSync(file);
  await refused(folder, publish, "target-file-missing", 5);
  writeFileSync(file, bytes);
  await done(folder, publish);
});

test("a line is split before it is full, and releases go where it says", async () => {
  const folder = await published();
  await done(folder, "repo line split repo drives --model rtu-demo --year 2026");
  await ceremony(folder, "2-targets", "tom", "tina");
  await done(folder, "release build fw.bin --config sumac.yaml --version 1.2.0 --sequence 3 --out s.suit");
  await done(folder, "release sign s.suit --test-only-key rel.pem");
  await done(folder, "repo release add repo s.suit --line drives --year 2026");
  await ceremony(folder, "1-line-drives-rtu-demo-2026", "rel");
  await done(folder, publish);
  const { roles } = (await done(folder, "repo status repo --json")).json() as {
    roles: { role: string; releases: string[] }[];
  };
  expect(roles.filter(({ role }) => role.startsWith("line-")).map(({ releases }) => releases)).toEqual([
    [target],
    ["drives/rtu-demo-2026/1.2.0.suit"],
  ]);
  await done(folder, `repo release withdraw repo ${target}`);
  await ceremony(folder, "2-line-drives", "rel");
  await done(folder, publish);
  expect((await run(folder, `repo check repo ${target} --state device`)).stderr).toMatch(/^error\[target-unknown\]/);
  expect((await run(folder, "repo check repo drives/rtu-demo-2026/1.2.0.suit --state device")).code).toBe(0);
  await refused(folder, "repo line remove repo pumps", "delegation-absent", 2);
  const removed = await done(folder, "repo line remove repo drives");
  expect(removed.stdout).toContain("- line-drives-rtu-demo-2026 may release drives/rtu-demo-2026/*");
  await ceremony(folder, "3-targets", "tom", "tina");
  await done(folder, publish);
  const gone = await run(folder, "repo check repo drives/rtu-demo-2026/1.2.0.suit --state device");
  expect(gone.stderr).toMatch(/^error\[target-unknown\]/);
});

describe("the tree for bundles", () => {
  const offline = "repo offline repo bundles --snapshot fresh.pub.pem --timestamp fresh.pub.pem";
  const signOffline = async (folder: string, version: number): Promise<void> => {
    const request = `bundles/ceremonies/${version}-root/request.json`;
    const { digest } = JSON.parse(readFileSync(path.join(folder, request), "utf8")) as { digest: string };
    for (const who of ["alice", "bob"]) {
      await done(folder, `repo sign ${request} --test-only-key ${who}.pem --yes --expect ${digest}`);
    }
    await done(folder, "repo combine bundles root");
  };

  test("has the same role files, other keys, and lives for months", async () => {
    const folder = await published();
    await done(folder, offline);
    await signOffline(folder, 1);
    await done(folder, "repo publish bundles --test-only-key fresh.pem");
    const bytes = (tree: string, name: string): string =>
      readFileSync(path.join(folder, tree, "metadata", name), "latin1");
    for (const name of ["1.targets.json", "1.line-drives.json"])
      expect(bytes("bundles", name)).toBe(bytes("repo", name));
    const timestamp = JSON.parse(bytes("bundles", "timestamp.json")) as { signed: { tree: string; expires: string } };
    expect(timestamp.signed.tree).toBe("offline");
    expect(Date.parse(timestamp.signed.expires) - Date.now()).toBeGreaterThan(179 * 86_400_000);
    const { roles } = (await done(folder, "repo status bundles --json")).json() as { roles: { standing: string }[] };
    expect(roles.map(({ standing }) => standing)).toEqual(["valid", "valid", "valid", "valid", "valid"]);
    // A poller is told that it is the other tree.
    const said = await run(folder, `repo check bundles ${target} --state device`);
    expect(said.stderr).toMatch(/^error\[wrong-tree\]/);
    // The online root changes; the offline one follows.
    await done(folder, offline);
    expect((await done(folder, offline)).stdout).not.toContain("to sign");
    await done(folder, "repo rotate repo root --add tom.pub.pem --remove carol.pub.pem");
    await ceremony(folder, "2-root", "alice", "bob");
    expect((await done(folder, offline)).stdout).toContain("+ root key tom");
    await signOffline(folder, 2);
  });

  test("does not take the server's keys", async () => {
    const folder = await published();
    const line = "repo offline repo bundles --snapshot snap.pub.pem --timestamp time.pub.pem";
    await refused(folder, line, "key-present", 2);
    expect(readdirSync(folder)).not.toContain("bundles");
    await refused(folder, "repo offline repo bundles", "missing-option", 2);
  });
});

test.each(["root-loss", "root-theft", "targets-key", "line-key", "online-keys"])(
  "the drill %s goes as its playbook",
  async (name) => {
    const said = await run(emptyFolder(), `repo drill ${name} --json`);
    expect(said.stderr).toBe("");
    expect(said.code).toBe(0);
    const { drills } = said.json() as { drills: { outcome: string; steps: unknown[] }[] };
    expect(drills).toMatchObject([{ outcome: "done" }]);
    expect(drills[0]?.steps.length).toBeGreaterThan(20);
  },
);

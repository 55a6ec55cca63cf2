import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { driveInMemory, findTarget, refresh, sumacPolicy } from "@sumac/tuf";
import { openTrustedFiles, TufClient } from "@sumac/tuf/node";
import {
  changeLine,
  findDelegation,
  holdRoot,
  holdSnapshot,
  holdTargets,
  holdTimestamp,
  publishSteps,
  publishTree,
  sealWith,
  targetFilePath,
} from "@sumac/tuf/writer";
import { listVersions, readMetadata, writeTree } from "@sumac/tuf/writer/node";
import { Updater } from "tuf-js";
import { type BenchResult, type BenchRow, median, rounded } from "./bench.ts";
import { must, type SampleRepository, writeSampleRepository } from "./sample-repository.ts";

/** Reading and writing a repository: against tuf-js in the same run, and by how the cost grows. */
export async function benchRepository(folder: string, rounds: number): Promise<BenchResult> {
  const flat = await writeSampleRepository(path.join(folder, "flat"), 1, 1000, "small");
  const large = await writeSampleRepository(path.join(folder, "large"), 1000, 99, "full");
  const long = await writeSampleRepository(path.join(folder, "long"), 1, 10_000, "small");
  const server = await StaticServer.start(folder);
  try {
    const against = await againstTufJs(server, flat, folder, rounds);
    const poll = await pollWithNothingNew(server, large, folder, rounds * 4);
    const growth = growthOf(flat, long, rounds);
    const write = await writeRelease(large, rounds);
    const rows: BenchRow[] = [
      {
        what: "refresh and look-up in a role of 1,000 entries: of tuf-js",
        measured: against.first,
        unit: "x",
        budget: 0.05,
      },
      { what: "the same again with nothing new: of tuf-js", measured: against.again, unit: "x", budget: 0.05 },
      { what: "99,000 targets, nothing new: processor time", measured: poll.seconds, unit: "s", budget: 0.015 },
      { what: "99,000 targets, nothing new: requests, of 2", measured: poll.requests / 2, unit: "x", budget: 1 },
      { what: "99,000 targets, nothing new: body, of 600 bytes", measured: poll.bytes / 600, unit: "x", budget: 1 },
      { what: "verifying 10,000 entries: of 1,000", measured: growth, unit: "x", budget: 12 },
      { what: "writing a release among 99,000 targets", measured: write.median, unit: "s", budget: 0.3 },
    ];
    return { name: "signed repository", rows, details: { ...against.details, ...poll, ...write } };
  } finally {
    server.stop();
  }
}

class StaticServer {
  readonly #child: ChildProcess;
  readonly #base: string;

  private constructor(child: ChildProcess, base: string) {
    this.#child = child;
    this.#base = base;
  }

  static async start(folder: string): Promise<StaticServer> {
    const script = path.join(import.meta.dirname, "static-server.ts");
    const child = spawn(process.execPath, [script, folder], { stdio: ["ignore", "pipe", "inherit"] });
    const port = await new Promise<string>((resolve, reject) => {
      child.stdout.setEncoding("utf8").once("data", (text: string) => resolve(text.trim()));
      child.once("error", reject);
    });
    return new StaticServer(child, `http://127.0.0.1:${port}`);
  }

  urls({ tree }: SampleRepository): { metadata: string; targets: string } {
    const base = `${this.#base}/${path.basename(tree)}`;
    return { metadata: `${base}/metadata`, targets: `${base}/targets` };
  }

  async counted(): Promise<{ readonly requests: number; readonly bytes: number }> {
    const answer = await fetch(`${this.#base}/counted`);
    return (await answer.json()) as { requests: number; bytes: number };
  }

  stop(): void {
    this.#child.kill();
  }
}

const targetOf = ({ roles }: SampleRepository): string => roles[roles.length >> 1]?.target ?? "";

/** One poll: everything a process does from its state in `state` to a found target. */
type Poll = (state: string) => Promise<void>;

function ours(server: StaticServer, sample: SampleRepository): Poll {
  const { metadata, targets } = server.urls(sample);
  return async (state) => {
    const now = BigInt(Math.floor(Date.now() / 1000));
    const client = new TufClient({
      crypto: nodeCrypto,
      policy: sumacPolicy,
      metadataUrl: metadata,
      targetsUrl: targets,
      files: await openTrustedFiles(state),
      factoryRoot: sample.root,
      buildTime: now,
      clock: () => ({ seconds: now, source: "trusted" }),
      withoutServer: "stop",
    });
    must(await client.refresh());
    must(await client.find(targetOf(sample)));
    client.close();
  };
}

function tufJs(server: StaticServer, sample: SampleRepository): Poll {
  const { metadata, targets } = server.urls(sample);
  return async (state) => {
    mkdirSync(state, { recursive: true });
    const root = path.join(state, "root.json");
    if (readIfThere(root) === undefined) writeFileSync(root, sample.root);
    const updater = new Updater({
      metadataDir: state,
      metadataBaseUrl: metadata,
      targetBaseUrl: targets,
      config: { fetchRetries: 0 },
    });
    await updater.refresh();
    if ((await updater.getTargetInfo(targetOf(sample))) === undefined) throw new Error("tuf-js finds no target");
  };
}

async function againstTufJs(server: StaticServer, sample: SampleRepository, folder: string, rounds: number) {
  const own = ours(server, sample);
  const other = tufJs(server, sample);
  const times: Record<"ours" | "oursAgain" | "theirs" | "theirsAgain", number[]> = {
    ours: [],
    oursAgain: [],
    theirs: [],
    theirsAgain: [],
  };
  for (let round = -1; round < rounds; round++) {
    const states = mkdtempSync(path.join(folder, "state-"));
    const first = await cpuSeconds(() => own(path.join(states, "ours")));
    const theirs = await cpuSeconds(() => other(path.join(states, "theirs")));
    const again = await cpuSeconds(() => own(path.join(states, "ours")));
    const theirsAgain = await cpuSeconds(() => other(path.join(states, "theirs")));
    rmSync(states, { recursive: true });
    // The first round warms both.
    if (round < 0) continue;
    times.ours.push(first);
    times.oursAgain.push(again);
    times.theirs.push(theirs);
    times.theirsAgain.push(theirsAgain);
  }
  const ratio = (a: number[], b: number[]): number => median(a.map((one, i) => one / (b[i] ?? Number.NaN)));
  return {
    first: ratio(times.ours, times.theirs),
    again: ratio(times.oursAgain, times.theirsAgain),
    details: Object.fromEntries(
      Object.entries(times).map(([name, list]) => [`1,000 entries, ${name}, ms`, rounded(median(list) * 1000)]),
    ),
  };
}

async function pollWithNothingNew(server: StaticServer, sample: SampleRepository, folder: string, rounds: number) {
  const state = mkdtempSync(path.join(folder, "state-"));
  const poll = ours(server, sample);
  for (let round = 0; round < 5; round++) await poll(state);
  const times: number[] = [];
  const before = await server.counted();
  for (let round = 0; round < rounds; round++) times.push(await cpuSeconds(() => poll(state)));
  const after = await server.counted();
  return {
    seconds: median(times),
    requests: (after.requests - before.requests) / rounds,
    bytes: (after.bytes - before.bytes) / rounds,
  };
}

/** From memory, so that nothing but reading and verifying is measured. */
function growthOf(small: SampleRepository, large: SampleRepository, rounds: number): number {
  const [a, b] = [inMemory(small), inMemory(large)];
  // Both are compiled before anything is measured.
  for (let round = 0; round < 5; round++) {
    a();
    b();
  }
  const ratios = Array.from({ length: rounds }, () => {
    const [one, ten] = [userSeconds(a, 20), userSeconds(b, 2)];
    return ten / one;
  });
  return median(ratios);
}

function inMemory(sample: SampleRepository): () => void {
  const files = new Map<string, Uint8Array | undefined>();
  const read = (name: string): Uint8Array | "absent" => {
    if (!files.has(name)) files.set(name, readIfThere(path.join(sample.tree, "metadata", name)));
    return files.get(name) ?? "absent";
  };
  const { now } = sample.context;
  const context = {
    crypto: nodeCrypto,
    policy: sumacPolicy,
    factoryRoot: sample.root,
    buildTime: now,
    clock: { seconds: now, source: "trusted" },
  } as const;
  return () => {
    const state = new Map<string, Uint8Array>();
    const fresh = must(driveInMemory(refresh(context), state, read, () => undefined));
    must(driveInMemory(findTarget(fresh, targetOf(sample)), state, read, () => undefined));
  };
}

/** What the four commands of a release do after their start: read the tree, list it, sign, seal, publish, fsync. */
async function writeRelease(sample: SampleRepository, rounds: number) {
  const times: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const role = sample.roles[(round + 1) * 7]?.name ?? "";
    const began = performance.now();
    await release(sample, role, new TextEncoder().encode(`release ${round}`));
    if (round >= 0) times.push((performance.now() - began) / 1000);
  }
  return { median: median(times) };
}

async function release(sample: SampleRepository, role: string, envelope: Uint8Array): Promise<void> {
  const { tree, context } = sample;
  const versions = listVersions(tree);
  const read = (name: string): Uint8Array => {
    const version = name === "timestamp" ? undefined : versions.get(name)?.at(-1)?.version;
    const bytes = readMetadata(tree, name, version);
    if (bytes === undefined) throw new Error(`no ${name}`);
    return bytes;
  };
  const root = must(holdRoot(read("root"), "root", nodeCrypto));
  const targets = must(holdTargets(read("targets"), "targets", nodeCrypto));
  const line = must(holdTargets(read(role), role, nodeCrypto));
  const delegation = must(findDelegation(targets.wire, role));
  const target = (delegation.paths[0] ?? "").replace("*", "9.9.9.suit");
  const add = [{ path: target, bytes: envelope, custom: { line: target.split("/")[0] ?? "", sequence: 9 } }];
  const draft = must(changeLine(line.wire, { delegation, add, withdraw: [] }, context));
  const bytes = await sealWith(draft, [sample.lineKey]);
  const lines = new Map([[role, must(holdTargets(bytes, role, nodeCrypto))]]);
  const snapshot = must(holdSnapshot(read("snapshot"), "snapshot"));
  const timestamp = must(holdTimestamp(read("timestamp"), "timestamp"));
  const input = { root, targets, lines, snapshot, timestamp, tree: "online", when: "when-due" } as const;
  const online = must(await publishTree(input, [sample.onlineKey], context));
  const listed = draft.targets[target];
  if (listed === undefined) throw new Error("the release is not listed");
  const files = [{ role, version: draft.version, bytes }, ...online];
  writeTree(tree, publishSteps(files, [{ path: targetFilePath(target, listed), bytes: envelope }]));
}

async function cpuSeconds(work: () => Promise<void>): Promise<number> {
  const begun = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1e6;
}

function userSeconds(work: () => void, times: number): number {
  const { user: before } = process.cpuUsage();
  for (let i = 0; i < times; i++) work();
  return (process.cpuUsage().user - before) / 1e6 / times;
}

function readIfThere(file: string): Uint8Array | undefined {
  try {
    return new Uint8Array(readFileSync(file));
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw fault;
  }
}

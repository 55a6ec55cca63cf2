/**
 * A client with the command line that the public TUF conformance suite drives:
 *   tuf-client --metadata-dir D init ROOT
 *   tuf-client --metadata-dir D --metadata-url U refresh
 *   tuf-client --metadata-dir D --metadata-url U --target-name T... --target-base-url B --target-dir X download
 * Exit code 0, or 1 with the reason on stderr. The suite knows no product lines, envelopes or trusted clocks, so the policy
 * is the specification alone, and the system clock counts as trusted.
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { nodeCrypto } from "@sumac/crypto/node";
import { explain, plainTufPolicy, standardSchemes, type TufPolicy, type TufRefusal } from "@sumac/tuf";
import { openTrustedFiles, rsaPssScheme, TufClient, TufUnavailable } from "@sumac/tuf/node";

const policy: TufPolicy = { ...plainTufPolicy, schemes: [...standardSchemes, rsaPssScheme] };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "metadata-dir": { type: "string" },
    "metadata-url": { type: "string" },
    "target-name": { type: "string", multiple: true },
    "target-base-url": { type: "string" },
    "target-dir": { type: "string" },
  },
});

function need(name: "metadata-dir" | "metadata-url" | "target-base-url" | "target-dir"): string {
  const value = values[name];
  if (value === undefined) throw new TypeError(`--${name} is missing`);
  return value;
}

async function main(): Promise<TufRefusal | undefined> {
  const [command, rootFile] = positionals;
  const files = await openTrustedFiles(need("metadata-dir"));
  if (command === "init") {
    if (rootFile === undefined) throw new TypeError("init needs the file of the root to trust");
    await files.store("root.json", new Uint8Array(await readFile(rootFile)));
    return undefined;
  }
  if (command !== "refresh" && command !== "download") throw new TypeError(`${command} is no command`);
  const client = new TufClient({
    crypto: nodeCrypto,
    policy,
    metadataUrl: need("metadata-url"),
    targetsUrl: values["target-base-url"] ?? need("metadata-url"),
    files,
    factoryRoot: undefined,
    // 2020-01-01: the suite sets the clock to the days when its recorded repositories were current.
    buildTime: 1_577_836_800n,
    clock: () => ({ seconds: BigInt(Math.floor(Date.now() / 1000)), source: "trusted" }),
    withoutServer: "stop",
    onNote: (note) => console.error(`note: ${note.code}`),
  });
  try {
    const refreshed = await client.refresh();
    if (!refreshed.ok) return refreshed.error;
    for (const name of command === "download" ? (values["target-name"] ?? []) : []) {
      const found = await client.find(name);
      if (!found.ok) return found.error;
      const file = await client.download(found.value, need("target-dir"));
      if (!file.ok) return file.error;
    }
    return undefined;
  } finally {
    client.close();
  }
}

try {
  const refusal = await main();
  if (refusal !== undefined) {
    console.error(`error[${refusal.code}]: ${explain(refusal).problem}`);
    process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof TufUnavailable || error instanceof TypeError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}

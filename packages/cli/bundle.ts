// Builds dist/sumac.js, the whole command without an installation: a small entry, the quick start of `sumac verify` with its
// compiled form, and chunks that are loaded when a command needs them. `npm run bench` measures what that buys.
import { createHash, generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { publicKeyPem } from "@sumac/cose";
import { nodeCrypto } from "@sumac/crypto/node";
import { buildManifest, signEnvelope } from "@sumac/signing";
import { nodeSha1, openUnencryptedTestKey } from "@sumac/signing/node";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import { copyNativePackages, nativePackages } from "./native-packages.ts";
import type { QuickStart } from "./src/bundled-main.ts";
import type { Io, TextSink } from "./src/io.ts";

const here = import.meta.dirname;
const dist = path.join(here, "dist");
const chunks = path.join(dist, "chunks");
const source = (specifier: string): string => fileURLToPath(import.meta.resolve(specifier));

/**
 * `import` of a builtin makes Node evaluate every export of it, lazy ones like fs.promises and crypto.webcrypto too.
 * process.getBuiltinModule hands out the same object and evaluates nothing; the pure calls let unused names vanish.
 */
const leanBuiltins: Plugin = {
  name: "lean-builtins",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path: name }) => ({ path: name, namespace: "builtin", sideEffects: false }));
    onLoad({ filter: /.*/, namespace: "builtin" }, async ({ path: name }) => {
      const members = Object.keys((await import(name)) as object).filter((member) => member !== "default");
      const lines = members.map((member) => `export const ${member} = /* @__PURE__ */ (() => builtin.${member})();`);
      const get = `const builtin = /* @__PURE__ */ process.getBuiltinModule(${JSON.stringify(name)});`;
      return { contents: [get, "export default builtin;", ...lines].join("\n") };
    });
  },
};

const common = {
  bundle: true,
  platform: "node",
  target: "node24",
  minify: true,
  // Pure ASCII, so that the quick start can be read as one byte a character.
  charset: "ascii",
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
} as const satisfies BuildOptions;

/** The quick start hands a line with --decryption-key on, so it never gets to this import. */
const leaveDecryptionOut: Plugin = {
  name: "leave-decryption-out",
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/check-decryption\.ts$/ }, () => ({ path: "./check-decryption.js", external: true })),
};

/** The quick start is a script, not a module: a script may come with its compiled form. */
async function buildQuickStart(): Promise<{ name: string; metafile: Metafile }> {
  const built = await build({
    ...common,
    stdin: {
      contents: `export { nodeIo } from "./node-io.ts"; export { runQuickly } from "./quick-start.ts";`,
      resolveDir: path.join(here, "src"),
    },
    format: "iife",
    globalName: "quickStart",
    plugins: [leanBuiltins, leaveDecryptionOut],
    write: false,
  });
  const [file] = built.outputFiles;
  if (file === undefined) throw new Error("nothing was built");
  const code = `(() => {${file.text}return quickStart})()`;
  const name = `quick-start-${createHash("sha256").update(code).digest("hex").slice(0, 16)}`;
  writeFileSync(path.join(chunks, `${name}.js`), code);
  return { name, metafile: built.metafile };
}

/** CommonJS dependencies (fastify, yaml) ask for builtins with `require`, which a module does not have by itself. */
const requireForDependencies =
  'import{createRequire as sumacCreateRequire}from"node:module";const require=sumacCreateRequire(import.meta.url);';

async function buildFull(): Promise<Metafile> {
  const { metafile } = await build({
    ...common,
    entryPoints: { "full-start": source("./src/full-start.ts") },
    outdir: chunks,
    format: "esm",
    splitting: true,
    // A plug-in: it is found beside the command where it is installed, and its driver is no JavaScript.
    external: [...nativePackages, "@sumac/pkcs11", "@sumac/pkcs11/node"],
    banner: { js: requireForDependencies },
  });
  return metafile;
}

async function buildEntry(quickStartName: string): Promise<void> {
  const fullStart: Plugin = {
    name: "full-start",
    setup: ({ onResolve }) =>
      onResolve({ filter: /\/full-start\.ts$/ }, () => ({ path: "./chunks/full-start.js", external: true })),
  };
  const outfile = path.join(dist, "sumac.js");
  await build({
    ...common,
    entryPoints: [source("./src/bundled-main.ts")],
    outfile,
    format: "esm",
    define: { quickStartName: JSON.stringify(`chunks/${quickStartName}`) },
    plugins: [fullStart, leanBuiltins],
  });
  chmodSync(outfile, 0o755);
}

/**
 * Compiles the quick start the way a real run does: V8 keeps the functions that were called. So it runs once here, on a
 * release signed by a key that is forgotten again.
 */
async function writeCodeCache(name: string): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "sumac-bundle-"));
  try {
    const words = await writeSample(folder);
    const file = path.join(chunks, `${name}.js`);
    const script = new Script(readFileSync(file, "latin1"), { filename: file });
    const quick = script.runInThisContext() as QuickStart;
    const silent: TextSink = { write: () => undefined, terminal: false, columns: 80 };
    const io: Io = { ...quick.nodeIo(), stdout: silent, stderr: silent, workingFolder: folder };
    for (const line of [words, [...words, "--json"]]) {
      const code = await quick.runQuickly(line, io);
      if (code !== 0) throw new Error(`the quick start answered ${code} to its sample`);
    }
    writeFileSync(path.join(chunks, `${name}.cache`), script.createCachedData());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A signed envelope and its public key; answers with the line that verifies it. */
async function writeSample(folder: string): Promise<readonly string[]> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const keyFile = path.join(folder, "sample.pem");
  writeFileSync(keyFile, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  const opened = await openUnencryptedTestKey(keyFile);
  if (!opened.ok) throw new Error(opened.error.code);
  const { signer } = opened.value;
  const built = buildManifest(
    {
      description: {
        vendor: "vendor.example",
        product: "sample",
        components: [{ id: ["firmware"], name: "firmware", maxSize: 1024n }],
      },
      image: new Uint8Array(16),
      version: "1.0.0",
      sequence: 1n,
    },
    { crypto: nodeCrypto, sha1: nodeSha1 },
  );
  if (!built.ok) throw new Error(built.error.code);
  const signed = await signEnvelope(built.value.envelope, signer, { crypto: nodeCrypto });
  if (!signed.ok) throw new Error(signed.error.code);
  writeFileSync(path.join(folder, "sample.suit"), signed.value.envelope);
  writeFileSync(path.join(folder, "sample.pub.pem"), publicKeyPem(signer.publicKey));
  return ["verify", "sample.suit", "--key", "sample.pub.pem"];
}

/** Licences ask that their notices go along with the code. */
function writeNotices(metafiles: readonly Metafile[]): void {
  const folders = new Set<string>();
  for (const input of metafiles.flatMap(({ inputs }) => Object.keys(inputs))) {
    const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path.resolve(input))?.[0];
    if (folder !== undefined) folders.add(folder);
  }
  const notices = [...folders].map(noticeOf).toSorted();
  writeFileSync(path.join(dist, "THIRD-PARTY-NOTICES.txt"), notices.join(`\n${"-".repeat(80)}\n\n`));
}

function noticeOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
  const text = file === undefined ? `Licence: ${license}\n` : readFileSync(path.join(folder, file), "utf8");
  return `${name} ${version}\n\n${text}`;
}

rmSync(chunks, { recursive: true, force: true });
mkdirSync(chunks, { recursive: true });
copyNativePackages(source("@sumac/smp"), dist);
const quickStart = await buildQuickStart();
const full = await buildFull();
await buildEntry(quickStart.name);
await writeCodeCache(quickStart.name);
writeNotices([quickStart.metafile, full]);
const size = readdirSync(chunks).reduce((sum, file) => sum + statSync(path.join(chunks, file)).size, 0);
console.log(
  `built ${path.relative(process.cwd(), path.join(dist, "sumac.js"))}, ${Math.round(size / 1024)} KiB in all`,
);

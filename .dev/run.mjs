// Starts every command of this repository: node .dev/run.mjs <command> [args...]
//
// Needs any Node >= 18 with npx and nothing installed. It installs the locked dependencies when they are missing or
// stale, then runs the command with the pinned Node that came with them. Whatever the installation says goes to
// stderr, so that `npm run --silent sumac -- ... --json` prints JSON only.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const pkg = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const pnpm = pkg.packageManager.split("+")[0];
const pinnedNode = pkg.optionalDependencies[`node-${process.platform}-${process.arch}`];
const windows = process.platform === "win32";
const binDir = path.join(root, "node_modules", ".bin");
const env = { ...process.env, PATH: binDir + path.delimiter + process.env.PATH };
// npm hands its own settings down as npm_config_*; these four make pnpm or a nested npm warn about unknown settings.
for (const key of Object.keys(env)) {
  if (/^npm_config_(nodedir|npm_version|user_agent|node_gyp)$/.test(key)) delete env[key];
}

/** Runs a command to its end, hands signals on to it, and answers with the exit code a shell would see. */
function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", env, shell: false, ...options });
    const forward = (signal) => child.kill(signal);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, forward);
    child.on("error", (error) => {
      console.error(`run: ${command}: ${error.message}`);
      resolve(1);
    });
    child.on("close", (code, signal) => {
      for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.off(name, forward);
      resolve(code ?? 128 + (os.constants.signals[signal] ?? 0));
    });
  });
}

async function install() {
  const marker = path.join(root, "node_modules", ".pnpm", "lock.yaml");
  const wanted = readFileSync(path.join(root, "pnpm-lock.yaml"), "utf8");
  const current = existsSync(marker) && readFileSync(marker, "utf8") === wanted;
  if (current && existsSync(path.join(binDir, "vitest")) && !process.env.FORCE_INSTALL) return;
  console.error("run: installing the locked dependencies (once)");
  const quiet = process.env.INSTALL_VERBOSE ? [] : ["--reporter=append-only", "--loglevel=warn"];
  const npx = windows ? "npx.cmd" : "npx";
  const args = ["--yes", "--loglevel=error", pnpm, "install", "--frozen-lockfile", ...quiet];
  const code = await run(npx, args, { stdio: ["ignore", process.stderr, process.stderr], shell: windows });
  if (code !== 0) {
    console.error("run: the installation failed; is the npm registry reachable? Try again with INSTALL_VERBOSE=1");
    process.exit(code);
  }
}

/**
 * Sumac's own release gate. Red is what it is as long as evidence is lacking, and is shown: it stops a release, not a
 * change. A gate that could not run, or that cannot say what is lacking, fails the check.
 */
async function runOwnGate([node, ...args]) {
  console.error("run: sumac sdl gate --product .");
  let text = "";
  const child = spawn(bin(node), args, { cwd: root, stdio: ["ignore", "pipe", "inherit"], env });
  child.stdout.setEncoding("utf8").on("data", (part) => {
    text += part;
  });
  const exit = await new Promise((resolve) => {
    child.on("error", () => resolve(1));
    child.on("close", (code) => resolve(code ?? 1));
  });
  if (exit !== 0 && exit !== 3) return exit;
  const { verdict, rows, practices } = JSON.parse(text);
  console.log(`own gate: ${verdict}`);
  for (const { id, state, rule } of rows.filter((row) => /^G\d+$/.test(row.id)))
    console.log(`  ${id.padEnd(3)} ${state}${rule === undefined ? "" : `  ${rule}`}`);
  for (const { practice, rows: all, passed } of practices)
    console.log(`  ${practice.padEnd(3)} ${passed} of ${all} rows`);
  console.log("  more: npm run sumac -- sdl status --product .");
  return 0;
}

/** The pinned Node comes as a locked package on Linux; elsewhere the host's own Node has to be new enough. */
function checkNode() {
  if (pinnedNode) {
    const file = path.join(binDir, "node");
    if (existsSync(file)) return;
    console.error(`run: the pinned Node ${pinnedNode} is missing; try again with FORCE_INSTALL=1`);
  } else if (Number(process.versions.node.split(".")[0]) >= 24) {
    return;
  } else {
    console.error(`run: no pinned Node for ${process.platform}-${process.arch}; install Node >= 24`);
  }
  process.exit(1);
}

const [command, ...args] = process.argv.slice(2);
const main = path.join(root, "packages", "cli", "src", "main.ts");
const bin = (name) => (existsSync(path.join(binDir, name)) ? path.join(binDir, name) : name);

await install();
checkNode();
let code = 0;
if (command === "sumac") {
  // Relative paths mean what they mean where the person typed them, not in the root.
  code = await run(bin("node"), [main, ...args], { cwd: process.env.INIT_CWD ?? process.cwd() });
} else if (command === "check") {
  // Sumac keeps the files that it asks of others: they must be well formed, and what is made from the repository must be
  // up to date.
  const own = (...words) => ["node", main, "sdl", ...words, "--product", "."];
  const papers = ["node", path.join(root, ".dev", "own-papers.mjs"), "--check"];
  const tools = [["biome", "check", "--error-on-warnings"], ["tsc", "-b"], ["knip"], own("lint"), papers];
  for (const [tool, ...toolArgs] of tools) {
    console.error(`run: ${[tool, ...toolArgs].join(" ").replace(main, "sumac").replace("node sumac", "sumac")}`);
    code = await run(bin(tool), toolArgs);
    if (code !== 0) break;
  }
  if (code === 0) code = await runOwnGate(own("gate", "--json"));
} else if (command) {
  code = await run(bin(command), args);
}
process.exit(code);

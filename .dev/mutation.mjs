// npm run mutation [-- FILE...]: do the tests of a package notice when its code is changed? Takes half an hour for all
// files; docs/sdl/mutation-testing.md has the last results and says why each survivor may live.
import { readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import path from "node:path";
import { Stryker } from "@stryker-mutator/core";

const least = 85;
const packages = {
  cbor: "packages/cbor/src/{byte-order,decode,fields,head,malformed,need,refusal,result,to-value}.ts",
  verifier: "packages/verifier/src/*.ts",
};

/** Judged by the tests of the package alone. One process: tests with a time limit would take a busy machine for a kill. */
const settings = (name) => ({
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  vitest: { configFile: ".dev/mutation-tests.config.mjs", dir: `packages/${name}/src`, related: false },
  coverageAnalysis: "perTest",
  concurrency: 1,
  timeoutMS: 20_000,
  reporters: ["progress-append-only"],
  allowConsoleColors: false,
  // The sandbox lies where neither npm test nor biome look.
  tempDirName: "dist/mutation",
  ignorePatterns: ["dist", "docs", "firmware-fixtures", "biome.json"],
  // Stryker rewrites a tsconfig with TypeScript's own parser, which TypeScript 7 no longer exports. Vitest needs none.
  tsconfigFile: "none",
  warnings: { slow: false },
});

/** Every mutant of these files, with its fate. */
async function testMutants(name, files) {
  const results = await new Stryker({ ...settings(name), mutate: files, ignoreStatic: true }).runMutationTest();
  // What runs only while a module loads cannot be switched in a running test: each of these needs every test afresh.
  const ignored = results.filter(({ status }) => status === "Ignored");
  if (ignored.length === 0) return results;
  const ranges = [...new Set(ignored.map(rangeOf))];
  const again = await new Stryker({ ...settings(name), mutate: ranges }).runMutationTest();
  const fates = new Map(again.map((mutant) => [identityOf(mutant), mutant]));
  return results.map((mutant) => (mutant.status === "Ignored" ? (fates.get(identityOf(mutant)) ?? mutant) : mutant));
}

/** As Stryker wants to have a range, which is not how it reports one: columns count from 0. */
const rangeOf = ({ fileName, location: { start, end } }) =>
  `${path.relative("", fileName)}:${start.line}:${start.column - 1}-${end.line}:${end.column - 1}`;
const identityOf = (mutant) => `${rangeOf(mutant)} ${mutant.mutatorName} ${mutant.replacement}`;

const isKilled = ({ status }) => status === "Killed" || status === "Timeout";
/** A mutant that does not even load says nothing about the tests. */
const counts = ({ status }) => status !== "CompileError" && status !== "RuntimeError";

function scoreOf(mutants) {
  const counted = mutants.filter(counts);
  return (100 * counted.filter(isKilled).length) / counted.length;
}

function printSurvivor({ fileName, location: { start, end }, mutatorName, replacement, status }) {
  const lines = readFileSync(fileName, "utf8")
    .split("\n")
    .slice(start.line - 1, end.line);
  const original = lines.length === 1 ? lines[0].slice(start.column - 1, end.column - 1) : `${lines[0].trim()} ...`;
  const note = status === "Survived" ? "" : ` (${status})`;
  console.log(`  ${start.line}:${start.column} ${mutatorName}${note}: ${original} => ${replacement}`);
}

const only = process.argv.slice(2);
for (const [name, pattern] of Object.entries(packages)) {
  const all = await Array.fromAsync(glob(pattern, { exclude: (file) => /\.test\.|\/index\.ts$/.test(file) }));
  const files = all.filter((file) => only.length === 0 || only.includes(file)).sort();
  if (files.length === 0) continue;
  const results = await testMutants(name, files);
  for (const fileName of files) {
    const mutants = results.filter((mutant) => path.relative("", mutant.fileName) === fileName);
    if (mutants.length === 0) continue;
    const counted = mutants.filter(counts);
    const killed = counted.filter(isKilled).length;
    const late = counted.filter(({ status }) => status === "Timeout").length;
    const note = late === 0 ? "" : `, ${late} of them by never ending`;
    console.log(`${fileName}: ${killed} of ${counted.length} (${scoreOf(mutants).toFixed(1)} %)${note}`);
    for (const mutant of counted.filter((mutant) => !isKilled(mutant))) printSurvivor(mutant);
  }
  const score = scoreOf(results);
  console.log(`${name}: ${score.toFixed(1)} % of ${results.filter(counts).length} mutants killed\n`);
  if (score < least) {
    console.error(`mutation: ${name} is below ${least} %`);
    process.exitCode = 1;
  }
}

// npm run coverage: what decides on signed bytes is covered by the tests of those packages, each package for itself.
import path from "node:path";
import { fileURLToPath } from "node:url";

const packages = ["cbor", "cose", "suit", "verifier"];
const least = { lines: 95, branches: 95 };

export default {
  root: path.dirname(path.dirname(fileURLToPath(import.meta.url))),
  test: {
    include: packages.map((name) => `packages/${name}/src/**/*.test.ts`),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      enabled: true,
      provider: "v8",
      include: packages.map((name) => `packages/${name}/src/**/*.ts`),
      exclude: ["**/*.test.ts", "**/*.test.support.ts"],
      reporter: [["text", { skipFull: true }], "html"],
      thresholds: Object.fromEntries(packages.map((name) => [`packages/${name}/src/**/*.ts`, least])),
    },
  },
};

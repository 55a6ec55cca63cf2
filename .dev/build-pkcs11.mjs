// npm run pkcs11: compiles pkcs11js, the optional dependency of packages/pkcs11, which no installation compiles by itself.
//
// Needs a C++ compiler, make and Python 3. The binding uses the stable Node-API, so the headers of any Node from 18 on
// do: those beside the Node that runs npm, if it has them; else node-gyp fetches them from the Node project.
import { spawnSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import path from "node:path";

const root = path.dirname(import.meta.dirname);
const link = path.join(root, "packages", "pkcs11", "node_modules", "pkcs11js");
if (!existsSync(link)) {
  console.error("run: pkcs11js is not installed; try again with FORCE_INSTALL=1");
  process.exit(1);
}
const folder = realpathSync(link);
const built = path.join(folder, "build", "Release", "pkcs11.node");

if (!existsSync(built)) {
  const homes = [path.dirname(path.dirname(realpathSync(process.execPath))), "/usr", "/usr/local"];
  const home = homes.find((candidate) => existsSync(path.join(candidate, "include", "node", "node_api.h")));
  const env = { ...process.env, ...(home === undefined ? {} : { npm_config_nodedir: home }) };
  const { status } = spawnSync("npm", ["run", "--silent", "build"], {
    cwd: folder,
    env,
    stdio: ["ignore", process.stderr, process.stderr],
    shell: process.platform === "win32",
  });
  if (status !== 0 || !existsSync(built)) {
    console.error("run: pkcs11js was not built; it needs a C++ compiler, make and Python 3");
    process.exit(1);
  }
}
console.error("run: pkcs11js is built");

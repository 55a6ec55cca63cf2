// A server as a program of its own: `node serve.test.support.ts DIRECTORY` prints its address and runs until killed.
import { startServer } from "./start-server.ts";
import { toyCheck } from "./toy-envelope.test.support.ts";

const [dataDirectory] = process.argv.slice(2);
if (dataDirectory === undefined) throw new Error("which directory?");
const server = await startServer({ dataDirectory, port: 0, checkEnvelope: toyCheck, log: { level: "silent" } });
process.stdout.write(`${server.url}\n`);

/** A folder over HTTP, in a process of its own so that its work is nobody else's. `/counted`: requests and body bytes so far. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

const [folder = "."] = process.argv.slice(2);
const counted = { requests: 0, bytes: 0 };

const server = createServer((request, response) => {
  const name = path.normalize(request.url ?? "/");
  if (name === "/counted") {
    response.end(JSON.stringify(counted));
    return;
  }
  counted.requests++;
  try {
    const body = readFileSync(path.join(folder, name));
    counted.bytes += body.length;
    response.setHeader("content-length", body.length);
    response.end(body);
  } catch {
    response.statusCode = 404;
    response.setHeader("content-length", 0);
    response.end();
  }
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));

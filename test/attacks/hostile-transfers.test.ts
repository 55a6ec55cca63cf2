import { type Attack, describeAttacks, offered, vendorTrust } from "../support/attack-scene.ts";
import { flip } from "../support/crafted-envelope.ts";
import { forgeFile, say } from "../support/forgery.ts";
import { type Forgery, pourEndlessly, type Tampering } from "../support/on-path-attacker.ts";

/** Sends the first bytes as if all were to come, and hangs up. */
const cutAfter =
  (bytes: number, headers: Readonly<Record<string, string>>): Forgery =>
  (response) => {
    response.writeHead(200, { ...headers, "content-length": offered.image.length });
    response.write(offered.image.subarray(0, bytes), () => response.destroy());
  };

const half = 8192;
const etag = { etag: '"first"' };
const partOf = (total: number, from = half): Readonly<Record<string, string | number>> => ({
  ...etag,
  "content-range": `bytes ${from}-${total - 1}/${total}`,
});

/** The download is cut in the middle; whoever goes on with it gets this. */
const resumedWith = (forgery: Forgery): Tampering =>
  forgeFile(offered.uri, (count) => (count === 0 ? cutAfter(half, etag) : forgery));

const transfers: readonly Attack[] = [
  {
    threat: "T-TUF-ENDLESS",
    name: "more bytes than announced, in a body of no announced length",
    send: () =>
      forgeFile(offered.uri, () => (response) => {
        response.writeHead(200);
        pourEndlessly(response, offered.image);
      }),
    code: "artifact-too-long",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-SRV-HOSTILE-ANSWER",
    name: "a payload that would have to be unpacked",
    send: () => forgeFile(offered.uri, () => say(200, { "content-encoding": "gzip" }, offered.image)),
    code: "malformed-answer",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-SRV-HOSTILE-ANSWER",
    name: "a part where the whole was asked for",
    send: () => forgeFile(offered.uri, () => say(206, partOf(offered.image.length, 0), offered.image)),
    code: "malformed-answer",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-SRV-HOSTILE-ANSWER",
    name: "the payload is not there",
    send: () => forgeFile(offered.uri, () => say(404)),
    code: "not-found",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-SRV-JOINED-FILES",
    name: "the rest of another file after a cut",
    send: () =>
      resumedWith(say(206, { ...partOf(offered.image.length), etag: '"second"' }, offered.image.subarray(half))),
    code: "artifact-changed",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-SRV-JOINED-FILES",
    name: "the rest without saying of what, after a cut",
    send: () =>
      resumedWith(
        say(
          206,
          { "content-range": partOf(offered.image.length)["content-range"] ?? "" },
          offered.image.subarray(half),
        ),
      ),
    code: "artifact-changed",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-SRV-JOINED-FILES",
    name: "the whole file again after a cut",
    send: () => resumedWith(say(200, etag, offered.image)),
    code: "artifact-changed",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-SRV-JOINED-FILES",
    name: "a file of another length after a cut",
    send: () =>
      resumedWith(say(206, partOf(offered.image.length + 1), new Uint8Array(offered.image.length + 1 - half))),
    code: "artifact-changed",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-SRV-JOINED-FILES",
    name: "an earlier part of the file after a cut",
    send: () => resumedWith(say(206, partOf(offered.image.length, half - 16), offered.image.subarray(half - 16))),
    code: "malformed-answer",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-SRV-JOINED-FILES",
    name: "nothing more to have after a cut",
    send: () => resumedWith(say(416, { "content-range": `bytes */${offered.image.length}` })),
    code: "range-refused",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-SRV-JOINED-FILES",
    name: "the right rest of altered bytes after a cut",
    send: () => resumedWith(say(206, partOf(offered.image.length), flip(offered.image, half + 9).subarray(half))),
    code: "image-digest-mismatch",
    touches: "staging",
  },
  {
    threat: "T-TUF-SLOW-RETRIEVAL",
    name: "hung up before every byte of the payload",
    send: () => forgeFile(offered.uri, () => cutAfter(0, etag)),
    code: "link-lost",
    ends: "fault",
    touches: "staging",
  },
  {
    threat: "T-TUF-SLOW-RETRIEVAL",
    name: "a payload that does not come",
    send: () => forgeFile(offered.uri, () => () => undefined),
    conditions: { patience: "short" },
    code: "timed-out",
    ends: "fault",
    touches: "staging",
  },
  {
    threat: "T-TUF-SLOW-RETRIEVAL",
    name: "a payload that comes a byte at a time",
    send: () => forgeFile(offered.uri, (_count, { headers }) => drip(Number(/\d+/.exec(headers.range ?? "0")?.[0]))),
    conditions: { patience: "short" },
    code: "stalled",
    ends: "fault",
    touches: "staging",
  },
];

/** Never silent for long, and never done; from where it was asked for. */
const drip =
  (from: number): Forgery =>
  (response) => {
    if (from > 0) response.writeHead(206, partOf(offered.image.length, from));
    else response.writeHead(200, { ...etag, "content-length": offered.image.length });
    const timer = setInterval(() => response.write(Uint8Array.of(0)), 20);
    response.on("close", () => clearInterval(timer));
  };

describeAttacks("transfers of a hostile server", vendorTrust, transfers);

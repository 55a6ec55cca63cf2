import { canonicalJson, jsonValue, type PlainJson, type TufRefusal } from "@sumac/tuf";
import { describe, expect, test } from "vitest";
import { changed, clientKinds, clientOf, knownTarget } from "../support/tuf-attack.ts";
import { signedBytes, TestRepository } from "../support/tuf-repository.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A timestamp that says what it should, with a text put into `signed`. Its signature is over what a lax reader would see. */
function timestampWith(repository: TestRepository, member: string, seen: PlainJson): Uint8Array {
  const file = JSON.parse(new TextDecoder().decode(repository.file("timestamp.json"))) as {
    signed: { [name: string]: PlainJson };
  };
  const body = { ...file.signed, version: 2 };
  const signed = canonicalJson(jsonValue({ ...body, x: seen }));
  const [key] = repository.timestamp.keys;
  if (key === undefined) throw new Error("no key");
  const text = `{"signatures":[{"keyid":"${key.id}","sig":"${key.sign(signed)}"}],"signed":${JSON.stringify(body).slice(0, -1)},${member}}}`;
  return bytes(text);
}

type Reason = Extract<TufRefusal, { code: "malformed" }>["reason"];

/** Each is what `JSON.parse` reads without a word, and signs and verifies as something. */
const texts: readonly (readonly [name: string, member: string, seen: PlainJson, reason: Reason, at: string])[] = [
  ["a member twice", '"x":1,"x":2', 2, "duplicate-member", '"x":2'],
  ["a fraction", '"x":1.0', 1, "number-not-integer", "1.0"],
  ["an exponent", '"x":1e3', 1000, "number-not-integer", "1e3"],
  ["an exponent beyond all numbers", '"x":1e400', 0, "number-not-integer", "1e400"],
  ["an integer above 2^53 - 1", '"x":9007199254740993', 2 ** 53 - 1, "number-too-large", "9007199254740993"],
  ["a negative zero", '"x":-0', 0, "negative-zero", "-0"],
  ["a leading zero", '"x":007', 7, "syntax", "007"],
  ["half a surrogate pair", '"x":"\\ud83d"', "?", "lone-surrogate", '"\\ud83d"'],
  ["a raw control character", '"x":"a\nb"', "a\nb", "control-character", "\n"],
];

describe.each(clientKinds)("row 47, T-TUF-MALFORMED-JSON, client %s", (kind) => {
  function refused(repository: TestRepository, file: Uint8Array): TufRefusal {
    const client = clientOf(kind, repository);
    if (kind !== "fresh") client.update(knownTarget);
    repository.served.set("timestamp.json", file);
    const before = new Map(client.stored);
    const result = client.refresh();
    if (result.ok) throw new Error("accepted");
    expect(changed(before, client.stored)).toEqual([]);
    return result.error;
  }

  test.each(texts)("%s", (_, member, seen, reason, at) => {
    const repository = TestRepository.withLine();
    const file = timestampWith(repository, member, seen);
    const offset = new TextDecoder().decode(file).lastIndexOf(at);
    expect(refused(repository, file)).toMatchObject({ code: "malformed", reason, offset, file: "timestamp.json" });
  });

  test.each<readonly [string, (good: Uint8Array) => Uint8Array, Reason, (good: Uint8Array) => number]>([
    ["a byte order mark", (good) => new Uint8Array([0xef, 0xbb, 0xbf, ...good]), "byte-order-mark", () => 0],
    ["bytes behind the end", (good) => new Uint8Array([...good, 0x7b]), "trailing-bytes", (good) => good.length],
    ["cut off", (good) => good.subarray(0, -1), "truncated", (good) => good.length - 1],
    ["nothing at all", () => new Uint8Array(0), "truncated", () => 0],
    ["no UTF-8", () => new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22]), "invalid-utf8", () => 2],
    ["an overlong form", () => new Uint8Array([0x22, 0xc0, 0xaf, 0x22]), "invalid-utf8", () => 1],
    ["another encoding", () => new Uint8Array([0xff, 0xfe, 0x7b, 0x00]), "byte-order-mark", () => 0],
    ["10,000 levels deep", () => bytes("[".repeat(10_000)), "too-deep", () => 32],
  ])("%s", (_, spoil, reason, offset) => {
    const repository = TestRepository.withLine();
    repository.publishTimestamp();
    const good = repository.file("timestamp.json");
    expect(refused(repository, spoil(good))).toMatchObject({ code: "malformed", reason, offset: offset(good) });
  });

  test("a file that is not even signed metadata", () => {
    const repository = TestRepository.withLine();
    expect(refused(repository, bytes("[]"))).toMatchObject({ code: "malformed", reason: "wrong-type", offset: 0 });
    expect(refused(repository, bytes('{"signed":{}}'))).toMatchObject({ code: "malformed", reason: "missing" });
  });

  test.each<readonly [string, PlainJson, Reason, string]>([
    ["another type", { _type: "snapshot" }, "wrong-value", "signed._type"],
    ["another specification", { spec_version: "2.0.0" }, "wrong-value", "signed.spec_version"],
    ["version 0", { version: 0 }, "wrong-value", "signed.version"],
    ["a version as a text", { version: "2" }, "wrong-type", "signed.version"],
    ["a date with a fraction", { expires: "2026-06-05T00:00:00.000Z" }, "wrong-value", "signed.expires"],
    ["a date that is none", { expires: "2026-06-31T00:00:00Z" }, "wrong-value", "signed.expires"],
    ["a date of another zone", { expires: "2026-06-05T00:00:00+00:00" }, "wrong-value", "signed.expires"],
    ["no snapshot listed", { meta: {} }, "missing", "signed.meta.snapshot.json"],
  ])("validly signed, %s", (_, change, reason, field) => {
    const repository = TestRepository.withLine();
    repository.publishTimestamp();
    const good = JSON.parse(new TextDecoder().decode(repository.file("timestamp.json"))) as { signed: object };
    const body = { ...good.signed, ...(change as object) } as PlainJson;
    expect(refused(repository, signedBytes(body, repository.timestamp.keys))).toMatchObject({
      code: "malformed",
      reason,
      field,
    });
  });
});

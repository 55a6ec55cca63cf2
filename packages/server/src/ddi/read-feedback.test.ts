import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defaultLimits } from "../limits.ts";
import { readFeedback } from "./read-feedback.ts";

const read = (text: string) => readFeedback(new TextEncoder().encode(text), defaultLimits);
const closed = '"execution":"closed","result":{"finished":"failure"}';

describe("readFeedback", () => {
  test("the normal form", () => {
    const { feedback, readAs } = read(`{"id":"5","time":"x","status":{${closed},"code":3,"details":["a","b"]}}`);
    expect(feedback).toEqual({ execution: "closed", finished: "failure", details: ["a", "b"] });
    expect(readAs).toBe("json");
  });

  test.each([
    ["raw line feed in a detail", `{"status":{${closed},"details":["a\nb"]}}`, "json-repaired", ["a b"]],
    ["raw NUL and tab", `{"status":{${closed},"details":["a\u0000\tb"]}}`, "json-repaired", ["a  b"]],
    ["unescaped quotes in a detail", `{"status":{${closed},"details":["say "hi""]}}`, "pattern", []],
    ["cut in the middle", `{"status":{${closed},"det`, "pattern", []],
    ["byte order mark is skipped", `\ufeff{"status":{${closed}}}`, "json", []],
  ])("%s", (_name, body, readAs, details) => {
    const received = read(body);
    expect(received.feedback).toEqual({ execution: "closed", finished: "failure", details });
    expect(received.readAs).toBe(readAs);
  });

  test.each([
    ["empty", ""],
    ["no JSON at all", "hello"],
    ["closed without a readable result", '{"status":{"execution":"closed","result":{"finished":"suc'],
    ["a word that DDI does not have", '{"status":{"execution":"exploded","result":{"finished":"none"}}}'],
    ["a word of the prototype", '{"status":{"execution":"constructor","result":{"finished":"none"}}}'],
    ["a list", "[]"],
    ["null", "null"],
    ["status no object", '{"status":5}'],
  ])("%s changes nothing", (_name, body) => {
    expect(read(body).feedback.execution).toBe("unknown");
    expect(read(body).readAs).toBe("nothing");
  });

  test("closed with an unknown result is not taken for a failure", () => {
    expect(read('{"status":{"execution":"closed","result":{}}}').feedback.finished).toBe("none");
  });

  test("details are bounded in number and length, and only text", () => {
    const details = [5, null, {}, "x".repeat(5000), ...Array.from({ length: 100 }, () => "y")];
    const { feedback } = read(JSON.stringify({ status: { execution: "proceeding", result: {}, details } }));
    expect(feedback.details).toHaveLength(50);
    expect(feedback.details[0]).toHaveLength(1024);
  });

  test("evidence is the digest of the whole body and a bounded copy", () => {
    const { raw, digest } = read("x".repeat(100_000));
    expect(raw).toHaveLength(65_536);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(digest).not.toBe(read("x".repeat(100_001)).digest);
  });

  test("never throws", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void readFeedback(bytes, defaultLimits)));
    fc.assert(fc.property(fc.json(), (json) => void read(json)));
  });
});

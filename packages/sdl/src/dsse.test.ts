import { describe, expect, test } from "vitest";
import { canonicalJson } from "./canonical-json.ts";
import { canonicalPayload, openEnvelope, preAuthentication, sealEnvelope } from "./dsse.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

describe("canonical JSON (RFC 8785)", () => {
  test("sorts by UTF-16 units, prints numbers as ECMAScript does, escapes what must be", () => {
    expect(
      canonicalJson({
        "\u20ac": 1,
        "\r": 2,
        "\ud83d\ude00": 3,
        "\ufb33": 4,
        a: [1e21, 0.000001, -0, 1e-7],
        b: undefined,
      }),
    ).toBe('{"\\r":2,"a":[1e+21,0.000001,0,1e-7],"\u20ac":1,"\ud83d\ude00":3,"\ufb33":4}');
  });
  test.each([[Number.NaN], [Number.POSITIVE_INFINITY], ["\ud800"]])("refuses %j", (value) => {
    expect(() => canonicalJson(value)).toThrow(RangeError);
  });
});

describe("DSSE", () => {
  test("the pre-authentication encoding of the specification's own example", () => {
    expect(text(preAuthentication("http://example.com/HelloWorld", bytes("hello world")))).toBe(
      "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
    );
  });

  test("what is sealed opens to the same", async () => {
    const signer = { keyId: new Uint8Array([1, 2]), sign: async (signed: Uint8Array) => signed.subarray(0, 4) };
    const opened = openEnvelope(await sealEnvelope({ b: 1, a: "x" }, [signer]));
    if (!opened.ok) throw new Error(opened.error.flaw);
    expect(text(opened.value.payload)).toBe('{"a":"x","b":1}');
    expect(opened.value.signatures).toEqual([{ keyid: "0102", sig: bytes("DSSE") }]);
    expect(canonicalPayload(opened.value)).toEqual({ ok: true, value: { a: "x", b: 1 } });
  });

  test.each([
    ["not JSON", "{"],
    ["a list", "[]"],
    ["no payload", '{"payloadType":"t","signatures":[]}'],
    ["base64 of another alphabet", '{"payloadType":"t","payload":"_w==","signatures":[]}'],
    ["base64 with stray bits", '{"payloadType":"t","payload":"/x==","signatures":[]}'],
    ["signatures that are no list", '{"payloadType":"t","payload":"","signatures":{}}'],
    [
      "too many signatures",
      `{"payloadType":"t","payload":"","signatures":[${Array(17).fill('{"keyid":"a","sig":""}').join(",")}]}`,
    ],
    ["a signature without key id", '{"payloadType":"t","payload":"","signatures":[{"sig":""}]}'],
    ["a signature that is null", '{"payloadType":"t","payload":"","signatures":[null]}'],
  ])("%s is refused", (_, envelope) => {
    expect(openEnvelope(bytes(envelope)).ok).toBe(false);
  });

  test.each([['{"a":1,"a":2}'], ['{"b":1,"a":2}'], ['{"a": 1}'], ['{"a":1.0}'], ["{"]])(
    "%s is not canonical",
    (payload) => {
      const envelope = { payloadType: "t", payload: bytes(payload), signatures: [] };
      expect(canonicalPayload(envelope).ok).toBe(false);
    },
  );
});

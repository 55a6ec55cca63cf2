import { describe, expect, test } from "vitest";
import { imageCommand, imageResult, smpGroup, smpResult } from "./labels.ts";
import { readReply } from "./reply.ts";
import { sumacGroup, sumacResult } from "./sumac-labels.ts";

const { image } = smpGroup;
const { upload } = imageCommand;

describe("success", () => {
  test.each([
    ["no word about it", { off: 1 }],
    ["version 1", { rc: 0, off: 1 }],
    ["version 2", { err: { group: 1, rc: 0 }, off: 1 }],
  ])("%s", (_, body) => {
    expect(readReply(body, image, upload)).toEqual({ ok: true, value: body });
  });
});

describe("a refusal has the name that its number has there", () => {
  test.each([
    ["version 1", { rc: 3 }, { number: 3, name: "invalid-value" }],
    ["version 1, a vendor's own", { rc: 256 }, { number: 256, name: "user-defined" }],
    ["version 1, nobody's", { rc: 99 }, { number: 99, name: undefined }],
    ["version 1, negative", { rc: -5 }, { number: -5, name: undefined }],
    ["version 2", { err: { group: 1, rc: 9 } }, { number: 9, name: "no-free-slot" }],
    ["version 2, of another group", { err: { group: 0, rc: 4 } }, { number: 4, name: "clock-not-set" }],
    ["version 2, of Sumac's group", { err: { group: 0x534d, rc: 5 } }, { number: 5, name: "not-now" }],
    ["version 2, a group without a table", { err: { group: 8, rc: 2 } }, { number: 2, name: undefined }],
    ["version 2, without its group", { err: { rc: 9 } }, { number: 9, name: "no-free-slot" }],
    ["version 2, both forms", { err: { group: 1, rc: 9 }, rc: 3 }, { number: 9, name: "no-free-slot" }],
    ["a number that is none", { rc: "no" }, { number: 1, name: "unknown" }],
    ["an error that is none", { err: { group: 1 } }, { number: 1, name: "unknown" }],
    ["an offset beside it", { rc: 1, off: 512 }, { number: 1, name: "unknown", offset: 512 }],
    ["words beside it", { rc: 1, rsn: "flash" }, { number: 1, name: "unknown", reason: "flash" }],
    ["words that steer a terminal", { rc: 1, rsn: "\u001b[2Jx" }, { number: 1, name: "unknown", reason: "\ufffd[2Jx" }],
    ["words without an end", { rc: 1, rsn: "x".repeat(9000) }, { number: 1, name: "unknown", reason: "x".repeat(200) }],
    ["things that are no words", { rc: 1, rsn: 7, off: -1 }, { number: 1, name: "unknown" }],
  ])("%s", (_, body, facts) => {
    expect(readReply(body, image, upload)).toEqual({
      ok: false,
      error: { code: "device-error", group: image, command: upload, ...facts },
    });
  });
});

test("the tables have the lengths that the protocol gives them", () => {
  expect([smpResult.length, imageResult.length, sumacResult.length]).toEqual([14, 34, 8]);
  expect(sumacGroup).toBe(21325);
});

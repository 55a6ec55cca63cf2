import { expect, test } from "vitest";
import { decidePrecondition } from "./precondition.ts";

const etag = '"aa"';
const on = { go: "on", honourRange: "yes" } as const;
const whole = { go: "on", honourRange: "no" } as const;
const notModified = { go: "not-modified" } as const;
const failed = { go: "failed" } as const;

test.each([
  ["nothing asked", {}, on],
  ["If-Range with this tag", { ifRange: '"aa"' }, on],
  ["If-Range with another tag must not mix two files", { ifRange: '"bb"' }, whole],
  ["If-Range with a weak tag (RFC 9110 13.1.5: strong comparison)", { ifRange: 'W/"aa"' }, whole],
  ["If-Range with a date", { ifRange: "Wed, 21 Oct 2015 07:28:00 GMT" }, whole],
  ["If-Range with a list", { ifRange: '"aa", "bb"' }, whole],
  ["If-Range without quotes", { ifRange: "aa" }, whole],
  ["If-Range empty", { ifRange: "" }, whole],
  ["If-None-Match with this tag", { ifNoneMatch: '"aa"' }, notModified],
  ["If-None-Match weak (RFC 9110 13.1.2: weak comparison)", { ifNoneMatch: 'W/"aa"' }, notModified],
  ["If-None-Match in a list", { ifNoneMatch: '"x" , "aa"' }, notModified],
  ["If-None-Match with anything", { ifNoneMatch: "*" }, notModified],
  ["If-None-Match with another", { ifNoneMatch: '"bb"' }, on],
  ["If-Match with this tag", { ifMatch: '"aa"' }, on],
  ["If-Match with anything", { ifMatch: "*" }, on],
  ["If-Match weak", { ifMatch: 'W/"aa"' }, failed],
  ["If-Match with another", { ifMatch: '"bb"' }, failed],
  ["If-Match before If-None-Match (RFC 9110 13.2.2)", { ifMatch: '"bb"', ifNoneMatch: '"aa"' }, failed],
])("%s", (_name, headers, decision) => {
  expect(decidePrecondition(headers, etag)).toEqual(decision);
});

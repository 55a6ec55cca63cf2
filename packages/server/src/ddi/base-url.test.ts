import { expect, test } from "vitest";
import { baseUrl } from "./base-url.ts";

const listening = "http://127.0.0.1:8080";

test.each([
  ["the name the device used", "updates.plant.example:8443", "http://updates.plant.example:8443"],
  ["an IPv6 address", "[fe80::1]:80", "http://[fe80::1]:80"],
  ["no header", undefined, listening],
  ["a path in the name", "evil.example/x", listening],
  ["credentials in the name", "a:b@evil.example", listening],
  ["markup", '"><script>', listening],
  ["a query", "h?x=", listening],
  ["a line feed", "h\nx", listening],
  ["nothing", "", listening],
])("%s", (_name, header, expected) => {
  expect(baseUrl(header, undefined, listening)).toBe(expected);
});

test("a configured address wins over every header", () => {
  expect(baseUrl("evil.example", "https://public.example/sumac", listening)).toBe("https://public.example/sumac");
});

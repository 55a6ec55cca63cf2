import { hexToBytes } from "@sumac/crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { componentKey } from "./component.ts";

test("a component key is its segments in hex", () => {
  expect(componentKey([hexToBytes("00")])).toBe("00");
  expect(componentKey([hexToBytes("6170"), new Uint8Array(), hexToBytes("ff")])).toBe("6170//ff");
});

test("two identifiers have one key exactly if they are the same", () => {
  const id = fc.array(fc.uint8Array({ maxLength: 3 }), { minLength: 1, maxLength: 3 });
  const segments = (a: readonly Uint8Array[]) => JSON.stringify(a.map((segment) => [...segment]));
  fc.assert(fc.property(id, id, (a, b) => (componentKey(a) === componentKey(b)) === (segments(a) === segments(b))));
});

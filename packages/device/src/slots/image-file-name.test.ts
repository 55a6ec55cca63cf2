import { componentKey } from "@sumac/suit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { imageFileName } from "./image-file-name.ts";

const id = (...segments: string[]): Uint8Array[] => segments.map((segment) => new TextEncoder().encode(segment));

test("names that people can read, and none that leads out of a folder", () => {
  expect(imageFileName(id("firmware"))).toBe("firmware.image");
  expect(imageFileName(id("app", "core-1"))).toBe("app+core-1.image");
  expect(imageFileName(id("../../etc/passwd"))).toBe("=2e=2e=2f=2e=2e=2fetc=2fpasswd.image");
  expect(imageFileName(id("Web"))).toBe("=57eb.image");
  expect(imageFileName([Uint8Array.of(0, 255)])).toBe("=00=ff.image");
  expect(() => imageFileName([new Uint8Array(100)])).toThrow(RangeError);
});

test("two identifiers never share a name, even without large letters, and a name is one plain word", () => {
  const any = fc.array(fc.uint8Array({ maxLength: 4 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(any, any, (a, b) => {
      const [first, second] = [imageFileName(a), imageFileName(b)];
      expect(first).toMatch(/^[a-z0-9_=+-]*\.image$/);
      return (first === second) === (componentKey(a) === componentKey(b));
    }),
  );
});

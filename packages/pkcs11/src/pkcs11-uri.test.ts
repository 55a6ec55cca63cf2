import { describe, expect, test } from "vitest";
import { parsePkcs11Uri } from "./pkcs11-uri.ts";

describe("parsePkcs11Uri", () => {
  test.each<[string, object]>([
    ["pkcs11:", {}],
    ["PKCS11:token=a", { token: "a" }],
    ["pkcs11:token=Release%20keys;object=line-a", { token: "Release keys", object: "line-a" }],
    ["pkcs11:id=%00%ff;type=private", { id: Uint8Array.of(0, 255) }],
    ["pkcs11:id=ab", { id: Uint8Array.of(0x61, 0x62) }],
    [
      "pkcs11:slot-id=18;serial=01;manufacturer=m;model=x",
      { slotId: 18n, serial: "01", manufacturer: "m", model: "x" },
    ],
    ["pkcs11:object=%C3%A4=%3b", { object: "ä=;" }],
    [
      "pkcs11:token=a?module-path=/usr/lib/p.so&pin-source=file:/run/pin",
      { token: "a", modulePath: "/usr/lib/p.so", pinSource: "/run/pin" },
    ],
    ["pkcs11:?pin-source=file:///run/pin", { pinSource: "/run/pin" }],
    ["pkcs11:?pin-source=/run/pin", { pinSource: "/run/pin" }],
    ["pkcs11:token=", { token: "" }],
  ])("%s", (text, value) => {
    expect(parsePkcs11Uri(text)).toEqual({ ok: true, value });
  });

  test.each<[string, string, string?]>([
    ["pkcs12:token=a", "not-a-pkcs11-uri"],
    ["pkcs11:a?b=/c?d", "not-a-pkcs11-uri"],
    ["pkcs11:token=a#b", "not-a-pkcs11-uri"],
    ["pkcs11:token", "attribute-without-value", "token"],
    ["pkcs11:token=a;", "attribute-without-value", ""],
    ["pkcs11:=a", "attribute-without-value", ""],
    ["pkcs11:token=a;token=a", "duplicate-attribute", "token"],
    ["pkcs11:token=a%2", "percent-encoding", "token"],
    ["pkcs11:token=%+1", "percent-encoding", "token"],
    ["pkcs11:token=%ff", "percent-encoding", "token"],
    ["pkcs11:tokens=a", "unknown-attribute", "tokens"],
    ["pkcs11:library-version=3", "unknown-attribute", "library-version"],
    ["pkcs11:toString=a", "unknown-attribute", "toString"],
    ["pkcs11:module-path=/a", "unknown-attribute", "module-path"],
    ["pkcs11:?token=a", "unknown-attribute", "token"],
    ["pkcs11:?module-name=opensc", "unknown-attribute", "module-name"],
    ["pkcs11:type=cert", "not-a-private-key", "type"],
    ["pkcs11:slot-id=0x1", "slot-id", "slot-id"],
    ["pkcs11:?module-path=p.so", "module-path", "module-path"],
    ["pkcs11:?pin-source=|cat", "pin-source", "pin-source"],
    ["pkcs11:?pin-source=pin", "pin-source", "pin-source"],
  ])("%s is refused: %s", (text, reason, attribute) => {
    const error = { code: "pkcs11-uri-invalid", reason, ...(attribute === undefined ? {} : { attribute }) };
    expect(parsePkcs11Uri(text)).toEqual({ ok: false, error });
  });

  test.each(["pkcs11:token=a?pin-value=1234", "pkcs11:token=a;pin-value=1234", "pkcs11:x;y?pin-value"])(
    "a PIN is refused before anything else: %s",
    (text) => {
      expect(parsePkcs11Uri(text)).toEqual({ ok: false, error: { code: "pkcs11-pin-in-uri" } });
    },
  );
});

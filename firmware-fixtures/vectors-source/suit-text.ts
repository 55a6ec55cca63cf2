import { type CborValue, encode } from "@sumac/cbor";
import { firmware, labelled } from "./craft-envelope.ts";

/** Text of a manifest in two languages, the second with a component. */
export const text: Uint8Array = encode(
  new Map<CborValue, CborValue>([
    ["de", labelled({ 1: "Fernwirkgerät, simuliert" })],
    [
      "en",
      new Map<CborValue, CborValue>([
        [1, "Remote terminal unit, simulated"],
        [firmware, labelled({ 2: "rtu-demo", 3: "vendor.example", 6: "1.2.0" })],
      ]),
    ],
  ]),
);

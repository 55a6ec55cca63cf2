import { sha256 } from "./sha256.ts";

/** The day the example was signed: everything in it is that fresh. */
const signedOn = "2026-11-22";
export const moment = (time: string): string => `${signedOn}T${time}:00Z`;
export const commit: string = sha256("sumac example product commit").slice(0, 40);
export const tree: string = sha256("sumac example product tree").slice(0, 40);

/** Rows that only a look at the hardware can prove. */
export const provenByHand: readonly string[] = ["EDR 3.11", "EDR 2.13"];

export const slug = (row: string): string =>
  row
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/-$/, "");
export const testOf = (row: string): string => `rtu.${slug(row)}`;

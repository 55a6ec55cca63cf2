import { utcTime } from "@sumac/suit";
import type { IntegrityNotice } from "./integrity-watch.ts";

/** A notice as one line of JSON, for files and programs. */
export const noticeLine = ({ device, occasion, time, findings }: IntegrityNotice): string =>
  JSON.stringify({
    notice: "integrity-violated",
    device,
    occasion,
    time: time === undefined ? null : utcTime(time),
    findings,
  });

import { ok } from "@sumac/cbor";
import type { Collector } from "./collected.ts";
import { malformed, reportJson, reportText } from "./report-text.ts";

/** `fuzzer_stats` of AFL++, the final statistics of libFuzzer, or JSON with `executions` and `crashes`. */
export const collectFuzz: Collector = (bytes) => {
  const text = reportText(bytes);
  if (!text.ok) return text;
  const figures = text.value.trimStart().startsWith("{")
    ? ofJson(bytes)
    : (ofAfl(text.value) ?? ofLibFuzzer(text.value));
  if (figures === undefined) return malformed("no count of executions and crashes");
  const { tool, executions, crashes, hangs, seconds } = figures;
  const clean = crashes === 0 && hangs === 0 && executions > 0;
  return ok({
    kind: "test",
    tool: { name: tool, version: "unknown" },
    result: {
      outcome: clean ? "passed" : "failed",
      summary: `${executions} executions, ${crashes} crashes, ${hangs} hangs`,
      figures: { executions, crashes, hangs, seconds },
    },
  });
};

interface Figures {
  readonly tool: string;
  readonly executions: number;
  readonly crashes: number;
  readonly hangs: number;
  readonly seconds: number;
}

const whole = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;

function ofAfl(text: string): Figures | undefined {
  const value = (name: string): number | undefined =>
    whole(new RegExp(`^${name}\\s*:\\s*(\\d+)\\s*$`, "m").exec(text)?.[1]);
  const executions = value("execs_done");
  const crashes = value("saved_crashes") ?? value("unique_crashes");
  const hangs = value("saved_hangs") ?? value("unique_hangs");
  if (executions === undefined || crashes === undefined || hangs === undefined) return undefined;
  return { tool: "afl", executions, crashes, hangs, seconds: value("run_time") ?? 0 };
}

function ofLibFuzzer(text: string): Figures | undefined {
  const executions =
    whole(/^stat::number_of_executed_units:\s*(\d+)\s*$/m.exec(text)?.[1]) ??
    whole(/^Done (\d+) runs in \d+ second/m.exec(text)?.[1]);
  if (executions === undefined) return undefined;
  const crashes = [
    ...text.matchAll(
      /^(?:==\d+==\s*)?(?:ERROR: |SUMMARY: )(?:AddressSanitizer|UndefinedBehaviorSanitizer|libFuzzer)/gm,
    ),
  ].length;
  const hangs = [...text.matchAll(/libFuzzer: timeout/g)].length;
  return {
    tool: "libfuzzer",
    executions,
    crashes,
    hangs,
    seconds: whole(/^Done \d+ runs in (\d+) second/m.exec(text)?.[1]) ?? 0,
  };
}

function ofJson(bytes: Uint8Array): Figures | undefined {
  const report = reportJson(bytes);
  if (!report.ok) return undefined;
  const value = (name: string): number | undefined => {
    const found = report.value[name];
    return typeof found === "number" && Number.isSafeInteger(found) && found >= 0 ? found : undefined;
  };
  const [executions, crashes] = [value("executions"), value("crashes")];
  if (executions === undefined || crashes === undefined) return undefined;
  const tool = report.value["tool"];
  return {
    tool: typeof tool === "string" ? tool.slice(0, 80) : "fuzzer",
    executions,
    crashes,
    hangs: value("hangs") ?? 0,
    seconds: value("seconds") ?? 0,
  };
}

import type { LogEntry } from "../log/log-record.ts";
import type { InstallWait } from "../operator/install-wait.ts";
import type { SelfTestReport } from "./self-test.ts";

const wrongOf = ({ cases }: SelfTestReport) => cases.filter(({ expected, answered }) => expected !== answered);

/** What every update waits for where the verifier does not know its answers (CR 3.3); undefined = it knows them. */
export function selfTestWait(report: SelfTestReport): InstallWait | undefined {
  const wrong = wrongOf(report);
  const [first] = wrong;
  if (report.verdict === "pass" || first === undefined) return undefined;
  return {
    code: "verifier-self-test-failed",
    wrong: wrong.length,
    asked: report.cases.length,
    ...first,
  };
}

/** For the event log (CR 2.8). */
export function selfTestEntry(report: SelfTestReport, occasion: "start" | "on-demand"): LogEntry {
  const asked = String(report.cases.length);
  const [first] = wrongOf(report);
  if (report.verdict === "pass" || first === undefined) {
    return { type: "verifier-tested", source: "integrity", result: "success", facts: { occasion, asked } };
  }
  const facts = { occasion, asked, wrong: String(wrongOf(report).length), ...first };
  return { type: "verifier-self-test-failed", source: "integrity", result: "failure", facts };
}

export { reportDraft, reportReason, reportSection } from "./labels.ts";
export { parseReport } from "./parse-report.ts";
export * from "./report.ts";
export { commandAt, locateCommand, reportSections } from "./sections.ts";
export { serializeReport } from "./serialize-report.ts";
export { parseSignedReport, type ReportSigner, signReport } from "./signed-report.ts";

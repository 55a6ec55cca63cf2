export * from "./authenticate.ts";
export * from "./explain.ts";
export * from "./plan.ts";
export * from "./recipient.ts";
export * from "./rejection.ts";
export * from "./stage-image.ts";
export * from "./trust-record.ts";
export * from "./verify-envelope.ts";

import { createHash } from "node:crypto";
import { type Execution, executions, type Feedback, type Finished, finishedWords } from "../actions/feedback.ts";
import type { ReceivedFeedback } from "../actions/record-feedback.ts";
import type { Limits } from "../limits.ts";
import { parseLenientJson } from "./lenient-json.ts";

/**
 * Reads a DDI feedback body. Never refuses: a strict 400 makes a client repeat its failing cycle for ever
 * (server.md 1 fact 8). What cannot be read becomes `unknown` and stays as evidence.
 */
export function readFeedback(body: Uint8Array, limits: Limits): ReceivedFeedback {
  const text = new TextDecoder().decode(body);
  const { value, readAs } = parseLenientJson(text);
  const digest = createHash("sha256").update(body).digest("hex");
  const raw = new TextDecoder().decode(body.subarray(0, limits.storedFeedbackBytes));
  const fromJson = readStatus(value, limits);
  if (fromJson !== undefined) return { feedback: fromJson, readAs, digest, raw };
  const fromPattern = readByPattern(text);
  return { feedback: fromPattern, readAs: fromPattern.execution === "unknown" ? "nothing" : "pattern", digest, raw };
}

function readStatus(value: unknown, limits: Limits): Feedback | undefined {
  const status = member(value, "status");
  const execution = wordOf(executions, member(status, "execution"));
  if (execution === undefined) return undefined;
  return {
    execution,
    finished: wordOf(finishedWords, member(member(status, "result"), "finished")) ?? "none",
    details: readDetails(member(status, "details"), limits),
  };
}

/** `closed` with no readable result is the one case where a guess would change a state: then it is not believed. */
function readByPattern(text: string): Feedback {
  const execution = wordOf(executions, /"execution"\s*:\s*"([a-z]+)"/.exec(text)?.[1]);
  const finished = wordOf(finishedWords, /"finished"\s*:\s*"([a-z]+)"/.exec(text)?.[1]);
  const known: Execution = execution === undefined || finished === undefined ? "unknown" : execution;
  return { execution: known, finished: finished ?? "none", details: [] };
}

function readDetails(value: unknown, limits: Limits): readonly string[] {
  if (!Array.isArray(value)) return [];
  const texts = value.filter((detail): detail is string => typeof detail === "string");
  return texts.slice(0, limits.feedbackDetails).map((text) => text.slice(0, limits.feedbackDetailCharacters));
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

const wordOf = <T extends Execution | Finished>(words: readonly T[], value: unknown): T | undefined =>
  words.find((word) => word === value);

import type { DdiClient, DdiFeedback } from "../ddi/ddi-client.ts";
import { Unavailable } from "../unavailable.ts";
import type { AgentEvent } from "./agent-event.ts";

/** What an agent tells the server of its actions. `details` are codes, so that the server can count them. */
export class ActionReport {
  readonly #server: Pick<DdiClient, "feedback">;
  readonly #observe: (event: AgentEvent) => void;
  /** The wait that the server knows of, as "action code". */
  #wait: string | undefined;

  constructor(server: Pick<DdiClient, "feedback">, observe: (event: AgentEvent) => void) {
    this.#server = server;
    this.#observe = observe;
  }

  /** A step is done. `withdrawn`: the server has closed the action meanwhile. */
  async step(action: string, step: "downloaded" | "staged" | "installed"): Promise<"told" | "withdrawn"> {
    try {
      await this.#tell(action, "proceeding", "none", [step]);
      return "told";
    } catch (fault) {
      if (isUnwanted(fault)) return "withdrawn";
      throw fault;
    }
  }

  /** Something outside the device has to change first. Told once, however often the server asks. */
  async waiting(action: string, code: string): Promise<void> {
    const wait = `${action} ${code}`;
    if (this.#wait === wait) return;
    await this.#tell(action, "scheduled", "none", [code]);
    this.#wait = wait;
  }

  /** The last word on an action. A server that no longer knows it need not hear it. */
  async close(action: string, finished: "success" | "failure", details: readonly string[]): Promise<void> {
    try {
      await this.#tell(action, "closed", finished, details);
    } catch (fault) {
      if (!isUnwanted(fault)) throw fault;
      this.#observe({ event: "report-unwanted", action });
    }
  }

  async #tell(
    action: string,
    execution: DdiFeedback["execution"],
    finished: DdiFeedback["finished"],
    details: readonly string[],
  ): Promise<void> {
    await this.#server.feedback(action, { execution, finished, details });
    this.#observe({ event: "reported", action, finished, details });
  }
}

const isUnwanted = (fault: unknown): boolean =>
  fault instanceof Unavailable && (fault.code === "gone" || fault.code === "not-found");

/** What the server answers; undefined where it no longer knows the action, which a poll earlier it offered. */
export async function unlessUnwanted<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (fault) {
    if (isUnwanted(fault)) return undefined;
    throw fault;
  }
}

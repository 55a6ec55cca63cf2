import type { Agent, Round } from "@sumac/device";
import type { Observer } from "./observer.ts";

/** One update. A server that has just heard what the device is and runs may see its own offer differently: it is asked again. */
export async function oneRound(agent: Agent, observer: Observer, signal: AbortSignal): Promise<Round> {
  const round = await agent.runOnce(signal);
  return round.did === "nothing" && observer.introduced ? agent.runOnce(signal) : round;
}

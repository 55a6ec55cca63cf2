import type { Link, SmpCall, SmpHandler, SmpMap } from "@sumac/smp";
import { usage } from "../failure.ts";

/** What a simulated device is to suffer, to see how the other end takes it. */
export interface LineFaults {
  /** Every so many answers one is not sent. */
  readonly lostAnswers?: number;
  /** A line of text before each answer, as a boot log has them. */
  readonly chatter: "none" | "some";
  /** After so many bytes of an image or payload, each once: the cable is pulled. */
  readonly unplugAt: readonly number[];
  /** The same, and the device loses its power. */
  readonly resetAt: readonly number[];
  readonly silent: "no" | "yes";
  readonly selfTest: "passes" | "fails";
}

export const faultSummary = "lost-answers=N, chatter, unplug-at=BYTES, reset-at=BYTES, silent or fail-self-test";

export function parseFaults(values: readonly string[]): LineFaults {
  const numbers = (name: string): number[] =>
    values.flatMap((value) => {
      const text = value.startsWith(`${name}=`) ? value.slice(name.length + 1) : undefined;
      return text !== undefined && /^[1-9]\d{0,9}$/.test(text) ? [Number(text)] : [];
    });
  const known = (value: string): boolean =>
    ["chatter", "silent", "fail-self-test"].includes(value) ||
    /^(lost-answers|unplug-at|reset-at)=[1-9]\d{0,9}$/.test(value);
  const unknown = values.find((value) => !known(value));
  if (unknown !== undefined)
    throw usage("bad-value", `--fault ${unknown} is not known`, `give one of: ${faultSummary}`);
  const [lost] = numbers("lost-answers");
  return {
    ...(lost === undefined ? {} : { lostAnswers: lost }),
    chatter: values.includes("chatter") ? "some" : "none",
    unplugAt: numbers("unplug-at"),
    resetAt: numbers("reset-at"),
    silent: values.includes("silent") ? "yes" : "no",
    selfTest: values.includes("fail-self-test") ? "fails" : "passes",
  };
}

/** A line on which answers get lost, and on which the device also prints other things. */
export function faultyLink(link: Link, { lostAnswers, chatter, silent }: LineFaults): Link {
  const text = new TextEncoder().encode("[00:00:01.000] <inf> sensor: pt100 21.5 C\r\n");
  let answers = 0;
  return {
    read: () => link.read(),
    close: () => link.close(),
    async write(bytes) {
      answers++;
      if (silent === "yes") return;
      if (chatter === "some") await link.write(text);
      if (lostAnswers === undefined || answers % lostAnswers !== 0) await link.write(bytes);
    },
  };
}

/** What happens instead of the next answer. */
export type Mishap = "unplugged" | "reset";

/** Watches how much of an image or payload has been taken, and reports each mishap when it is due. */
export class MishapWatch implements SmpHandler {
  readonly #handler: SmpHandler;
  readonly #happen: (mishap: Mishap) => Promise<void>;
  readonly #due: { readonly at: number; readonly mishap: Mishap }[];
  readonly #payloads: readonly { readonly group: number; readonly id: number }[];

  constructor(
    handler: SmpHandler,
    faults: LineFaults,
    payloads: readonly { readonly group: number; readonly id: number }[],
    happen: (mishap: Mishap) => Promise<void>,
  ) {
    this.#handler = handler;
    this.#happen = happen;
    this.#payloads = payloads;
    this.#due = [
      ...faults.unplugAt.map((at) => ({ at, mishap: "unplugged" as const })),
      ...faults.resetAt.map((at) => ({ at, mishap: "reset" as const })),
    ].sort((a, b) => a.at - b.at);
  }

  async handle(call: SmpCall): Promise<SmpMap> {
    const answer = await this.#handler.handle(call);
    const next = this.#due[0];
    const { off, data } = call.body;
    if (next === undefined || typeof off !== "number" || !(data instanceof Uint8Array)) return answer;
    if (!this.#payloads.some(({ group, id }) => group === call.group && id === call.id)) return answer;
    if (off + data.length < next.at) return answer;
    this.#due.shift();
    await this.#happen(next.mishap);
    return answer;
  }

  async afterwards(call: SmpCall): Promise<void> {
    await this.#handler.afterwards?.(call);
  }
}

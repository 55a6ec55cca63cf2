import type { Command, ComponentIndex, Condition, Directive, RepPolicy } from "./command.ts";
import { describeIndex } from "./describe-component.ts";
import { describeParameters } from "./describe-parameters.ts";
import { maxRepPolicy } from "./labels.ts";
import type { CommandSequence, ComponentId } from "./manifest.ts";

const conditionWords: Readonly<Record<Condition, string>> = {
  "vendor-identifier": "stop unless the device is of this vendor",
  "class-identifier": "stop unless the device is of this class",
  "device-identifier": "stop unless it is this very device",
  "image-match": "stop unless the component has the image digest",
  "use-before": "stop if the use-before time has passed",
  "component-slot": "stop unless the component is in this slot",
  "check-content": "stop unless the component holds exactly this content",
  abort: "stop",
};

const directiveWords: Readonly<Record<Directive, string>> = {
  write: "write the content into the component",
  fetch: "fetch the uri into the component",
  copy: "copy the source component into the component",
  invoke: "start the component",
  swap: "swap the component with the source component",
};

/** Bits 0 to 3 (suit.md 2.3). */
const policyWords = ["success", "failure", "system information on success", "system information on failure"];

function reports(policy: RepPolicy): string {
  if (policy === maxRepPolicy) return " [always reported, with system information]";
  const reported = policyWords.filter((_, bit) => (policy >> bit) & 1);
  return reported.length === 0 ? "" : ` [reports ${reported.join(", ")}]`;
}

/** Every command as a line, what belongs to it indented below. */
export const describeSequence = (sequence: CommandSequence, components: readonly ComponentId[]): readonly string[] =>
  sequence.commands.flatMap((command) => describeCommand(command, components));

function describeCommand(command: Command, components: readonly ComponentId[]): readonly string[] {
  switch (command.kind) {
    case "condition":
      return [`${conditionWords[command.condition]}${reports(command.policy)}`];
    case "directive":
      return [`${directiveWords[command.directive]}${reports(command.policy)}`];
    case "set-component-index":
      return [`from here on: ${describeComponentIndex(command.index, components)}`];
    case "override-parameters":
      return ["set parameters", ...indent(describeParameters(command.parameters, components))];
    case "try-each":
      return [
        "try in this order, up to the first that does not stop",
        ...command.sequences.flatMap((sequence, i) =>
          indent([`choice ${i + 1}`, ...indent(describeSequence(sequence, components))]),
        ),
        ...indent([command.orNil ? "if all stop: go on" : "if all stop: fail"]),
      ];
    case "run-sequence":
      return ["run these commands", ...indent(describeSequence(command.sequence, components))];
  }
}

function describeComponentIndex(index: ComponentIndex, components: readonly ComponentId[]): string {
  if (index === "all") return "every component in turn";
  const indices = typeof index === "number" ? [index] : index;
  return indices.map((one) => describeIndex(one, components)).join("; ");
}

export const indent = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

import type { Command, ComponentIndex, Condition, Directive, RepPolicy } from "./command.ts";
import { describeIndex, type IndexSpace } from "./describe-component.ts";
import { parameterLines } from "./describe-parameters.ts";
import { commandSpans, type DescribedLine, indent, line, type ReceivedAt } from "./described-line.ts";
import { parameterSpans } from "./described-spans.ts";
import { maxRepPolicy } from "./labels.ts";
import type { CommandSequence } from "./manifest.ts";

const conditionWords: Readonly<Record<Condition, string>> = {
  "vendor-identifier": "stop unless the device is of the vendor",
  "class-identifier": "stop unless the device is of the class",
  "device-identifier": "stop unless it is this very device",
  "image-match": "stop unless the component has the image digest",
  "image-not-match": "stop if the component has the image digest",
  "use-before": "stop if the use-before time has passed",
  "component-slot": "stop unless the component is in this slot",
  "check-content": "stop unless the component holds exactly this content",
  version: "stop unless the installed version is in this range",
  "dependency-integrity": "stop for good unless the dependency is signed and has the image digest",
  "is-dependency": "stop unless the component is a dependency",
  abort: "stop",
};

const directiveWords: Readonly<Record<Directive, string>> = {
  write: "write the content into the component",
  fetch: "fetch from the uri into the component",
  copy: "copy the source component into the component",
  invoke: "start the component",
  swap: "swap the component with the source component",
  "process-dependency": "run the same section of the dependency",
  unlink: "give the component up: uninstall it once nothing else needs it",
};

/** Bits 0 to 3 (suit.md 2.3). */
const policyWords = ["success", "failure", "system information on success", "system information on failure"];

/** What the device is asked to tell of the outcome; short where it is what nearly every manifest asks. */
function reports(policy: RepPolicy): string {
  if (policy === maxRepPolicy) return "  (reported)";
  const reported = policyWords.filter((_, bit) => (policy >> bit) & 1);
  return reported.length === 0 ? "" : `  (reported: ${reported.join(", ")})`;
}

/** Every command as a line, what belongs to it indented below. */
export function sequenceLines(sequence: CommandSequence, space: IndexSpace): readonly DescribedLine[] {
  const spans = commandSpans(sequence);
  return sequence.commands.flatMap((command, i) => commandLines(command, spans[i], space));
}

function commandLines(command: Command, span: ReceivedAt | undefined, space: IndexSpace): readonly DescribedLine[] {
  switch (command.kind) {
    case "condition":
      return [line(`${conditionWords[command.condition]}${reports(command.policy)}`, span)];
    case "directive":
      return [line(`${directiveWords[command.directive]}${reports(command.policy)}`, span)];
    case "set-component-index":
      return [line(`from here on: ${describeComponentIndex(command.index, space)}`, span)];
    case "override-parameters":
      return [line("set", span), ...indent(parameterLines(command.parameters, space, parameterSpans(span)))];
    case "set-parameters":
      return [
        line("set, where nobody has set it yet", span),
        ...indent(parameterLines(command.parameters, space, parameterSpans(span))),
      ];
    case "try-each":
      return [
        line("try in this order, up to the first that does not stop", span),
        ...command.sequences.flatMap((sequence, i) =>
          indent([line(`choice ${i + 1}`, sequence), ...indent(sequenceLines(sequence, space))]),
        ),
        ...indent([line(command.orNil ? "if all stop: go on" : "if all stop: fail")]),
      ];
    case "run-sequence":
      return [line("run these commands", span), ...indent(sequenceLines(command.sequence, space))];
  }
}

/** Longer lists name their components by index only. */
const maxNamed = 4;

function describeComponentIndex(index: ComponentIndex, space: IndexSpace): string {
  if (index === "all") return space.dependencies ? "every component and dependency in turn" : "every component in turn";
  if (typeof index === "number") return describeIndex(index, space);
  // Their names stand in the list: here they would multiply.
  if (index.length > maxNamed) return `components ${index.join(", ")}`;
  return index.map((one) => describeIndex(one, space)).join("; ");
}

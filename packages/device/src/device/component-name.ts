import { type ComponentId, componentKey } from "@sumac/suit";

/** For people: text where every segment is plain text without a slash, else hex; segments joined by `/`. */
export function componentName(component: ComponentId): string {
  const texts = component.map((segment) => String.fromCharCode(...segment));
  return texts.every((text) => /^[!-.0-~]+$/.test(text)) ? texts.join("/") : componentKey(component);
}

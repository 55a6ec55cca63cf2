const encoded = (text: string): string => encodeURIComponent(text).replaceAll("%3A", ":");

/** `pkg:generic/NAME@VERSION`, for what no package registry knows: a firmware. */
export const genericPurl = (name: string, version: string): string =>
  `pkg:generic/${encoded(name)}@${encoded(version)}`;

const longest = 200;

/** Text of a device, for people: bounded, and without the characters that would steer a terminal. */
export const printableText = (text: string): string =>
  text.slice(0, longest).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "\ufffd");

/**
 * Text of strangers, fit for a terminal: a plugin's message must not move the cursor, rename the window or paint over what
 * stands there. Characters that would are shown as programs write them.
 */

/** C0 but for tab and line feed, DEL, C1, and those that turn the direction of writing. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

export function harmless(text: string): string {
  return text.replace(CONTROL, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

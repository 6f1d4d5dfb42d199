/** How many cells of a terminal a text takes. */

const TAB = 4;

/** Combining marks, joiners and variation selectors lie over the character before them. */
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{20000}-\u{3FFFD}])$/u;

/** The cells of `text` when it starts a line. */
export function widthOf(text: string): number {
  let width = 0;
  for (const char of text) width += char === "\t" ? TAB - (width % TAB) : cellsOf(char);
  return width;
}

/** The text with tabs as spaces and control characters, which could move the cursor, as `�`. */
export function expandTabs(text: string): string {
  let width = 0;
  let expanded = "";
  for (const char of text) {
    const cells = char === "\t" ? TAB - (width % TAB) : cellsOf(char);
    expanded += char === "\t" ? " ".repeat(cells) : visible(char);
    width += cells;
  }
  return expanded;
}

function visible(char: string): string {
  return /^[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069]$/u.test(char) ? "�" : char;
}

function cellsOf(char: string): number {
  if (char < "\u0300") return 1;
  if (visible(char) !== char) return 1;
  if (NO_WIDTH.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}

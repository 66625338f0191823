/** JSON text as bytes, gone over without making anything of it. -1: it is none, or it is too intricate to say. */

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const SPACE = 0x20;
const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const SMALL_E = 0x65;
const SMALL_U = 0x75;
/** Turns a letter of ASCII into a small one. */
const SMALL = 0x20;

/** Deeper is left to whoever does not count on a stack. */
const DEPTH_MAX = 64;

export const UNSURE = -1;

/** The first byte from here on that is no white space. */
export function afterSpace(data: Uint8Array, from: number): number {
  let at = from;
  for (let byte = data[at]; isSpace(byte); byte = data[at]) at++;
  return at;
}

const isSpace = (byte: number | undefined): boolean =>
  byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;

export const isDigit = (byte: number | undefined): byte is number =>
  byte !== undefined && byte >= ZERO && byte <= NINE;

export const isNumberStart = (byte: number | undefined): boolean => byte === MINUS || isDigit(byte);

/** Where the value ends that begins here. */
export function afterValue(data: Uint8Array, at: number, depth = 0): number {
  const byte = data[at];
  if (byte === QUOTE) return afterText(data, at);
  if (isNumberStart(byte)) return afterNumber(data, at);
  if (depth >= DEPTH_MAX) return UNSURE;
  if (byte === OPEN_OBJECT) return afterMembers(data, at, depth);
  if (byte === OPEN_LIST) return afterEntries(data, at, depth);
  return afterWord(data, at);
}

/** Where the text ends whose first quote is here. Whether it is well-formed UTF-8 is for others to say. */
export function afterText(data: Uint8Array, quote: number): number {
  for (let at = quote + 1; ; at++) {
    const byte = data[at];
    if (byte === undefined || byte < SPACE) return UNSURE;
    if (byte === QUOTE) return at + 1;
    if (byte !== BACKSLASH) continue;
    at = afterEscape(data, at + 1) - 1;
    if (at < 0) return UNSURE;
  }
}

/** `"`, `\`, `/`, b, f, n, r, t */
const ESCAPED: readonly number[] = [0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74];

function afterEscape(data: Uint8Array, at: number): number {
  const byte = data[at] ?? 0;
  if (ESCAPED.includes(byte)) return at + 1;
  if (byte !== SMALL_U) return UNSURE;
  for (let n = 1; n <= 4; n++) if (!isHex(data[at + n])) return UNSURE;
  return at + 5;
}

const isHex = (byte: number | undefined): boolean => {
  if (isDigit(byte)) return true;
  const small = (byte ?? 0) | SMALL;
  return small >= 0x61 && small <= 0x66;
};

export function afterNumber(data: Uint8Array, from: number): number {
  let at = data[from] === MINUS ? from + 1 : from;
  if (data[at] === ZERO) at++;
  else at = afterDigits(data, at);
  if (at > 0 && data[at] === DOT) at = afterDigits(data, at + 1);
  if (at > 0 && ((data[at] ?? 0) | SMALL) === SMALL_E) {
    const sign = data[at + 1];
    at = afterDigits(data, sign === PLUS || sign === MINUS ? at + 2 : at + 1);
  }
  return at;
}

/** One at least. */
function afterDigits(data: Uint8Array, from: number): number {
  let at = from;
  while (isDigit(data[at])) at++;
  return at > from ? at : UNSURE;
}

const WORDS = ['true', 'false', 'null'].map((word) =>
  Uint8Array.from(word, (c) => c.charCodeAt(0)),
);

function afterWord(data: Uint8Array, at: number): number {
  const word = WORDS.find((one) => startsWith(data, at, one));
  return word === undefined ? UNSURE : at + word.length;
}

/** Whether these bytes are there. */
export function startsWith(data: Uint8Array, at: number, bytes: Uint8Array): boolean {
  for (let n = 0; n < bytes.length; n++) if (data[at + n] !== bytes[n]) return false;
  return true;
}

function afterMembers(data: Uint8Array, open: number, depth: number): number {
  let at = afterSpace(data, open + 1);
  if (data[at] === CLOSE_OBJECT) return at + 1;
  for (;;) {
    if (data[at] !== QUOTE) return UNSURE;
    const name = afterText(data, at);
    if (name < 0) return UNSURE;
    const colon = afterSpace(data, name);
    if (data[colon] !== COLON) return UNSURE;
    const value = afterValue(data, afterSpace(data, colon + 1), depth + 1);
    if (value < 0) return UNSURE;
    at = afterSpace(data, value);
    if (data[at] === CLOSE_OBJECT) return at + 1;
    if (data[at] !== COMMA) return UNSURE;
    at = afterSpace(data, at + 1);
  }
}

function afterEntries(data: Uint8Array, open: number, depth: number): number {
  let at = afterSpace(data, open + 1);
  if (data[at] === CLOSE_LIST) return at + 1;
  for (;;) {
    const value = afterValue(data, at, depth + 1);
    if (value < 0) return UNSURE;
    at = afterSpace(data, value);
    if (data[at] === CLOSE_LIST) return at + 1;
    if (data[at] !== COMMA) return UNSURE;
    at = afterSpace(data, at + 1);
  }
}

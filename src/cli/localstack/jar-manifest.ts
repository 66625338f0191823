const LINE_BYTES = 72;

/**
 * The manifest of a jar: lines of at most 72 bytes, longer ones going on after a space.
 * https://docs.oracle.com/en/java/javase/17/docs/specs/jar/jar.html#notes-on-manifest-and-signature-files
 */
export function jarManifest(attributes: Readonly<Record<string, string>>): string {
  const lines = [
    'Manifest-Version: 1.0',
    ...Object.entries(attributes).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.map(wrapped).join('')}\r\n`;
}

function wrapped(line: string): string {
  let text = `${line.slice(0, LINE_BYTES)}\r\n`;
  for (let from = LINE_BYTES; from < line.length; from += LINE_BYTES - 1) {
    text += ` ${line.slice(from, from + LINE_BYTES - 1)}\r\n`;
  }
  return text;
}

/** What stands between these in a chapter is its example, and what that prints. */
const EXAMPLE = /<!-- example -->.*<!-- \/example -->/s;

export interface Example {
  readonly file: string;
  readonly code: string;
  readonly printed: string;
}

/** A chapter with its example in it as it is now. Pure. */
export function withExample(chapter: string, { file, code, printed }: Example): string {
  if (!EXAMPLE.test(chapter))
    throw new Error(`the chapter of ${file} has no place for its example`);
  const parts = [
    '<!-- example -->',
    `\`\`\`ts\n${code.trimEnd()}\n\`\`\``,
    `\`npm run example ${file}\` prints:`,
    `\`\`\`text\n${printed.trimEnd()}\n\`\`\``,
    '<!-- /example -->',
  ];
  return chapter.replace(EXAMPLE, () => parts.join('\n\n'));
}

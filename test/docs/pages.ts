import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');

/** A page of documentation, as it is called from the root of the repository. */
export interface Page {
  readonly name: string;
  readonly text: string;
}

/** All pages that people write; what docs/api holds is made of declarations. */
export const pages: readonly Page[] = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((name) => `docs/${name.split(path.sep).join('/')}`)
    .filter((name) => name.endsWith('.md') && !name.startsWith('docs/api/')),
].map((name) => ({ name, text: readFileSync(path.join(root, name), 'utf8') }));

export interface Block {
  /** As the text right before it calls it: `handler.ts`. */
  readonly file: string | undefined;
  readonly code: string;
}

/** The blocks of a page in one language. */
export const blocksOf = ({ text }: Page, language: string): Block[] =>
  [
    ...text.matchAll(
      new RegExp(`(?:^\`([\\w./-]+)\`[^\n]*:\n\n)?^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'),
    ),
  ].map(([, file, code = '']) => ({ file, code }));

/** The text of a page without its code. */
export const proseOf = ({ text }: Page): string =>
  text.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '');

/** What headings can be linked by, as GitHub makes it of them. */
export function anchorsOf({ text }: Page): string[] {
  const headings = [...text.replace(/^```.*?^```/gms, '').matchAll(/^#+ (.+)$/gm)];
  return headings.map(([, heading = '']) =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
}

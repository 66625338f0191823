import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withExample } from './chapters.ts';
import { pictures } from './pictures.ts';

/** Puts the examples, what they print, and pictures of their runs into the chapters of the guide. */
const root = path.resolve(import.meta.dirname, '../..');
const log = console.log;
for (const file of readdirSync(path.join(root, 'examples'))
  .filter((name) => /^\d/.test(name))
  .sort()) {
  let printed = '';
  console.log = (line: string) => {
    printed += `${line}\n`;
  };
  await import(path.join(root, 'examples', file));
  const chapter = path.join(root, 'docs/guide', file.replace(/ts$/, 'md'));
  const code = readFileSync(path.join(root, 'examples', file), 'utf8');
  const example = { file: `examples/${file}`, code, printed };
  writeFileSync(chapter, withExample(readFileSync(chapter, 'utf8'), example));
}
console.log = log;
mkdirSync(path.join(root, 'docs/guide/pictures'), { recursive: true });
for (const [name, svg] of await pictures()) {
  writeFileSync(path.join(root, 'docs/guide/pictures', `${name}.svg`), svg);
}

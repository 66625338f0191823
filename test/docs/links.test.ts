import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { anchorsOf, type Page, pages, proseOf, root } from './pages.ts';

test('there are pages to check', () => {
  expect(pages.length).toBeGreaterThan(15);
  expect(pages.flatMap(linksOf).length).toBeGreaterThan(60);
});

describe.each(pages.map((page) => [page.name, page] as const))('%s', (_, page) => {
  test('links to what there is', () => {
    expect(linksOf(page).filter((link) => !leadsSomewhere(page, link))).toEqual([]);
  });

  test('names only scripts that package.json has', () => {
    expect(unknownScripts(page.text)).toEqual([]);
  });
});

const workflows = readdirSync(path.join(root, '.github/workflows'));

test.each(workflows)('.github/workflows/%s runs only scripts that package.json has', (name) => {
  const text = readFileSync(path.join(root, '.github/workflows', name), 'utf8');
  expect(text).toContain('npm run ');
  expect(unknownScripts(text)).toEqual([]);
});

function unknownScripts(text: string): string[] {
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  // The last is one of the app that `tidemark init` writes.
  const known = [...Object.keys(scripts), 'synth'];
  const named = [...text.matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)];
  return named.flatMap(([, name = '']) => (known.includes(name) ? [] : name));
}

function linksOf(page: Page): string[] {
  return [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
}

function leadsSomewhere(page: Page, link: string): boolean {
  // Nothing is asked of other hosts: their addresses have to be ones.
  if (/^[a-z]+:/.test(link)) return URL.canParse(link) && link.startsWith('https://');
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? page.name : path.posix.join(path.posix.dirname(page.name), file);
  if (!existsSync(path.join(root, target))) return false;
  if (anchor === undefined) return true;
  const linked = pages.find(({ name }) => name === target);
  return linked !== undefined && anchorsOf(linked).includes(anchor);
}

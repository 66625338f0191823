import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { brokenLinks } from './links.ts';
import { htmlOf, type MenuPart, type SitePage, targetOf, titleOf } from './page.ts';

/**
 * `npm run site`: the documentation as a folder of plain pages, site/, that need nothing from elsewhere. Fails
 * at a link that leads nowhere. `npm run reference`, which comes first, makes site/reference.
 */
const root = path.resolve(import.meta.dirname, '../..');
const out = path.join(root, 'site');

const sources = [
  ...['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((name) => `docs/${name.split(path.sep).join('/')}`)
    .filter((name) => name.endsWith('.md') && !name.startsWith('docs/api/'))
    .sort(),
];

const pages = sources.map((source): SitePage => {
  const text = readFileSync(path.join(root, source), 'utf8');
  return { source, target: targetOf(source), title: titleOf(text, source), text };
});

for (const name of existsSync(out) ? readdirSync(out) : []) {
  if (name !== 'reference') rmSync(path.join(out, name), { recursive: true });
}
const menu = menuOf(pages);
for (const page of pages) write(page.target, htmlOf(page, menu));
cpSync(path.join(root, 'docs/guide/pictures'), path.join(out, 'docs/guide/pictures'), {
  recursive: true,
});
cpSync(path.join(import.meta.dirname, 'style.css'), path.join(out, 'style.css'));
// What pages link to besides pages.
for (const file of ['LICENSE']) cpSync(path.join(root, file), path.join(out, file));

const broken = brokenLinks(
  out,
  pages.map(({ target }) => target),
);
for (const link of broken) console.log(link);
console.log(`site/: ${pages.length} pages, ${broken.length} broken links`);
process.exitCode = broken.length > 0 ? 1 : 0;

function write(target: string, html: string): void {
  const file = path.join(out, target);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, html);
}

function menuOf(all: readonly SitePage[]): MenuPart[] {
  const within = (folder: string): SitePage[] =>
    all.filter(({ source }) => path.posix.dirname(source) === folder);
  const first = (some: readonly SitePage[]): SitePage[] =>
    [...some].sort(
      (a, b) => Number(b.target.endsWith('index.html')) - Number(a.target.endsWith('index.html')),
    );
  const reference = { target: 'reference/index.html', title: 'Reference' };
  return [
    { heading: 'Tidemark', entries: [...within('.'), reference] },
    { heading: 'Guide', entries: first(within('docs/guide')) },
    { heading: 'How to', entries: first(within('docs/how-to')) },
    { heading: 'Pages', entries: within('docs') },
    { heading: 'Decisions', entries: within('docs/decisions') },
  ].filter(({ entries }) => entries.length > 0);
}

import path from 'node:path';
import { Marked, Renderer } from 'marked';

/** A page of the site: where it comes from, and where it goes to, both from the root. */
export interface SitePage {
  readonly source: string;
  readonly target: string;
  readonly title: string;
  readonly text: string;
}

/** Where the pages of the repository are in the site: README.md is index.html. */
export const targetOf = (source: string): string =>
  source.replace(/(^|\/)README\.md$/, '$1index.html').replace(/\.md$/, '.html');

export const titleOf = (text: string, source: string): string =>
  /^# (.+)$/m.exec(text)?.[1] ?? path.basename(source, '.md');

/** A page as HTML, with the menu of all of them. Links to pages become links to what is made of them. Pure. */
export function htmlOf(page: SitePage, menu: readonly MenuPart[]): string {
  const up = '../'.repeat(page.target.split('/').length - 1);
  const links = menu.map(({ heading, entries }) => {
    const items = entries.map(({ target, title }) => {
      const current = target === page.target ? ' aria-current="page"' : '';
      return `<li><a href="${up}${target}"${current}>${escaped(title)}</a></li>`;
    });
    return `<h2>${escaped(heading)}</h2><ul>${items.join('')}</ul>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(page.title)} – Tidemark</title>
<link rel="stylesheet" href="${up}style.css">
</head>
<body>
<nav aria-label="Pages">${links.join('')}</nav>
<main>
${marked.parse(page.text)}</main>
</body>
</html>
`;
}

export interface MenuPart {
  readonly heading: string;
  readonly entries: readonly Pick<SitePage, 'target' | 'title'>[];
}

const marked = markedForPages();

function markedForPages(): { parse(text: string): string } {
  const renderer = new Renderer();
  const plain = new Renderer();
  renderer.link = function link(token) {
    plain.parser = this.parser;
    return plain.link({ ...token, href: hrefOf(token.href) });
  };
  renderer.heading = function heading({ tokens, depth, text }) {
    return `<h${depth} id="${anchorOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
  };
  renderer.html = ({ text }) => (text.startsWith('<!--') ? '' : text);
  return new Marked({ renderer, gfm: true }) as unknown as { parse(text: string): string };
}

/** Links to other hosts, and to what is no page, are left as they are. */
function hrefOf(href: string): string {
  if (/^[a-z]+:/.test(href)) return href;
  const [file = '', anchor] = href.split('#');
  return anchor === undefined ? targetOf(file) : `${targetOf(file)}#${anchor}`;
}

/** As GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replaceAll(' ', '-');

const escaped = (text: string): string =>
  text.replace(/`/g, '').replaceAll('&', '&amp;').replaceAll('<', '&lt;');

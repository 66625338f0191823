import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Links of these pages that lead to no file of the site, or to no place of it, as lines to be printed. */
export function brokenLinks(folder: string, targets: readonly string[]): string[] {
  const htmlOf = (target: string): string => readFileSync(path.join(folder, target), 'utf8');
  return targets.flatMap((target) => {
    const links = [...htmlOf(target).matchAll(/(?:href|src)="([^"]+)"/g)];
    return links.flatMap(([, link = '']) => {
      // Code of other hosts, or anything that a page loads from them, is what a site must not have.
      if (/^[a-z]+:/.test(link)) return [];
      const [file = '', anchor] = link.split('#');
      const found = file === '' ? target : path.posix.join(path.posix.dirname(target), file);
      const html = found.endsWith('/') ? `${found}index.html` : found;
      if (!existsSync(path.join(folder, html))) return [`${target}: there is no ${found}`];
      if (anchor === undefined || htmlOf(html).includes(`id="${anchor}"`)) return [];
      return [`${target}: there is no #${anchor} in ${found}`];
    });
  });
}

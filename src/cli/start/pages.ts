import type { Random } from './random.ts';

/** The pages of a shop, the most visited first. */
export const PAGES: readonly string[] = shopPages();

/** A page as visitors choose them: the n-th most visited with a weight of 1/n (Zipf). */
export function zipfPage(random: Random): string {
  const target = random() * (CUMULATIVE.at(-1) ?? 0);
  let low = 0;
  let high = CUMULATIVE.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((CUMULATIVE[middle] ?? 0) > target) high = middle;
    else low = middle + 1;
  }
  return PAGES[low] ?? '/';
}

const CUMULATIVE: readonly number[] = cumulative(PAGES.map((_, index) => 1 / (index + 1)));

function cumulative(weights: readonly number[]): number[] {
  let sum = 0;
  return weights.map((weight) => {
    sum += weight;
    return sum;
  });
}

/** 7 main pages, 12 departments, 168 products, 12 help pages: about 200 paths. */
function shopPages(): string[] {
  const main = ['/', '/products', '/deals', '/search', '/cart', '/account', '/wishlist'];
  const kinds = ['shoes', 'boots', 'jackets', 'shirts', 'socks', 'hats', 'gloves'];
  kinds.push('tents', 'packs', 'stoves', 'lamps', 'maps');
  const departments = kinds.map((kind) => `/products/${kind}`);
  const lines = ['alpine', 'arctic', 'breeze', 'canyon', 'delta', 'ember', 'fjord'];
  lines.push('granite', 'harbor', 'islay', 'juniper', 'karst', 'lagoon', 'mesa');
  const products = lines.flatMap((line) => kinds.map((kind) => `/products/${kind}/${line}`));
  const topics = ['shipping', 'returns', 'sizes', 'payment', 'contact', 'care', 'repairs'];
  topics.push('stores', 'gift-cards', 'privacy', 'terms', 'jobs');
  return [...main, ...departments, ...products, ...topics.map((topic) => `/help/${topic}`)];
}

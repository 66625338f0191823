/** A small writer of SVG: elements are text, and what is given as text is escaped. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

export function element(name: string, attributes: Attributes, content = ''): string {
  const given = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined
      ? []
      : ` ${key}="${typeof value === 'number' ? rounded(value) : escaped(value)}"`,
  );
  return content === ''
    ? `<${name}${given.join('')}/>`
    : `<${name}${given.join('')}>${content}</${name}>`;
}

export const text = (at: Attributes, content: string): string =>
  element('text', at, escaped(content));

/** A whole picture, with a title for whoever cannot see it, that follows the light or dark of its reader. */
export function picture(
  {
    width,
    height,
    title,
  }: { readonly width: number; readonly height: number; readonly title: string },
  parts: readonly string[],
): string {
  const size = { viewBox: `0 0 ${width} ${rounded(height)}`, width, height };
  const content = [
    '',
    element('title', {}, escaped(title)),
    element('style', {}, STYLE),
    ...parts,
    '',
  ];
  const root = { xmlns: 'http://www.w3.org/2000/svg', role: 'img', ...size };
  return `${element('svg', root, content.join('\n'))}\n`;
}

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .small { font-size: 11px; fill: #57606a; }
  .axis { stroke: #d0d7de; }
  .event { fill: #0969da; } .late { fill: #cf222e; } .lost { fill: none; stroke: #cf222e; stroke-width: 2; }
  .result { fill: #dafbe1; stroke: #1a7f37; } .failed { fill: #ffebe9; stroke: #cf222e; }
  .link { stroke: #8c959f; fill: none; } .watermark { stroke: #bc4c00; stroke-width: 2; fill: none; }
  .note { fill: #bc4c00; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .small { fill: #9198a1; } .axis { stroke: #3d444d; }
    .event { fill: #4493f8; } .late { fill: #f85149; } .lost { stroke: #f85149; }
    .result { fill: #12261e; stroke: #3fb950; } .failed { fill: #25171c; stroke: #f85149; }
    .link { stroke: #656c76; } .watermark { stroke: #db6d28; } .note { fill: #db6d28; }
  }
`;

const rounded = (value: number): number => Math.round(value * 10) / 10;

const escaped = (value: string): string =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

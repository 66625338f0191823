const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `30s`, `5m`, `500ms`, `1.5h`, `2d` in ms; `undefined` where the text is no whole number of ms. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  const unit = UNITS[match?.[2] ?? ''];
  if (match === null || unit === undefined) return undefined;
  const durationMs = Math.round(Number(match[1]) * unit * 1_000) / 1_000;
  return Number.isSafeInteger(durationMs) ? durationMs : undefined;
}

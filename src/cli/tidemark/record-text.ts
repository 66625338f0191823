/** Bytes as text, or `undefined` where they are none. */
export function textOf(data: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(data);
  } catch {
    return undefined;
  }
}

/** For JSON: `data` where the bytes are text, else `base64`. */
export function dataJson(data: Uint8Array): { data: string } | { base64: string } {
  const text = textOf(data);
  return text === undefined ? { base64: Buffer.from(data).toString('base64') } : { data: text };
}

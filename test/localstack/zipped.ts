import { crc32 } from 'node:zlib';

/**
 * A zip of one file, not compressed: how Lambda takes code.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export function zipped(file: string, content: Uint8Array): Buffer {
  const name = Buffer.from(file);
  const about = Buffer.alloc(26);
  about.writeUInt16LE(20, 0); // The version that can read it.
  about.writeUInt16LE(0x21, 8); // 1 January 1980, the first day that there is.
  about.writeUInt32LE(crc32(content), 10);
  about.writeUInt32LE(content.length, 14);
  about.writeUInt32LE(content.length, 18);
  about.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([signature(0x04034b50), about, name, content]);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(0o100644 * 0x10000, 6); // Readable for all.
  const made = Buffer.from([20, 3]);
  const entry = Buffer.concat([signature(0x02014b50), made, about, rest, name]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(entry.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, entry, signature(0x06054b50), end]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

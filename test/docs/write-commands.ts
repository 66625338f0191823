import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { commandsDocument } from './commands-document.ts';

/** `npm run commands-document`: writes the helps of all commands into their document. */
const file = path.resolve(import.meta.dirname, '../../docs/commands.md');
writeFileSync(file, commandsDocument(readFileSync(file, 'utf8')));

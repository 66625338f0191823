import type { Command } from 'commander';
import { commands } from '../../src/cli/tidemark/command.ts';

/** What is written by hand ends here. */
const MARK = '<!-- From here on: npm run commands-document -->';

/** The document with the help of every command as it is now. */
export function commandsDocument(document: string): string {
  const end = document.indexOf(MARK);
  if (end < 0) throw new Error(`the document has no ${MARK}`);
  const screen = { write: () => {} };
  const { signal } = new AbortController();
  const program = commands({ out: screen, err: screen, now: () => 0, signal }, () => {});
  const helps = program.commands.flatMap((command) => helpOf(command, 'tidemark'));
  return `${document.slice(0, end)}${MARK}\n\n${helps.join('\n\n')}\n`;
}

function helpOf(command: Command, parent: string): string[] {
  const name = `${parent} ${command.name()}`;
  command.configureHelp({ helpWidth: 90 });
  if (command.commands.length > 0) return command.commands.flatMap((one) => helpOf(one, name));
  let text = '';
  command.configureOutput({ writeOut: (more) => (text += more), getOutHasColors: () => false });
  command.outputHelp();
  return [`## ${name}\n\n\`\`\`text\n${text.trimEnd()}\n\`\`\``];
}

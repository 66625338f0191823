import type { Ready } from './run-command.ts';
import { checkEmpty, writeStarter } from './starter.ts';
import type { Terminal } from './terminal.ts';

/** Makes it ready to write a starter. Throws where something is there already. */
export function prepareInit(folder: string, { out }: Terminal): Ready {
  checkEmpty(folder);
  return async () => {
    const files = writeStarter(folder);
    const next = ['cd', 'npm install', 'npm test', 'npm run synth'];
    const steps = next.map((step) => `  ${step === 'cd' ? `cd ${folder}` : step}`);
    out.write(
      [`${folder}:`, ...files.map((file) => `  ${file}`), 'Next:', ...steps, ''].join('\n'),
    );
  };
}

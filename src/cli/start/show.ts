import type { Deployment } from './deployment.ts';
import type { FunctionMessage, ToldOutput } from './function-settings.ts';
import { type Change, type FiredOutput, newModel, reduce, type StartModel } from './model.ts';
import type { WriteUnits } from './summary.ts';
import { type Screen, terminalView, type View } from './terminal.ts';

const UPDATE_EVERY_MS = 100;

export interface ShowOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
  readonly screen: Screen;
}

/** Takes what happens from all sides, keeps the sums, and shows it as it changes. */
export class Show {
  readonly #tables: Deployment['tables'];
  readonly #now: () => number;
  readonly #view: View;
  readonly #timer: NodeJS.Timeout;
  readonly #units = { segments: 0, control: 0, results: 0, deadLetters: 0 };
  #model: StartModel;
  #ended = false;

  constructor(title: string, tables: Deployment['tables'], options: ShowOptions) {
    this.#tables = tables;
    this.#now = options.now;
    this.#view = terminalView(options);
    this.#model = newModel(title);
    this.#timer = setInterval(() => this.#view.update(this.#model), UPDATE_EVERY_MS);
  }

  get writeUnits(): WriteUnits {
    return { ...this.#units };
  }

  put(records: number): void {
    this.#change({ kind: 'put', at: this.#now(), records });
  }

  heard(message: FunctionMessage): void {
    switch (message.kind) {
      case 'consumed':
        this.#units[this.#kindOf(message.table)] += message.writeUnits ?? 0;
        break;
      case 'fired':
        this.#change({ kind: 'fired', at: this.#now(), outputs: message.outputs.map(counted) });
        break;
      case 'observed':
        this.#change({ kind: 'observed', observation: message.observation });
    }
  }

  failed(error: unknown): void {
    this.#change({
      kind: 'observed',
      observation: { kind: 'failed', stage: '', what: 'an invocation', error },
    });
  }

  /** Shows the last state; nothing is shown afterwards. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    this.#view.done(this.#model);
  }

  #change(change: Change): void {
    this.#model = reduce(this.#model, change);
  }

  #kindOf(table: string): keyof WriteUnits {
    if (table === this.#tables.control) return 'control';
    if (table === this.#tables.state) return 'segments';
    return table === this.#tables.deadLetters ? 'deadLetters' : 'results';
  }
}

const counted = ({ value, ...output }: ToldOutput): FiredOutput => ({
  ...output,
  value: Number(value),
});

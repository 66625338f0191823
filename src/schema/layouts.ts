import { type Field, fits } from './fields.ts';

/** So many layouts are known at a time. */
const KNOWN_MAX = 8;
/** Whoever writes each event in another way must not have an expression made for each. */
const LEARNT_MAX = 64;

/**
 * Reads the declared fields of events that are written as others before were: the same properties in the same
 * order, each with the same sort of value. All of such a layout is one regular expression, which goes over an
 * event once, and keeps what is asked for.
 */
export class Layouts {
  readonly #fields: readonly Field[];
  /** Those of late come first. */
  readonly #known: Layout[] = [];
  #learnt = 0;

  constructor(fields: readonly Field[]) {
    this.#fields = fields;
  }

  /** The event; `undefined`: it is written in no way that is known. */
  read(text: string): unknown {
    const known = this.#known;
    for (let n = 0; n < known.length; n++) {
      const layout = known[n] as Layout;
      const found = layout.whole.exec(text);
      if (found === null) continue;
      if (n > 0) {
        known[n] = known[n - 1] as Layout;
        known[n - 1] = layout;
      }
      return eventIn(found, layout.kept);
    }
    return undefined;
  }

  /** Others may be written as this one is, which is an event of the schema. */
  learn(text: string): void {
    if (this.#learnt >= LEARNT_MAX) return;
    this.#learnt++;
    const layout = layoutOf(text, this.#fields);
    if (layout === undefined) return;
    if (this.#known.length >= KNOWN_MAX) this.#known.pop();
    this.#known.push(layout);
  }
}

interface Layout {
  /** Of the whole event, with a group for each value that is kept. */
  readonly whole: RegExp;
  /** In the order of the fields. */
  readonly kept: readonly Kept[];
}

/** A value that is kept: by which group, of which field, and how it is written. */
interface Kept {
  readonly group: number;
  readonly field: Field;
  readonly sort: Sort;
}

type Sort = 'text' | 'number' | 'word';

function eventIn(found: RegExpExecArray, kept: readonly Kept[]): unknown {
  const event: Record<string, unknown> = {};
  for (let n = 0; n < kept.length; n++) {
    const { group, field, sort } = kept[n] as Kept;
    const text = found[group] as string;
    if (sort === 'text') event[field.name] = text;
    else if (sort === 'number') event[field.name] = Number(text);
    else {
      const value = wordOf(text);
      // null where there was a boolean, or the other way round.
      if (!fits(field, value)) return undefined;
      event[field.name] = value;
    }
  }
  return event;
}

const wordOf = (text: string): boolean | null => (text === 'null' ? null : text === 'true');

/** White space of JSON. */
const SPACE = '[ \\t\\n\\r]*';
/** ASCII without escapes: then a text is what stands there, whatever its encoding. */
const TEXT = '[\\x20!#-\\[\\]-\\x7f]*';
const NUMBER = '-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][-+]?\\d+)?';
const WORD = 'true|false|null';
const ANY = `(?:"${TEXT}"|${NUMBER}|${WORD})`;

const VALUES: Readonly<Record<Sort, string>> = {
  text: `"(${TEXT})"`,
  number: `(${NUMBER})`,
  word: `(${WORD})`,
};

const BEGIN = new RegExp(`^${SPACE}\\{`);
const PROPERTY = new RegExp(
  `${SPACE}"(${TEXT})"${SPACE}:${SPACE}(?:"${TEXT}"|(${NUMBER})|(${WORD}))${SPACE}([,}])`,
  'y',
);

/** The layout of an event; none if it has lists, objects, escapes, or text that is not ASCII. */
function layoutOf(text: string, fields: readonly Field[]): Layout | undefined {
  const begin = BEGIN.exec(text);
  if (begin === null) return undefined;
  const properties: string[] = [];
  const groups = new Map<string, Omit<Kept, 'field'>>();
  let group = 0;
  PROPERTY.lastIndex = begin[0].length;
  for (let end = ','; end === ','; ) {
    const found = PROPERTY.exec(text);
    if (found === null) return undefined;
    const [, name = '', number, word] = found;
    end = found[4] as string;
    const isKept = fields.some((field) => field.name === name);
    const sort = number !== undefined ? 'number' : word !== undefined ? 'word' : 'text';
    // Of a property that is there twice the last one counts.
    if (isKept) groups.set(name, { group: ++group, sort });
    const value = isKept ? VALUES[sort] : ANY;
    properties.push(`${SPACE}"${literally(name)}"${SPACE}:${SPACE}${value}${SPACE}`);
  }
  const kept = fields.flatMap((field) => {
    const its = groups.get(field.name);
    return its === undefined ? [] : [{ ...its, field }];
  });
  return { whole: new RegExp(`^${SPACE}\\{${properties.join(',')}\\}${SPACE}$`), kept };
}

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]/-]/g, '\\$&');

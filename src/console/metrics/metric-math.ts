import { ConfigurationError } from '../../errors.ts';

/** One number a period; `undefined` where there is none. */
export type Series = readonly (number | undefined)[];

/** What the names of an expression stand for. */
export interface Scope {
  /** The series of this id. */
  readonly series: (id: string) => Series;
  readonly periodMs: number;
  /** How many periods there are. */
  readonly length: number;
}

type Value = Series | readonly Series[];
type Token = string;

/**
 * Metric math, as far as the dashboards of this library use it: numbers, ids, arithmetic, comparisons,
 * arrays, IF, FILL, SUM and PERIOD. Where a number is missing, what is computed of it is missing.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 *
 * @throws ConfigurationError EXPRESSION_UNKNOWN for anything else
 */
export function evaluate(expression: string, scope: Scope): Series {
  const tokens = expression.match(/\d+(?:\.\d+)?|[A-Za-z_]\w*|[<>=!]=|[-+*/<>(),[\]]/g) ?? [];
  if (tokens.join('') !== expression.replaceAll(' ', '')) throw unknown(expression);
  const value = new Evaluation(expression, tokens, scope).all();
  if (isList(value)) throw unknown(expression);
  return value;
}

const OPERATORS: readonly Readonly<Record<string, (a: number, b: number) => number>>[] = [
  {
    '>': (a, b) => Number(a > b),
    '<': (a, b) => Number(a < b),
    '>=': (a, b) => Number(a >= b),
    '<=': (a, b) => Number(a <= b),
    '==': (a, b) => Number(a === b),
  },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  { '*': (a, b) => a * b, '/': (a, b) => a / b },
];

class Evaluation {
  readonly #expression: string;
  readonly #tokens: readonly Token[];
  readonly #scope: Scope;
  #at = 0;

  constructor(expression: string, tokens: readonly Token[], scope: Scope) {
    this.#expression = expression;
    this.#tokens = tokens;
    this.#scope = scope;
  }

  all(): Value {
    const value = this.#level(0);
    if (this.#at < this.#tokens.length) throw unknown(this.#expression);
    return value;
  }

  /** Operators of one precedence, from the left. */
  #level(precedence: number): Value {
    const operators = OPERATORS[precedence];
    if (operators === undefined) return this.#term();
    let value = this.#level(precedence + 1);
    for (;;) {
      const operator = operators[this.#tokens[this.#at] ?? ''];
      if (operator === undefined) return value;
      this.#at += 1;
      value = this.#pairwise(value, this.#level(precedence + 1), operator);
    }
  }

  #term(): Value {
    const token = this.#tokens[this.#at++] ?? '';
    if (token === '(') return this.#until(')')[0] as Value;
    if (token === '[') return this.#until(']').map((one) => this.#series(one));
    if (/^\d/.test(token)) return this.#constant(Number(token));
    if (!/^[A-Za-z_]/.test(token)) throw unknown(this.#expression);
    if (this.#tokens[this.#at] !== '(') return this.#scope.series(token);
    this.#at += 1;
    return this.#call(token, this.#until(')'));
  }

  #until(end: Token): Value[] {
    const values = [this.#level(0)];
    while (this.#tokens[this.#at] === ',') {
      this.#at += 1;
      values.push(this.#level(0));
    }
    if (this.#tokens[this.#at++] !== end) throw unknown(this.#expression);
    return values;
  }

  #call(name: string, given: readonly Value[]): Value {
    const [first = []] = given;
    if (name === 'SUM' && isList(first)) return this.#sum(first);
    const [one = [], two = [], three] = given.map((value) => this.#series(value));
    switch (name) {
      case 'PERIOD':
        return this.#constant(this.#scope.periodMs / 1_000);
      case 'FILL':
        return one.map((value, n) => value ?? two[n]);
      case 'IF':
        return one.map((value, n) =>
          value === undefined ? undefined : value ? two[n] : three?.[n],
        );
      default:
        throw unknown(this.#expression);
    }
  }

  #sum(list: readonly Series[]): Series {
    return Array.from({ length: this.#scope.length }, (_, n) => {
      const known = list.flatMap((series) => series[n] ?? []);
      return known.length === 0 ? undefined : known.reduce((a, b) => a + b, 0);
    });
  }

  #pairwise(left: Value, right: Value, operator: (a: number, b: number) => number): Series {
    const [a, b] = [this.#series(left), this.#series(right)];
    return Array.from({ length: this.#scope.length }, (_, n) => {
      const [x, y] = [a[n], b[n]];
      if (x === undefined || y === undefined) return undefined;
      const value = operator(x, y);
      return Number.isFinite(value) ? value : undefined;
    });
  }

  #series(value: Value): Series {
    if (isList(value)) throw unknown(this.#expression);
    return value;
  }

  #constant(value: number): Series {
    return Array.from({ length: this.#scope.length }, () => value);
  }
}

const isList = (value: Value): value is readonly Series[] => Array.isArray(value[0]);

const unknown = (expression: string): ConfigurationError =>
  new ConfigurationError(
    'EXPRESSION_UNKNOWN',
    `the expression "${expression}" of a dashboard is not understood here`,
    'CloudWatch may understand it; the local console knows IF, FILL, SUM, PERIOD and arithmetic.',
  );

import { invariant } from '../invariant.ts';
import { isStorable } from '../schema/stored-number.ts';
import type { Change, Condition, Item, Value } from './store.ts';

/** What no store may be asked for, so that all of them refuse the same. Throws InvariantError. */
export function checkUpdate(change: Change, condition: Condition = {}): void {
  checkChange(change);
  for (const part of [condition.equals, condition.below]) {
    for (const [name, value] of Object.entries(part ?? {})) checkValue(name, value);
  }
}

/** The same for items to put: DynamoDB refuses a batch that has a key twice. */
export function checkItems(items: readonly Item[]): void {
  const seen = new Map<string, Set<string>>();
  for (const item of items) {
    const sortKeys = seen.get(item.pk) ?? new Set();
    invariant(!sortKeys.has(item.sk), `"${item.pk}", "${item.sk}" is put once in a call`);
    seen.set(item.pk, sortKeys.add(item.sk));
    for (const [name, value] of Object.entries(item)) checkValue(name, value);
  }
}

function checkChange({ set = {}, add = {} }: Change): void {
  for (const [name, value] of [...Object.entries(set), ...Object.entries(add)]) {
    invariant(name !== 'pk' && name !== 'sk', `a change leaves the key attribute "${name}" alone`);
    checkValue(name, value);
  }
  for (const name of Object.keys(add)) {
    invariant(!Object.hasOwn(set, name), `"${name}" is either set or added to`);
  }
}

function checkValue(name: string, value: Value): void {
  if (typeof value !== 'number') return;
  invariant(isStorable(value), `"${name}" holds a number to store, not ${value}`);
}

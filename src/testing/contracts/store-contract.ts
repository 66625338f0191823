import type { Store } from '../../store/store.ts';
import type { ContractCase } from './contract.ts';
import { storeDeadlineCases } from './store-deadline-cases.ts';
import { storePutCases } from './store-put-cases.ts';
import { storeRangeCases } from './store-range-cases.ts';
import { storeUpdateCases } from './store-update-cases.ts';

/**
 * What every Store promises. Run each case of it against yours, on an open store whose tables exist:
 *
 *     test.each(storeContract)('my store: $name', ({ run }) => run(myStore()));
 */
export const storeContract: readonly ContractCase<Store>[] = [
  ...storeUpdateCases,
  ...storeRangeCases,
  ...storePutCases,
  ...storeDeadlineCases,
];

import { HOURS, SECONDS, table } from 'tidemark';
import type { Job } from './job.ts';
import { entryOf, floorTo, Lateness } from './loop.ts';
import type { Click } from './schemas.ts';
import { clickStream, TABLE } from './streams.ts';

type Waiting = readonly [time: number, id: number];

/** A click is late when no purchase can be its partner any more, which is looked at each second. */
const overAt = (time: number): number => floorTo(time, SECONDS) + SECONDS;

export const j5b: Job = {
  name: 'J5b',
  what: 'click then purchase of one user within 1 h',
  input: 'clicks',
  plan: (schema) => {
    const events = clickStream(schema, 'event_id', 'user_id', 'action');
    const by = (action: string) =>
      events.filter((e) => e.action === action).keyBy((e) => e.user_id);
    return by('click')
      .join(by('purchase'), { after: HOURS })
      .map(({ left, right }) => ({
        user_id: left.user_id,
        click: left.event_id,
        purchase: right.event_id,
        clickTs: Date.parse(left.timestamp),
        purchaseTs: Date.parse(right.timestamp),
      }))
      .to(table(TABLE));
  },
  loop: (emit, isLive) => {
    const users = new Map<number, { clicks: Waiting[]; purchases: Waiting[] }>();
    const lateness = new Lateness(isLive);
    const pair = (user_id: number, [clickTs, click]: Waiting, [purchaseTs, purchase]: Waiting) => {
      if (clickTs > purchaseTs || purchaseTs > clickTs + HOURS) return;
      emit({ user_id, click, purchase, clickTs, purchaseTs });
    };
    return {
      on({ action, user_id, event_id }: Click, time) {
        lateness.see(time);
        const isClick = action === 'click';
        if (!isClick && action !== 'purchase') return;
        if (lateness.isOver(overAt(isClick ? time + HOURS : time))) return;
        const user = entryOf(users, user_id, () => ({ clicks: [], purchases: [] }));
        const me: Waiting = [time, event_id];
        if (isClick) {
          for (const purchase of user.purchases) pair(user_id, me, purchase);
          user.clicks.push(me);
        } else {
          for (const click of user.clicks) pair(user_id, click, me);
          user.purchases.push(me);
        }
      },
      end() {},
    };
  },
  rows: ({ value }) => [value as object],
};

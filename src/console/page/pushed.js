import { byId, say, table } from './dom.js';
import { clock, grouped } from './format.js';

/** @typedef {import('../snapshot.ts').PushedOutline} PushedOutline */
/** @typedef {{ readonly identity: string, readonly message: Readonly<Record<string, unknown>> }} Pushed */

const ROWS_MAX = 50;
/** What is sent again comes soon. */
const REMEMBERED_MAX = 1_000;
const AGAIN_FIRST_MS = 500;
const AGAIN_MAX_MS = 30_000;
/** So that whoever listens is not talked to all the time. */
const SAID_EVERY_MS = 5_000;

const list = table('Alerts, the newest first', [
  { name: 'Time', class: 'time' },
  { name: 'Why', class: 'reason' },
  { name: 'Who', class: 'who' },
  { name: 'Order', class: 'order' },
  { name: 'Orders lately', class: 'number orders' },
  { name: 'Amount', class: 'number' },
]);

/** What a pipeline pushes, heard as any client of it hears it. @param {PushedOutline | null} outline */
export function startPushed(outline) {
  const panel = byId('pushed');
  byId('pushed-list').append(list.element);
  const alerts = newestFirst();
  const announce = announcer();
  if (outline !== null) {
    connect(outline.url, {
      state: (text) => say(byId('pushed-state'), `${text} · ${grouped(alerts.total)} so far`),
      take(text) {
        const pushed = pushedIn(text);
        if (pushed === undefined || !alerts.add(pushed)) return;
        list.show(alerts.rows());
        announce(wordsFor(pushed.message));
      },
    });
  }
  /** @param {string} pipeline that is looked at */
  const choose = (pipeline) => {
    panel.hidden = pipeline !== outline?.pipeline;
  };
  return { choose };
}

/**
 * For as long as the page is open: a connection ends after two hours at the latest, as in AWS, and a new one takes
 * its place. What is pushed meanwhile is missed, and is in the table.
 *
 * @param {string} url
 * @param {{ state: (text: string) => void, take: (text: string) => void }} to
 */
function connect(url, to, waitMs = AGAIN_FIRST_MS) {
  const socket = new WebSocket(url);
  let pauseMs = waitMs;
  to.state('Connecting…');
  socket.onopen = () => {
    pauseMs = AGAIN_FIRST_MS;
    to.state('Connected');
  };
  socket.onmessage = ({ data }) => {
    to.take(String(data));
    to.state('Connected');
  };
  socket.onclose = () => {
    to.state('Not connected, trying again');
    setTimeout(() => connect(url, to, Math.min(2 * pauseMs, AGAIN_MAX_MS)), pauseMs);
  };
}

/** Each identity once, however often it comes. */
function newestFirst() {
  /** @type {Pushed[]} */
  let newest = [];
  const seen = new Set();
  let total = 0;
  return {
    get total() {
      return total;
    },
    /** False for one that was there before. @param {Pushed} pushed */
    add(pushed) {
      if (seen.has(pushed.identity)) return false;
      seen.add(pushed.identity);
      for (const oldest of seen) {
        if (seen.size <= REMEMBERED_MAX) break;
        seen.delete(oldest);
      }
      total += 1;
      newest = [pushed, ...newest].slice(0, ROWS_MAX);
      return true;
    },
    rows: () => newest.map(({ message }) => ({ cells: cellsOf(message) })),
  };
}

/** The newest, and how many came since it said so last. */
function announcer() {
  let silentUntil = 0;
  let waiting = 0;
  let latest = '';
  const tell = () => {
    say(byId('pushed-said'), waiting > 1 ? `${waiting} new alerts, the last: ${latest}` : latest);
    waiting = 0;
    silentUntil = Date.now() + SAID_EVERY_MS;
  };
  /** @param {string} text */
  return (text) => {
    latest = text;
    waiting += 1;
    if (waiting === 1) setTimeout(tell, Math.max(0, silentUntil - Date.now()));
  };
}

/** @param {string} text @returns {Pushed | undefined} */
function pushedIn(text) {
  const told = JSON.parse(text);
  const isPushed = typeof told?.identity === 'string' && typeof told.message === 'object';
  return isPushed && told.message !== null ? told : undefined;
}

/** @param {Readonly<Record<string, unknown>>} message */
function cellsOf({ time, reason, user, order, orders, amount }) {
  return [
    typeof time === 'number' ? clock(time) : '',
    ...[reason, user, order, orders].map((part) => String(part ?? '')),
    pounds(amount),
  ];
}

/** @param {Readonly<Record<string, unknown>>} message */
const wordsFor = ({ reason, user, amount }) => `Alert: ${reason}, ${user}, ${pounds(amount)}`;

/** @param {unknown} amount */
const pounds = (amount) => (typeof amount === 'number' ? `£${amount.toFixed(2)}` : '');

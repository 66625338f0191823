import { byId, say as sayIn } from './dom.js';

/** @typedef {import('../snapshot.ts').Command} Command */
/** @typedef {import('../snapshot.ts').TrafficSnapshot} TrafficSnapshot */

/**
 * The buttons of the head: each sends a command, and says what came of it.
 *
 * @param {() => string} chosen the pipeline that is looked at
 * @param {() => void} repaint when the theme changes
 */
export function startControls(chosen, repaint) {
  const pause = /** @type {HTMLButtonElement} */ (byId('pause'));
  const speed = /** @type {HTMLSelectElement} */ (byId('speed'));
  let paused = false;
  let quietUntil = 0;
  /** @param {string} text */
  const say = (text) => {
    sayIn(byId('said'), text);
    quietUntil = Date.now() + SAID_MS;
  };
  /** @param {Command} command */
  const send = async (command) => {
    try {
      const answer = await fetch('/command', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(command),
      });
      say(answer.ok ? (await answer.json()).text : await answer.text());
    } catch {
      say('The command did not arrive: has npm start ended?');
    }
  };
  pause.addEventListener('click', () => send({ kind: 'pause', paused: !paused }));
  speed.addEventListener('change', () => send({ kind: 'speed', speed: Number(speed.value) }));
  byId('late').addEventListener('click', () => send({ kind: 'late' }));
  byId('poison').addEventListener('click', () => send({ kind: 'poison' }));
  byId('kill').addEventListener('click', () => send({ kind: 'kill', pipeline: chosen() }));
  byId('split').addEventListener('click', () => send({ kind: 'split', pipeline: chosen() }));
  byId('theme').addEventListener('click', () => {
    changeTheme();
    repaint();
  });
  /** @param {TrafficSnapshot} traffic */
  const show = (traffic) => {
    ({ paused } = traffic);
    pause.setAttribute('aria-pressed', String(paused));
    const [icon, text] = pause.children;
    if (icon && text) {
      sayIn(icon, paused ? '▶' : '‖');
      sayIn(text, paused ? 'Resume' : 'Pause');
    }
    if (document.activeElement !== speed) chooseSpeed(speed, traffic.speed);
    if (Date.now() > quietUntil) sayIn(byId('said'), wordsFor(traffic));
  };
  return { say, show };
}

/** How long an answer stays before the line tells of the traffic again, ms. */
const SAID_MS = 6_000;

/** @param {TrafficSnapshot} traffic */
function wordsFor({ ended, paused, perSecond, speed }) {
  if (ended) return 'All of the input is played.';
  if (paused) return 'Paused: nothing is sent, and what was sent is dealt with.';
  const pace = speed === 'max' ? 'as fast as possible' : `at ${speed} times real time`;
  return `${Math.round(perSecond)} records a second, ${pace}.`;
}

/**
 * One that was given on the command line may not be among the choices.
 *
 * @param {HTMLSelectElement} select
 * @param {number | 'max'} speed
 */
function chooseSpeed(select, speed) {
  const value = String(speed);
  if (select.value === value) return;
  if (![...select.options].some((option) => option.value === value)) {
    const option = new Option(speed === 'max' ? 'max' : `${speed}×`, value);
    option.disabled = speed === 'max';
    select.append(option);
  }
  select.value = value;
}

function changeTheme() {
  const root = document.documentElement;
  const isDark =
    root.dataset.theme === 'dark' ||
    (root.dataset.theme === undefined && matchMedia('(prefers-color-scheme: dark)').matches);
  root.dataset.theme = isDark ? 'light' : 'dark';
  try {
    localStorage.setItem('theme', root.dataset.theme);
  } catch {
    // A browser that keeps nothing forgets the choice with the page.
  }
}

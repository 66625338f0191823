import { styleText } from 'node:util';
import type { ClosedWindow, StartModel } from './model.ts';
import { clip, grouped, instantText, printable, windowText } from './terminal-text.ts';

/** How a part of a line looks; `plain` where there are no colours. */
export type Paint = (style: 'bold' | 'dim' | 'yellow' | 'red', text: string) => string;

export const plain: Paint = (_style, text) => text;

export const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false });

const LABEL_COLUMNS = 15;
const LANES_SHOWN = 8;
const OPEN_SHOWN = 6;
const CLOSED_SHOWN = 8;
const TOP_PAGES = 3;

/** The model as lines that fit the width. Pure. */
export function render(model: StartModel, width: number, paint: Paint = plain): string[] {
  const row = (label: string, text: string, style?: 'yellow' | 'red') => {
    const clipped = clip(text, Math.max(1, width - LABEL_COLUMNS));
    const shown = style === undefined ? clipped : paint(style, clipped);
    return `${paint('dim', clip(label, width).padEnd(LABEL_COLUMNS))}${shown}`;
  };
  return [
    paint('bold', clip(printable(model.title), width)),
    '',
    row('events in', eventsText(model)),
    row('left out', leftOutText(model), model.late + model.deadLettered > 0 ? 'yellow' : undefined),
    ...laneRows(model).map(([label, text]) => row(label, text)),
    row('open windows', openText(model)),
    row('closed windows', grouped(model.closedEnds.length)),
    ...model.closedWindows
      .slice(0, CLOSED_SHOWN)
      .map((window) => clip(`  ${closedText(window)}`, width)),
    ...(model.failure === undefined ? [] : [row('last failure', printable(model.failure), 'red')]),
    ...(model.notes.length === 0 ? [] : ['']),
    ...model.notes.map((note) => clip(printable(note), width)),
  ];
}

/** One line for a log that only grows. */
export function progressLine(model: StartModel): string {
  const watermark = Math.min(...model.watermarks.values());
  return [
    `${grouped(model.put)} put`,
    `${grouped(model.gathered)} gathered`,
    `${grouped(model.ratePerSecond)}/s`,
    `watermark ${Number.isFinite(watermark) ? instantText(watermark) : 'none yet'}`,
    `windows ${model.openWindows.length} open, ${grouped(model.closedEnds.length)} closed`,
    `late ${grouped(model.late)}`,
    `dead-lettered ${grouped(model.deadLettered)}`,
    ...(model.failure === undefined ? [] : [`last failure: ${printable(model.failure)}`]),
  ].join(' · ');
}

/** A window with its sum and its top pages. */
export function closedText(window: ClosedWindow): string {
  let total = 0;
  for (const value of window.values.values()) total += value;
  const top = [...window.values]
    .sort(([keyA, a], [keyB, b]) => b - a || (keyA < keyB ? -1 : 1))
    .slice(0, TOP_PAGES)
    .map(([key, value]) => `${printable(key)} ${grouped(value)}`);
  const pages = `${grouped(window.values.size)} page${window.values.size === 1 ? '' : 's'}`;
  return `${windowText(window)}  ${grouped(total)} on ${pages}: ${top.join(' · ')}`;
}

const eventsText = (model: StartModel): string =>
  `${grouped(model.put)} put · ${grouped(model.gathered)} gathered · ${grouped(model.ratePerSecond)}/s`;

const leftOutText = (model: StartModel): string =>
  `${grouped(model.late)} late · ${grouped(model.deadLettered)} dead-lettered · ` +
  `${grouped(model.filtered)} filtered`;

function laneRows({ watermarks }: StartModel): [label: string, text: string][] {
  const lanes = [...watermarks].sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = lanes
    .slice(0, LANES_SHOWN)
    .map(([lane, watermark]): [string, string] => [
      laneLabel(lane),
      `watermark ${instantText(watermark)}`,
    ]);
  const hidden = lanes.slice(LANES_SHOWN).map(([, watermark]) => watermark);
  if (hidden.length === 0) return rows;
  return [...rows, ['', `and ${hidden.length} more from ${instantText(Math.min(...hidden))} on`]];
}

/** Lanes carry the stream and its age in their name; people want the number. */
const laneLabel = (lane: string): string =>
  lane.replace(/^.*shardId-0*(\d+)$/, 'shard $1').slice(-(LABEL_COLUMNS - 1));

function openText({ openWindows }: StartModel): string {
  if (openWindows.length === 0) return 'none';
  const ends = openWindows.slice(0, OPEN_SHOWN).map((end) => instantText(end).slice(11));
  const more = openWindows.length - ends.length;
  const rest = more > 0 ? ` and ${grouped(more)} more` : '';
  return `${grouped(openWindows.length)}, ending ${ends.join(' ')}${rest}`;
}

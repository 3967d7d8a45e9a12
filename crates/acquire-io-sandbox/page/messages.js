// What the sandbox received, newest first.

import { admin } from './admin.js';
import { $, disclosure, h, problem } from './dom.js';
import { follow } from './feed.js';
import { gather } from './gather.js';
import { bodyView, brief, parse, visible } from './text.js';

/** What the list holds at most: rows, and characters of all their bodies. */
const ROWS = 200;
const CHARACTERS = 30_000_000;
/** How long entries are gathered before they are shown together, in milliseconds. */
const GATHER = 50;

/** Newest first: {entry, element}. The element is made when the row is first shown. */
let rows = [];
let characters = 0;
let total = 0;

export function showMessages(onChange) {
  const changed = gather(GATHER, () => {
    $('message-count').textContent = total > 0 ? total : '';
    // A row that is being clicked must not move.
    if ($('message-list').matches(':active')) {
      changed();
    } else {
      show();
      onChange();
    }
  });
  $('clear').addEventListener('click', async () => {
    await clear();
    changed();
  });
  follow(ROWS, {
    onEntry(entry, count) {
      keep(entry);
      total += count;
      changed();
    },
    onState(state) {
      $('connection').className = state;
      $('connection').textContent = state === 'live' ? 'live' : 'no connection, trying again…';
      if (state === 'live') onChange();
    },
    onRestart() {
      show();
      rows[0]?.element.classList.add('before-restart');
    },
  });
}

const size = ({ entry }) => entry.body.length + entry.answer.length;

function keep(entry) {
  const row = { entry, element: null };
  rows.unshift(row);
  characters += size(row);
  while (rows.length > 1 && (rows.length > ROWS || characters > CHARACTERS)) characters -= size(rows.pop());
}

async function clear() {
  // What arrives meanwhile stays.
  const old = new Set(rows);
  const before = total;
  try {
    await admin('DELETE', '/ledger');
    problem('message-problem');
  } catch (error) {
    problem('message-problem', `Not cleared: ${error.message}`);
    return;
  }
  rows = rows.filter((row) => !old.has(row));
  characters = rows.reduce((sum, row) => sum + size(row), 0);
  total -= before;
}

/** Adds the new rows at the top, and takes away at the bottom what is kept no longer. */
function show() {
  const fresh = rows.filter(({ element }) => element === null);
  for (const row of fresh) row.element = view(row.entry);
  const list = $('message-list');
  list.prepend(...fresh.map(({ element }) => element));
  while (list.childElementCount > rows.length) list.lastElementChild.remove();
  $('message-empty').hidden = rows.length > 0;
  $('message-note').textContent = rows.length < total ? `the last ${rows.length} of ${total}` : '';
}

function view(entry) {
  const facts = about(entry);
  const status = entry.status === null ? 'no answer' : String(entry.status);
  const kind = entry.status === null ? 'none' : `s${Math.floor(entry.status / 100)}`;
  const summary = h('summary', {},
    h('time', { datetime: entry.time, title: entry.time }, clock(entry.time)),
    h('span', { class: 'operation' }, entry.operation ?? brief(`${entry.method} ${entry.path}`, 80)),
    h('span', { class: 'whom' }, brief(facts.whom, 80)),
    h('span', { class: 'preview', dir: 'auto' }, brief(facts.text, 200)),
    h('span', { class: 'marks' },
      entry.fault === null ? null : h('span', { class: 'badge fault' }, brief(`fault: ${entry.fault}`, 80)),
      h('span', { class: `badge ${kind}` }, status),
      h('span', { class: `badge ${entry.verdict}` }, entry.verdict)));
  return disclosure({ class: 'message' }, summary, () => [h('div', { class: 'exchange' }, request(entry), answer(entry))]);
}

function request({ method, path, query, version, headers, body, whole, number }) {
  const head = [`${method} ${path}${query === null ? '' : `?${query}`} ${version}`];
  for (const [name, value] of Object.entries(headers)) head.push(`${name}: ${value}`);
  return h('div', {},
    h('h3', {}, `Request ${number}`),
    h('pre', { tabindex: '0', 'aria-label': `head of request ${number}` }, h('code', {}, visible(head.join('\n')))),
    whole ? null : h('p', { class: 'quiet' }, 'The body was not received to its end.'),
    bodyView(body, `request ${number}`));
}

function answer({ status, answer: body, fault, ms, number }) {
  const title = status === null ? 'No answer' : `Answer ${status}`;
  return h('div', {},
    h('h3', {}, title),
    h('p', { class: 'quiet' }, `after ${ms.toLocaleString('en')} ms`,
      fault === null ? null : brief(`, by the fault rule “${fault}”`, 300)),
    status === null ? null : bodyView(body, `answer ${number}`));
}

/** Whom a message is for, and its text. */
function about({ body }) {
  const whole = parse(body);
  const fields = whole?.data ?? whole;
  if (typeof fields !== 'object' || fields === null) return { whom: '', text: '' };
  const place = plain(fields.caseId ?? fields.threadId);
  const to = [fields.to ?? fields.To ?? []].flat();
  const whom = [place && `case ${place}`, to.map(plain).join(', ')];
  const text = fields.message?.message ?? fields.Body ?? fields.subject;
  return { whom: whom.filter(Boolean).join(' → '), text: plain(text) };
}

/** Text and numbers. Nothing else belongs there, and not every browser can print a deep value. */
const plain = (value) => (['string', 'number'].includes(typeof value) ? String(value) : '');

/** The local time of day. */
const clock = (time) => new Date(time).toLocaleTimeString('en-GB');

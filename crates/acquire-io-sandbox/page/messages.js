// What the sandbox received, newest first.

import { admin } from './admin.js';
import { $, disclosure, h, problem } from './dom.js';
import { follow } from './feed.js';
import { bodyView, parse, visible } from './text.js';

/** What the list holds at most: rows, and characters of all their bodies. */
const ROWS = 200;
const CHARACTERS = 30_000_000;
/** How long entries are gathered before they are shown together, in milliseconds. */
const GATHER = 50;

/** Newest first: {element, size}. */
const rows = [];
let gathered = [];
let total = 0;

export function showMessages(onChange) {
  $('clear').addEventListener('click', clear);
  follow(ROWS, {
    onEntry(entry) {
      if (gathered.length === 0) setTimeout(() => flush(onChange), GATHER);
      gathered.push(entry);
      if (gathered.length > ROWS) gathered.shift();
      total++;
    },
    onState(state) {
      $('connection').className = state;
      $('connection').textContent = state === 'live' ? 'live' : 'no connection, trying again…';
      if (state === 'live') onChange();
    },
    onRestart() {
      if (rows.length > 0) rows[0].element.classList.add('before-restart');
    },
  });
}

function flush(onChange) {
  const fresh = gathered.map((entry) => {
    const size = entry.body.length + entry.answer.length;
    return { element: row(entry), size };
  });
  gathered = [];
  fresh.reverse();
  $('message-list').prepend(...fresh.map(({ element }) => element));
  rows.unshift(...fresh);
  let characters = 0;
  const kept = rows.findIndex((it, index) => {
    characters += it.size;
    return index >= ROWS || (characters > CHARACTERS && index > 0);
  });
  if (kept >= 0) rows.splice(kept).forEach(({ element }) => element.remove());
  count();
  onChange();
}

function count() {
  $('message-empty').hidden = rows.length > 0;
  $('message-count').textContent = total > 0 ? total : '';
  $('message-note').textContent = rows.length < total ? `the last ${rows.length} of ${total}` : '';
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
  old.forEach(({ element }) => element.remove());
  rows.splice(0, rows.length, ...rows.filter((row) => !old.has(row)));
  total -= before;
  count();
}

function row(entry) {
  const facts = about(entry);
  const status = entry.status === null ? 'no answer' : String(entry.status);
  const kind = entry.status === null ? 'none' : `s${Math.floor(entry.status / 100)}`;
  const summary = h('summary', {},
    h('time', { datetime: entry.time, title: entry.time }, clock(entry.time)),
    h('span', { class: 'operation' }, entry.operation ?? visible(`${entry.method} ${entry.path}`)),
    h('span', { class: 'whom' }, visible(facts.whom)),
    h('span', { class: 'preview', dir: 'auto' }, visible(facts.text)),
    h('span', { class: 'marks' },
      entry.fault === null ? null : h('span', { class: 'badge fault' }, visible(`fault: ${entry.fault}`)),
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
      fault === null ? null : visible(`, by the fault rule “${fault}”`)),
    status === null ? null : bodyView(body, `answer ${number}`));
}

/** Whom a message is for, and its text. */
function about({ body }) {
  const whole = parse(body);
  const fields = whole?.data ?? whole;
  if (typeof fields !== 'object' || fields === null) return { whom: '', text: '' };
  const place = fields.caseId ?? fields.threadId;
  const to = [fields.to ?? fields.To ?? []].flat();
  const whom = [place === undefined ? '' : `case ${short(place)}`, to.map(short).join(', ')];
  const text = fields.message?.message ?? fields.Body ?? fields.subject ?? '';
  return { whom: cut(whom.filter(Boolean).join(' → '), 80), text: cut(short(text), 200) };
}

const short = (value) => (typeof value === 'string' ? value : JSON.stringify(value) ?? '');
const cut = (text, most) => (text.length > most ? `${text.slice(0, most)}…` : text);

/** The local time of day. */
function clock(time) {
  const date = new Date(time);
  const two = (number) => String(number).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

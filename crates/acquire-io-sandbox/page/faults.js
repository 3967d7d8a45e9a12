// The fault rules: what is in force, and a form for more.

import { admin } from './admin.js';
import { $, h, problem } from './dom.js';
import { bodyView, brief, indent } from './text.js';

const PRESETS = {
  'answer 503, retry after 1 s': { type: 'answer', status: 503, headers: { 'retry-after': '1' } },
  'answer 429, retry after 1 s': { type: 'answer', status: 429, headers: { 'retry-after': '1' } },
  'answer 500': { type: 'answer', status: 500 },
  'answer 500, but accept the message': { type: 'answer', status: 500, accept: true },
  'answer with a web page': {
    type: 'answer', status: 502, contentType: 'text/html', body: '<html><body>Bad gateway</body></html>',
  },
  'wait 2 s': { type: 'delay', ms: 2_000 },
  'redirect': { type: 'redirect', status: 307, location: '/elsewhere' },
  'reset the connection before the body': { type: 'break', stage: 'head', how: 'reset' },
  'accept the message, then reset the connection': { type: 'break', stage: 'received', how: 'reset' },
  'cut the answer in two': { type: 'break', stage: 'answer-body', how: 'close' },
  'never answer': { type: 'hang', stage: 'received' },
  'a strange answer': { type: 'strange', seed: 1 },
};

/** By their IDs: {element, update}. */
const shown = new Map();
let asked = 0;

/** The list anew. Called whenever something may have changed. */
export async function refreshFaults() {
  const turn = ++asked;
  try {
    const rules = await admin('GET', '/faults');
    // An answer that was overtaken.
    if (turn === asked) show(rules);
  } catch {
    // The state of the connection is shown elsewhere.
  }
}

export function showFaults() {
  const form = $('fault-form');
  form.elements.preset.append(...Object.keys(PRESETS).map((name) => h('option', {}, name)));
  form.addEventListener('input', ({ target }) => {
    if (target !== form.elements.rule) compose(form);
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    await act('Not added', () => admin('POST', '/faults', form.elements.rule.value));
  });
  compose(form);
}

/** The operations to choose from. */
export function offerOperations(ids) {
  const { operation } = $('fault-form').elements;
  operation.replaceChildren(operation.firstElementChild, ...ids.map((id) => h('option', {}, id)));
}

/** The rule that the fields describe. */
function compose({ elements }) {
  const text = (name) => elements[name].value.trim() || undefined;
  // As text, so that a long number isn't rounded.
  const number = (name) => (/^[0-9]+$/.test(text(name) ?? '') ? text(name) : undefined);
  const parts = [
    ['operation', text('operation') && JSON.stringify(text('operation'))],
    ['case', number('case')],
    ['recipient', text('recipient') && JSON.stringify(text('recipient'))],
    ['nth', number('nth')],
  ];
  const match = parts.filter(([, value]) => value !== undefined).map(([key, value]) => `"${key}":${value}`);
  const rule = [
    ['name', text('name') && JSON.stringify(text('name'))],
    ['match', match.length > 0 ? `{${match.join()}}` : undefined],
    ['limit', number('limit')],
    ['action', JSON.stringify(PRESETS[elements.preset.value])],
  ];
  const members = rule.filter(([, value]) => value !== undefined).map(([key, value]) => `"${key}":${value}`);
  elements.rule.value = indent(`{${members.join()}}`, 100_000);
}

async function act(failure, action) {
  try {
    await action();
    problem('fault-problem');
  } catch (error) {
    problem('fault-problem', `${failure}: ${error.message}`);
  }
  await refreshFaults();
}

function show(rules) {
  const ids = new Set(rules.map(({ id }) => id));
  for (const [id, { element }] of shown) {
    if (!ids.has(id)) {
      element.remove();
      shown.delete(id);
    }
  }
  for (const listed of rules) {
    if (!shown.has(listed.id)) {
      shown.set(listed.id, item(listed.id));
      $('fault-list').append(shown.get(listed.id).element);
    }
    shown.get(listed.id).update(listed);
  }
  const active = rules.filter(({ rule }) => rule.enabled).length;
  $('fault-count').textContent = active > 0 ? active : '';
  $('fault-empty').hidden = rules.length > 0;
}

function item(id) {
  const name = h('span', { id: `rule-${id}`, class: 'name' });
  const box = h('input', {
    type: 'checkbox',
    role: 'switch',
    onchange: () => act('Not switched', () => admin('PATCH', `/faults/${id}`, JSON.stringify({ enabled: box.checked }))),
  });
  const facts = h('span', { class: 'quiet' });
  const json = h('div');
  let shownJson;
  const remove = h('button', {
    type: 'button',
    'aria-describedby': `rule-${id}`,
    onclick: () => act('Not removed', () => admin('DELETE', `/faults/${id}`)),
  }, 'Remove');
  const element = h('li', { class: 'card' },
    h('label', { class: 'switch' }, box, name),
    facts,
    remove,
    h('details', {}, h('summary', {}, 'JSON'), json));
  const update = ({ rule, matched, acted }) => {
    name.textContent = brief(rule.name ?? action(rule.action), 80);
    box.checked = rule.enabled;
    const what = rule.name === undefined ? '' : `${action(rule.action)}; `;
    facts.textContent = brief(`${what}${which(rule)}`, 200) + `. Met ${matched}, acted on ${acted}.`;
    const text = JSON.stringify(rule);
    // Not each time: a selection in it would be lost.
    if (text !== shownJson) json.replaceChildren(bodyView(text, `rule ${id}`));
    shownJson = text;
  };
  return { element, update };
}

function action({ type, status, ms, stage, how, location }) {
  switch (type) {
    case 'answer': return `answer ${status}`;
    case 'delay': return `wait ${ms} ms`;
    case 'redirect': return `redirect ${status} to ${location}`;
    case 'break': return `${how} the connection (${stage})`;
    case 'hang': return `never answer (${stage})`;
    case 'strange': return 'a strange answer';
    default: return type;
  }
}

function which({ match, limit }) {
  const parts = [match.operation ?? 'any operation'];
  if (match.case !== undefined) parts.push(`case ${match.case}`);
  if (match.recipient !== undefined) parts.push(`to ${match.recipient}`);
  if (match.nth !== undefined) parts.push(`only request ${match.nth}`);
  if (match.every !== undefined) parts.push(`each ${match.every}. request`);
  if (match.probability !== undefined) parts.push(`with probability ${match.probability}`);
  if (limit !== undefined) parts.push(`at most ${limit} times`);
  return parts.join(', ');
}

// The fault rules: a list of those in force, and a form to add one.

import { $, h, problem } from './dom.js';
import { call } from './sandbox.js';
import { bodyView, brief, indent } from './text.js';

/** By their names. */
let presets = {};
/** By their IDs: {element, update}. */
const shown = new Map();
let asked = 0;

/** Refreshes the list. Called whenever something may have changed. */
export async function refreshFaults() {
  const turn = ++asked;
  try {
    const rules = await call('/faults');
    // Not if a newer request has been sent since.
    if (turn === asked) show(rules);
  } catch {
    // The header shows that the connection is lost.
  }
}

export async function startFaults() {
  const form = $('fault-form');
  form.addEventListener('input', ({ target }) => {
    if (target !== form.elements.rule) compose(form);
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    await act('Not added', () => call('/faults', { method: 'POST', json: form.elements.rule.value }));
  });
  try {
    const list = await call('/presets');
    presets = Object.fromEntries(list.map((preset) => [preset.name, preset]));
    form.elements.preset.append(...list.map(({ name, description }) => h('option', { value: name }, description)));
    compose(form);
  } catch (error) {
    problem('fault-problem', `The presets can't be shown: ${error.message}`);
  }
}

/** The rule that the fields describe. */
function compose({ elements }) {
  const text = (name) => elements[name].value.trim() || undefined;
  // Text, so that a long number isn't rounded.
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
    ['action', JSON.stringify(presets[elements.preset.value]?.action)],
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
    onchange: () => act('Not switched', () => call(`/faults/${id}`, { method: 'PATCH', json: JSON.stringify({ enabled: box.checked }) })),
  });
  const facts = h('span', { class: 'quiet' });
  const json = h('div');
  let shownJson;
  const remove = h('button', {
    type: 'button',
    'aria-describedby': `rule-${id}`,
    onclick: () => act('Not removed', () => call(`/faults/${id}`, { method: 'DELETE' })),
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
    facts.textContent = brief(`${what}${which(rule)}`, 200) + `. Matched ${matched}, applied to ${acted}.`;
    const text = JSON.stringify(rule);
    // Only if it changed: a selection in it would be lost.
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
  if (match.every !== undefined) parts.push(`every ${match.every} requests`);
  if (match.probability !== undefined) parts.push(`with probability ${match.probability}`);
  if (limit !== undefined) parts.push(`${limit === 1 ? 'once' : `${limit} times`}`);
  return parts.join(', ');
}

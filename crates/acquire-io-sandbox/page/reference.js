// The API reference, from the server's OpenAPI document, and forms for trying it.

import { $, disclosure, h } from './dom.js';
import { inline, markdown } from './markdown.js';
import { bodyView, visible } from './text.js';

const JSON_TYPE = 'application/json';

export function operationIds(document) {
  return operations(document).map(({ operationId }) => operationId);
}

export function showReference(document) {
  const reader = new Reader(document);
  const all = operations(document);
  const links = all.map(({ operationId, summary }) => h('li', {}, h('a', { href: `#${operationId}` }, summary)));
  $('reference').replaceChildren(
    disclosure({ class: 'card' }, h('summary', {}, `About ${document.info.title} ${document.info.version}`), () =>
      markdown(document.info.description)),
    h('nav', { 'aria-label': 'Operations' }, h('ul', { class: 'links' }, ...links)),
    ...all.map((operation) => reader.operation(operation)));
}

function operations(document) {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ ...operation, path, method: method.toUpperCase() })));
}

class Reader {
  constructor(document) {
    this.document = document;
  }

  /** What a reference refers to, with its name. */
  resolve(value) {
    let name;
    while (value?.$ref) {
      const steps = value.$ref.slice(2).split('/');
      name = steps.at(-1);
      value = steps.reduce((at, step) => at[step.replaceAll('~1', '/').replaceAll('~0', '~')], this.document);
    }
    return { ...value, name: value?.name ?? name };
  }

  operation(operation) {
    const { operationId, summary, description, method, path, responses } = operation;
    const parameters = (operation.parameters ?? []).map((it) => this.resolve(it)).map((it) =>
      ({ ...it, schema: this.resolve(it.schema) }));
    const content = operation.requestBody.content[JSON_TYPE];
    const examples = this.examples(content);
    return h('article', { id: operationId, class: 'card' },
      h('h3', {}, summary),
      h('p', { class: 'endpoint' }, h('code', {}, h('b', {}, method), ` ${path}`)),
      ...markdown(description),
      h('div', { class: 'columns' },
        h('div', {},
          parameters.length > 0 ? h('h4', {}, 'Query parameters') : null,
          parameters.length > 0 ? h('ul', { class: 'schema' }, ...parameters.map((it) => this.parameter(it))) : null,
          h('h4', {}, 'Body'),
          this.members(content.schema),
          h('h4', {}, 'Answers'),
          ...Object.entries(responses).map(([status, response]) => this.response(status, this.resolve(response)))),
        tryIt(operation, parameters, examples)));
  }

  /** The documented bodies: [name, example]. */
  examples({ examples = {} }) {
    // The name `newest` stands after every date.
    return Object.entries(examples).sort(([a], [b]) => (a < b ? 1 : -1)).map(([name, it]) => [name, this.resolve(it)]);
  }

  parameter({ name, schema, required, deprecated, description }) {
    return this.field(name, { ...schema, description }, required, deprecated);
  }

  response(status, { description, content }) {
    const summary = h('summary', {}, h('b', { class: `badge s${status[0]}` }, status), ' ', ...inline(description.trim()));
    // A redirect has no body that is described.
    const body = content?.[JSON_TYPE];
    if (!body) return h('details', { class: 'response' }, summary);
    return disclosure({ class: 'response' }, summary, () => {
      const examples = this.examples(body).map(([name, it]) =>
        disclosure({}, h('summary', {}, `Example ${name}: ${it.summary ?? ''}`), () =>
          [bodyView(JSON.stringify(it.value), `example ${name}`)]));
      const example = body.example ? bodyView(JSON.stringify(body.example), `example ${status}`) : null;
      return [this.members(body.schema), example, ...examples].filter(Boolean);
    });
  }

  /** The members of an object's schema. */
  members(schema) {
    const { properties = {}, required = [], description } = this.resolve(schema);
    const fields = Object.entries(properties).map(([name, it]) => this.field(name, this.resolve(it), required.includes(name)));
    return h('div', {}, ...markdown(description ?? ''), h('ul', { class: 'schema' }, ...fields));
  }

  field(name, schema, required, deprecated) {
    const items = schema.type === 'array' ? this.resolve(schema.items) : schema;
    const head = [
      h('code', { class: 'name' }, name), ' ',
      h('span', { class: 'type' }, this.type(schema)), ' ',
      required ? h('span', { class: 'badge required' }, 'required') : null,
      deprecated ? h('span', { class: 'badge' }, 'deprecated') : null,
    ];
    const text = h('div', { class: 'quiet' }, ...markdown(schema.description ?? ''));
    if (!items.properties) return h('li', {}, h('div', {}, ...head.filter(Boolean)), text);
    // Made when it is opened: schemas refer to themselves.
    return h('li', {}, disclosure({}, h('summary', {}, ...head.filter(Boolean)), () => [this.members(items)]), text);
  }

  type(schema) {
    const { type, name, items, nullable } = schema;
    const base = type === 'array' ? `list of ${this.type(this.resolve(items))}` : schema.format ?? type ?? 'any';
    const named = /^[A-Z]/.test(name ?? '') && type !== 'array' ? `${base} (${name})` : base;
    const rules = [
      schema.enum ? `one of ${schema.enum.map((it) => JSON.stringify(it)).join(', ')}` : '',
      nullable ? 'or null' : '',
    ];
    return [named, ...rules.filter(Boolean)].join(', ');
  }
}

/** A form that sends a request to this server. */
function tryIt({ operationId, method, path, summary }, parameters, examples) {
  const choice = h('select', { name: 'example' }, ...examples.map(([name, it]) =>
    h('option', { value: name }, `${name}: ${it.summary}`)));
  const body = h('textarea', { name: 'body', rows: '12', spellcheck: 'false', autocomplete: 'off' });
  const inputs = parameters.map(({ name, schema }) => {
    const control = schema.enum
      ? h('select', { name }, h('option', { value: '' }, 'none'), ...schema.enum.map((it) => h('option', {}, it)))
      : h('input', { name, placeholder: 'none', autocomplete: 'off' });
    return h('label', {}, name, ' ', control);
  });
  const send = h('button', { type: 'submit', class: 'primary' }, 'Send');
  const cancel = h('button', { type: 'button', hidden: true }, 'Cancel');
  const outcome = h('div', { class: 'outcome', 'aria-live': 'polite' });
  const fill = () => {
    const [, example] = examples.find(([name]) => name === choice.value);
    body.value = JSON.stringify(example.value, null, 2);
  };
  choice.addEventListener('change', fill);
  fill();
  const form = h('form', { class: 'try', 'aria-label': `Try it: ${summary}` },
    h('h4', {}, 'Try it'),
    h('p', { class: 'quiet' }, 'Goes to this sandbox, and to nobody else.'),
    h('label', {}, 'Documented example ', choice),
    ...inputs,
    h('label', {}, 'Body ', body),
    h('p', {}, send, ' ', cancel),
    outcome);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const query = new URLSearchParams();
    for (const { name } of parameters) {
      const { value } = form.elements[name];
      if (value !== '') query.set(name, value);
    }
    const abort = new AbortController();
    cancel.onclick = () => abort.abort();
    send.disabled = true;
    cancel.hidden = false;
    outcome.replaceChildren(h('p', { class: 'quiet' }, 'Waiting for the answer…'));
    const url = query.size > 0 ? `${path}?${query}` : path;
    outcome.replaceChildren(...await exchange(method, url, body.value, abort.signal, operationId));
    outcome.scrollIntoView({ block: 'nearest' });
    cancel.hidden = true;
    send.disabled = false;
  });
  return form;
}

/** Sends a request; what to show of its answer. */
async function exchange(method, url, body, signal, name) {
  const begun = performance.now();
  let answer;
  let text;
  let failure;
  try {
    answer = await fetch(url, {
      method,
      body,
      signal,
      headers: { authorization: `Bearer ${$('key').value}`, 'content-type': JSON_TYPE },
      // A redirect is an answer. To follow it could send the message again, elsewhere.
      redirect: 'manual',
      cache: 'no-store',
    });
    text = await answer.text();
  } catch (error) {
    failure = signal.aborted ? 'Cancelled.' : `The answer did not come whole (${error.message}).`;
  }
  const time = `after ${(performance.now() - begun).toFixed(0)} ms`;
  if (answer?.type === 'opaqueredirect') {
    return [h('p', {}, h('b', { class: 'badge s3' }, '3xx'), ` ${time}. A redirect, which is not followed.`)];
  }
  const parts = [];
  if (answer) {
    const status = h('b', { class: `badge s${Math.floor(answer.status / 100)}` }, `${answer.status} ${answer.statusText}`.trim());
    const head = [...answer.headers].map(([key, value]) => `${key}: ${value}`).join('\n');
    parts.push(h('p', {}, status, ` ${time}`));
    parts.push(h('pre', { tabindex: '0', 'aria-label': 'headers of the answer' }, h('code', {}, visible(head))));
  }
  if (failure !== undefined) parts.push(h('p', { class: 'problem' }, failure));
  else parts.push(bodyView(text, `answer to ${name}`));
  return parts;
}

// One message: how it looks, the request, and the answer.

import { $, copy, h } from './dom.js';
import { call } from './sandbox.js';
import { bodyView, brief, clock, parse, visible } from './text.js';

/** The number of the message that is shown. */
let shown = null;

/** Shows a message, or none. `back` is the address without it. */
export async function showMessage(number, back) {
  const article = $('message');
  $('inbox').classList.toggle('has-message', number !== null);
  if (number === null) {
    article.hidden = true;
    article.replaceChildren();
    shown = null;
    return;
  }
  article.hidden = false;
  if (shown === number) {
    article.querySelector('.back').href = back;
    return;
  }
  shown = number;
  let content;
  try {
    // Encoded, since the number comes from the address and may be any text.
    content = view(await call(`/ledger/${encodeURIComponent(number)}`), back);
  } catch (error) {
    content = [head(brief(`Message ${number}`, 40), back), h('p', { class: 'problem' }, visible(error.message))];
  }
  // Another message was opened meanwhile.
  if (shown !== number) return;
  article.replaceChildren(...content);
  if (matchMedia('(max-width: 64rem)').matches) scrollTo(0, 0);
}

function head(title, back) {
  return h('div', { class: 'head' },
    h('h3', { id: 'message-title', tabindex: '-1' }, title),
    h('a', { class: 'back button', href: back }, 'Close'));
}

function view(entry, back) {
  const { number, operation, verdict, status, reason, fault, time, ms } = entry;
  const body = parse(entry.body);
  const mail = operation === 'sendMailMessage' && typeof body?.data === 'object' ? body.data : null;
  const names = { sendChatMessage: 'Chat message', sendMailMessage: 'E-mail', sendSms: 'SMS' };
  const facts = h('dl', {}, ...[
    ['Received', `${clock(time)}, ${time.slice(0, 10)}`],
    ['Outcome', `${verdict}, ${status === null ? 'no answer' : `answer ${status}`} after ${ms.toLocaleString('en')} ms`],
    ['Reason', reason],
    ['Fault', fault],
    ...mail ? [['From', mail.from], ['To', mail.to], ['Cc', mail.cc], ['Bcc', mail.bcc], ['Subject', mail.subject]] : [],
  ].flatMap(([name, value]) => {
    const text = [value ?? []].flat().filter((it) => ['string', 'number'].includes(typeof it)).join(', ');
    return text === '' ? [] : [h('dt', {}, name), h('dd', { class: name === 'Reason' ? 'reason' : null, dir: 'auto' }, brief(text, 2_000))];
  }));
  const actions = h('p', { class: 'actions' },
    action('Copy link', () => `${location.origin}/#message=${number}`),
    action('Copy as curl', () => call(`/ledger/${number}/curl`)),
    operation === null ? null : action('Copy as acquire command', () => call(`/ledger/${number}/acquire`)));
  return [head(`${names[operation] ?? 'Request'} ${number}`, back), facts, actions, tabs(parts(entry, body, mail))];
}

function action(label, text) {
  const button = h('button', {
    type: 'button',
    onclick: async () => {
      try {
        await copy(await text());
        button.textContent = 'Copied';
      } catch (error) {
        button.textContent = brief(error.message, 100);
      }
      setTimeout(() => { button.textContent = label; }, 2_000);
    },
  }, label);
  return button;
}

/** The tabs: [name, function that makes the content]. */
function parts(entry, body, mail) {
  const { number } = entry;
  const text = entry.operation === 'sendSms' ? body?.Body : body?.message?.message;
  const pre = (value, name) => h('pre', { class: 'text', tabindex: '0', 'aria-label': name, dir: 'auto' }, visible(value));
  const list = [];
  if (typeof mail?.htmlBody === 'string' && mail.htmlBody !== '') list.push(['Preview', () => preview(number)]);
  if (typeof mail?.textBody === 'string' && mail.textBody !== '') list.push(['Text', () => pre(mail.textBody, 'text of the e-mail')]);
  if (typeof mail?.htmlBody === 'string' && mail.htmlBody !== '') list.push(['Source', () => bodyView(mail.htmlBody, `source of e-mail ${number}`)]);
  if (typeof text === 'string') list.push(['Message', () => pre(text, 'text of the message')]);
  list.push(['Request', () => request(entry)], ['Answer', () => answer(entry)]);
  return list;
}

/** An e-mail, in a frame that runs no scripts and loads nothing. */
function preview(number) {
  const frame = h('iframe', {
    sandbox: '', src: `/_sandbox/ledger/${number}/html`, title: `E-mail ${number}`, referrerpolicy: 'no-referrer',
  });
  const widths = [['Full width', false], ['Phone width', true]].map(([label, isPhone]) => h('button', {
    type: 'button',
    'aria-pressed': String(!isPhone),
    onclick: ({ currentTarget }) => {
      frame.classList.toggle('phone', isPhone);
      for (const button of widths) button.setAttribute('aria-pressed', String(button === currentTarget));
    },
  }, label));
  return h('div', {}, h('p', { class: 'actions widths' }, ...widths,
    h('span', { class: 'quiet' }, 'Scripts and remote content are blocked.')), frame);
}

function request({ method, path, query, version, headers, body, whole, number }) {
  const lines = [`${method} ${path}${query === null ? '' : `?${query}`} ${version}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  return h('div', {},
    h('pre', { tabindex: '0', 'aria-label': `head of request ${number}` }, h('code', {}, visible(lines.join('\n')))),
    whole ? null : h('p', { class: 'quiet' }, 'The body is incomplete.'),
    bodyView(body, `request ${number}`));
}

function answer({ status, answer: body, number }) {
  return status === null ? h('p', { class: 'quiet' }, 'There was no answer.') : bodyView(body, `answer ${number}`);
}

/** Tabs for mouse, keyboard and screen reader. */
function tabs(list) {
  const panel = h('div', { role: 'tabpanel', id: 'panel', tabindex: '0', 'aria-labelledby': 'tab-0' });
  const select = (at) => {
    buttons.forEach((button, index) => {
      button.setAttribute('aria-selected', String(index === at));
      button.tabIndex = index === at ? 0 : -1;
    });
    panel.setAttribute('aria-labelledby', `tab-${at}`);
    panel.replaceChildren(list[at][1]());
  };
  const buttons = list.map(([name], at) => h('button', {
    type: 'button', role: 'tab', id: `tab-${at}`, 'aria-controls': 'panel', onclick: () => select(at),
    onkeydown: ({ key }) => {
      const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[key];
      if (next === undefined) return;
      const to = (next + list.length) % list.length;
      select(to);
      buttons[to].focus();
    },
  }, name));
  const bar = h('div', { role: 'tablist', 'aria-label': 'Views of the message' }, ...buttons);
  select(0);
  return h('div', {}, bar, panel);
}

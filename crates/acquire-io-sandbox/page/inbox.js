// The messages: a list, newest first, or the conversation of a case.

import { $, arrange, h, problem } from './dom.js';
import { showMessage } from './message.js';
import { call } from './sandbox.js';
import { brief, clock, visible } from './text.js';

/** How many messages are shown at first, and how many more by each click. */
const ROWS = 200;

/** The address: filters, and the message that is open. */
let place = new URLSearchParams();
/** Newest first. */
let messages = [];
let wanted = ROWS;
let hasMore = false;
/** By number: {time, row, bubble}, created when first shown. */
const elements = new Map();
let turn = 0;

const FILTERS = ['text', 'channel', 'verdict', 'case'];
const KINDS = { message: '', note: 'Note', event: 'Event', mail: '', sms: '' };

const filters = () => new URLSearchParams(FILTERS.filter((name) => place.get(name)).map((name) => [name, place.get(name)]));
const isConversation = () => place.has('case') && !place.has('text');

/** The address of the inbox with other values. */
function address(changes) {
  const next = new URLSearchParams(place);
  for (const [name, value] of Object.entries(changes)) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  return `#${next}`;
}

export function startInbox() {
  $('filters').addEventListener('submit', (event) => event.preventDefault());
  for (const name of FILTERS) {
    $(name).addEventListener('input', () => {
      const next = address({ [name]: $(name).value, message: null });
      // So that typing doesn't fill the history.
      history.replaceState(null, '', next);
      showInbox(new URLSearchParams(next.slice(1)));
    });
  }
  $('older').addEventListener('click', () => {
    wanted += ROWS;
    older();
  });
  $('clear').addEventListener('click', () => {
    $('clear-text').textContent = 'All messages and requests are deleted from the ledger. This can’t be undone.';
    $('clear-dialog').showModal();
  });
  $('clear-no').addEventListener('click', () => $('clear-dialog').close());
  $('clear-yes').addEventListener('click', clear);
  $('copy-close').addEventListener('click', () => $('copy-dialog').close());
  document.addEventListener('keydown', keys);
}

/** Shows what an address names. */
export function showInbox(next) {
  const before = `${filters()}`;
  place = next;
  for (const name of FILTERS) {
    const value = place.get(name) ?? '';
    if (name === 'case' && value && ![...$('case').options].some((it) => it.value === value)) {
      $('case').append(h('option', { value }, brief(`Case ${value}`, 30)));
    }
    if ($(name).value !== value) $(name).value = value;
  }
  if (`${filters()}` !== before) {
    messages = [];
    wanted = ROWS;
    refreshInbox();
  } else {
    show();
  }
  showMessage(place.get('message'), address({ message: null }));
}

/** Fetches the newest messages. Called whenever something may have changed. */
export async function refreshInbox() {
  const own = ++turn;
  try {
    const [page, conversations] = await Promise.all([call(`/messages?${filters()}`), call('/conversations')]);
    // A newer request has been sent since.
    if (own !== turn) return;
    merge(page);
    showConversations(conversations, page.received);
    $('message-count').textContent = page.received || '';
    document.title = `${page.received ? `(${page.received}) ` : ''}Acquire sandbox (unofficial)`;
    problem('inbox-problem');
    settle(page);
  } catch (error) {
    if (own === turn && $('connection').className === 'live') problem('inbox-problem', error.message);
  }
}

/** Puts the newest messages before the known ones, if there is no gap between them. */
function merge(page) {
  const oldest = page.messages.at(-1)?.number ?? 0;
  const known = new Set(messages.map(({ number }) => number));
  const follows = page.more && page.messages.some(({ number }) => known.has(number));
  const rest = follows ? messages.filter(({ number }) => number < oldest) : [];
  hasMore = rest.length > 0 ? hasMore : page.more;
  messages = [...page.messages, ...rest];
  trim();
}

function trim() {
  hasMore ||= messages.length > wanted;
  messages = messages.slice(0, wanted);
  const kept = new Set(messages.map(({ number }) => number));
  for (const number of elements.keys()) if (!kept.has(number)) elements.delete(number);
}

async function older() {
  const query = filters();
  query.set('before', messages.at(-1)?.number ?? 0);
  try {
    const page = await call(`/messages?${query}`);
    messages = [...messages, ...page.messages];
    hasMore = page.more;
    trim();
    show();
  } catch (error) {
    problem('inbox-problem', `Not loaded: ${error.message}`);
  }
}

async function clear() {
  $('clear-dialog').close();
  try {
    await call('/ledger', { method: 'DELETE' });
    location.hash = '';
    messages = [];
  } catch (error) {
    problem('inbox-problem', `Not cleared: ${error.message}`);
  }
  await refreshInbox();
}

/** Shows the list as soon as nothing in it is being clicked: what is under the pointer must not move. */
function settle({ received, kept }) {
  if ($('list').matches(':active')) {
    setTimeout(() => settle({ received, kept }), 50);
    return;
  }
  $('empty').hidden = received > 0;
  $('clear').disabled = received === 0;
  $('none').hidden = received === 0 || messages.length > 0;
  $('note').textContent = received > kept ? `${(received - kept).toLocaleString('en')} older ones are no longer in the ledger.` : '';
  show();
}

function show() {
  const talk = isConversation();
  $('messages').className = talk ? 'talk' : 'rows';
  $('list-title').hidden = !talk;
  $('list-title').textContent = brief(`Case ${place.get('case')}`, 40);
  const list = messages.map((message) => {
    const { number, time } = message;
    // Another server may use the same numbers.
    if (elements.get(number)?.time !== time) elements.set(number, { time });
    const made = elements.get(number);
    return talk ? made.bubble ??= bubble(message) : made.row ??= row(message);
  });
  const wasAtEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 60;
  arrange($('messages'), talk ? list.reverse() : list);
  if (talk && wasAtEnd) $('messages').lastElementChild?.scrollIntoView({ block: 'nearest' });
  $('older').hidden = !hasMore;
  $('export').href = `/_sandbox/messages.ndjson?${filters()}`;
  const open = place.get('message');
  for (const link of $('messages').querySelectorAll('a')) {
    if (link.dataset.number === open) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
    link.hash = address({ message: link.dataset.number });
  }
}

/** Who speaks, as a class and as a word. */
function voice({ channel, kind, side }) {
  if (channel === null) return ['request', 'Request'];
  if (kind === 'note' || kind === 'event') return [kind, KINDS[kind]];
  return side === 'contact' ? ['contact', 'Contact'] : ['agent', 'Agent'];
}

function marks({ verdict, status, fault }) {
  return [
    fault === null ? null : h('span', { class: 'badge fault' }, brief(`fault: ${fault}`, 60)),
    h('span', { class: `badge ${verdict}` }, `${verdict} ${status ?? '(no answer)'}`),
  ];
}

const CHANNELS = { chat: 'Chat', mail: 'Mail', sms: 'SMS' };
const segments = (count) => (count === 1 ? '1 segment' : `${count} segments`);

function row(message) {
  const { number, time, channel, to, text, subject, reason } = message;
  const [name, word] = voice(message);
  const whom = [message.case === null ? null : `case ${message.case}`, to.join(', ')].filter(Boolean).join(' → ');
  return h('li', {}, h('a', { class: `row ${name}`, 'data-number': number, href: '#' },
    h('time', { datetime: time, title: time }, clock(time)),
    h('span', { class: 'channel' }, CHANNELS[channel] ?? 'HTTP'),
    h('span', { class: 'voice' }, word),
    h('span', { class: 'whom' }, brief(whom, 80)),
    h('span', { class: 'preview', dir: 'auto' },
      subject ? h('b', {}, brief(subject, 120)) : null, subject ? ' ' : null,
      brief(channel === null ? `${message.method} ${message.path}` : text, 200)),
    h('span', { class: 'marks' },
      message.segments === null ? null : h('span', { class: 'badge' }, segments(message.segments)), ...marks(message)),
    reason === null ? null : h('span', { class: 'reason' }, brief(reason, 300))));
}

function bubble(message) {
  const { number, time, channel, text, subject, reason, cut } = message;
  const [name, word] = voice(message);
  const facts = [word, channel === 'chat' ? null : CHANNELS[channel],
    message.segments === null ? null : segments(message.segments), clock(time)].filter(Boolean).join(' · ');
  const body = channel === 'mail' && text === '' ? 'HTML only' : visible(text) + (cut ? '…' : '');
  return h('li', { class: `bubble ${name}` },
    h('a', { 'data-number': number, href: '#' },
      h('span', { class: 'facts' }, facts, ' ', ...(message.verdict === 'accepted' && message.status === 200 && message.fault === null ? [] : marks(message))),
      subject === null ? null : h('b', { class: 'subject', dir: 'auto' }, visible(subject)),
      h('span', { class: 'body', dir: 'auto' }, body),
      reason === null ? null : h('span', { class: 'reason' }, brief(reason, 300))));
}

function showConversations(conversations, received) {
  const item = (value, title, count, text, failed = 0) => h('li', {},
    h('a', { href: address({ case: value, message: null }), 'aria-current': (place.get('case') ?? '') === value ? 'true' : null },
      h('span', { class: 'who' }, brief(title, 60)),
      failed === 0 ? null : h('span', { class: 'badge refused' }, `${failed} failed`),
      h('span', { class: 'count' }, count.toLocaleString('en')),
      text === null ? null : h('span', { class: 'last', dir: 'auto' }, brief(text, 80))));
  const title = ({ case: id, contact }) => `Case ${id}${contact === null ? '' : ` · ${contact}`}`;
  const focused = document.activeElement?.closest('#conversation-list li');
  const index = focused ? [...$('conversation-list').children].indexOf(focused) : -1;
  $('conversation-list').replaceChildren(item('', 'All messages', received, null),
    ...conversations.map((it) => item(`${it.case}`, title(it), it.messages, it.text, it.failed)));
  $('conversation-list').children[index]?.firstElementChild.focus();
  $('conversations').hidden = conversations.length === 0;
  const known = new Set(conversations.map((it) => `${it.case}`));
  const open = place.get('case');
  const options = conversations.map((it) => h('option', { value: it.case }, title(it)));
  if (open && !known.has(open)) options.push(h('option', { value: open }, brief(`Case ${open}`, 30)));
  $('case').replaceChildren($('case').firstElementChild, ...options);
  $('case').value = open ?? '';
}

function keys(event) {
  const isTyping = event.target.matches('input, select, textarea') || document.querySelector('dialog[open]');
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping || $('inbox').hidden) return;
  if (event.key === '/') {
    event.preventDefault();
    $('text').focus();
  } else if (event.key === 'Escape' && place.has('message')) {
    const number = place.get('message');
    location.hash = address({ message: null });
    $('messages').querySelector(`a[data-number="${CSS.escape(number)}"]`)?.focus();
  } else if (['ArrowDown', 'ArrowUp', 'j', 'k'].includes(event.key)) {
    const links = [...$('messages').querySelectorAll('a')];
    const at = links.indexOf(document.activeElement);
    // If no message has the focus, the arrows scroll.
    if (at < 0 && event.key.startsWith('Arrow')) return;
    event.preventDefault();
    links.at(at < 0 ? 0 : Math.max(0, Math.min(links.length - 1, at + ('ArrowDown j'.includes(event.key) ? 1 : -1))))?.focus();
  }
}

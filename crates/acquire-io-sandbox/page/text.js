// Shows received texts safely.

import { h } from './dom.js';

/** How much of a text is shown at first and at most, in characters. The whole can be downloaded. */
const FIRST = 8_000;
const MOST = 2_000_000;
/** A long text is split into parts of whole characters, so that only those in view are laid out. */
const PARTS = /[^]{1,20000}/gu;
/** The longest text that is parsed as JSON. */
const PARSED = 4_000_000;

/** Characters that are invisible or reorder others, except the joiners and the selector that emoji need. */
const INVISIBLE = /[[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]--[\t\n\r\u200c\u200d\ufe0f]]/gv;

/** The text with every invisible character written as JSON would escape it. */
export function visible(text) {
  const escape = (unit) => '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0');
  return text.replace(INVISIBLE, (it) => it.replace(/[^]/g, escape));
}

/** The beginning of a text, visible. */
export function brief(text, most) {
  return visible(text.length > most ? `${text.slice(0, most)}…` : text);
}

/** The value, or undefined if the text is too long or not JSON. */
export function parse(text) {
  if (text.length > PARSED) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Indents valid JSON, up to a length. Works on tokens, so that long numbers, duplicate keys and escapes stay as they were
 * sent.
 */
export function indent(json, most) {
  let out = '';
  let depth = 0;
  let at = 0;
  const line = () => '\n' + '  '.repeat(Math.min(depth, 100));
  while (at < json.length && out.length <= most) {
    const start = at++;
    const token = json[start];
    if (' \t\r\n'.includes(token)) continue;
    if (token === '{' || token === '[') {
      while (' \t\r\n'.includes(json[at])) at++;
      if (json[at] === '}' || json[at] === ']') {
        out += token + json[at++];
      } else {
        depth++;
        out += token + line();
      }
    } else if (token === '}' || token === ']') {
      depth--;
      out += line() + token;
    } else if (token === ',') {
      out += ',' + line();
    } else if (token === ':') {
      out += ': ';
    } else if (token === '"') {
      while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
      out += json.slice(start, ++at);
    } else {
      while (at < json.length && !'{}[],:" \t\r\n'.includes(json[at])) at++;
      out += json.slice(start, at);
    }
  }
  return out;
}

function size(characters) {
  if (characters < 10_000) return `${characters.toLocaleString('en')} characters`;
  if (characters < 1_000_000) return `${(characters / 1_000).toFixed(0)} thousand characters`;
  return `${(characters / 1_000_000).toFixed(1)} million characters`;
}

/** A body: JSON is indented, a long text is cut. A button shows the whole, another saves it. */
export function bodyView(text, name) {
  if (text === '') return h('p', { class: 'quiet' }, 'No body.');
  const isJson = parse(text) !== undefined;
  const shown = (most) => {
    const whole = isJson ? indent(text, most) : text;
    const cut = whole.slice(0, most);
    return [visible(cut), whole.length > most];
  };
  const [start, isCut] = shown(FIRST);
  const pre = h('pre', { tabindex: '0', 'aria-label': name }, h('code', {}, start));
  if (!isCut) return pre;

  const note = h('span', {}, `The first ${size(FIRST)} of ${size(text.length)}.`);
  const showAll = h('button', {
    type: 'button',
    onclick: () => {
      const [all, isStillCut] = shown(MOST);
      pre.replaceChildren(...all.match(PARTS).map((part) => h('code', { class: 'part' }, part)));
      note.textContent = `${isStillCut ? `The first ${size(MOST)} of` : 'All of'} ${size(text.length)}.`;
      showAll.remove();
    },
  }, text.length > MOST ? 'Show more' : 'Show all');
  const download = h('button', { type: 'button', onclick: () => save(text, isJson, name) }, 'Download');
  return h('div', {}, pre, h('p', { class: 'more' }, note, ' ', showAll, ' ', download));
}

function save(text, isJson, name) {
  const type = isJson ? 'application/json' : 'text/plain';
  const url = URL.createObjectURL(new Blob([text], { type }));
  const file = `${name.replaceAll(' ', '-')}.${isJson ? 'json' : 'txt'}`;
  h('a', { href: url, download: file }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** The local time of day. */
export const clock = (time) => new Date(time).toLocaleTimeString('en-GB');

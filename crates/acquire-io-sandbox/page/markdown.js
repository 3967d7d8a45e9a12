// The little of Markdown that the document's descriptions use, as elements.

import { h } from './dom.js';

/** Blocks: headings, tables, paragraphs. */
export function markdown(text) {
  return text.split(/\n{2,}|(?<=^#.*)\n/m).filter((block) => block.trim()).map(block);
}

function block(text) {
  const lines = text.trim().split('\n');
  const heading = /^#+ +(.*)/.exec(lines[0]);
  if (heading) return h('h4', {}, ...inline(heading[1]));
  if (!lines[0].startsWith('|')) return h('p', {}, ...inline(lines.join(' ')));
  const [head, , ...rest] = lines.map((line) => line.trim().slice(1, -1).split('|'));
  const row = (tag) => (cells) => h('tr', {}, ...cells.map((it) => h(tag, {}, ...inline(it.trim()))));
  return h('div', { class: 'scroll' },
    h('table', {}, h('thead', {}, row('th')(head)), h('tbody', {}, ...rest.map(row('td')))));
}

/** Code, links and plain text. */
export function inline(text) {
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(/`([^`]+)`|\[([^\]]+)\]\((https:[^)\s]+)\)/g)) {
    const [whole, code, label, href] = match;
    parts.push(text.slice(at, match.index));
    parts.push(code ? h('code', {}, code) : h('a', { href, rel: 'noreferrer noopener', target: '_blank' }, label));
    at = match.index + whole.length;
  }
  return [...parts, text.slice(at)];
}

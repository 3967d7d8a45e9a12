// Elements, made of text only: nothing that was received is ever parsed as HTML.

/** An element. `on…` properties are listeners, `true` and `false` switch an attribute, other values set it. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (typeof value === 'boolean') element.toggleAttribute(name, value);
    else if (value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const $ = (id) => document.getElementById(id);

/** `<details>` whose content is made when it is first opened. */
export function disclosure(properties, summary, content) {
  const details = h('details', properties, summary);
  details.addEventListener('toggle', () => details.append(...content()), { once: true });
  return details;
}

/** Shows why something failed, or with no text that nothing did. */
export function problem(id, text = '') {
  $(id).textContent = text;
  $(id).hidden = text === '';
}

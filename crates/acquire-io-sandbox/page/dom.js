// Makes elements from text only: nothing that was received is parsed as HTML.

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

/** Shows a problem. Without text, hides it. */
export function problem(id, text = '') {
  $(id).textContent = text;
  $(id).hidden = text === '';
}

/** Makes `elements` the children of `parent`. Those that are there already aren't moved, so that they keep the focus. */
export function arrange(parent, elements) {
  const wanted = new Set(elements);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let next = parent.firstElementChild;
  for (const element of elements) {
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
  }
}

/** Copies a text, or shows it where the browser doesn't let the page copy. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    $('news').textContent = 'Copied.';
  } catch {
    $('copy-text').value = text;
    $('copy-dialog').showModal();
    $('copy-text').select();
  }
}

/** A function that calls `action` after a delay in milliseconds, once for all its calls until then. */
export function gather(delay, action) {
  let isPlanned = false;
  return () => {
    if (isPlanned) return;
    isPlanned = true;
    setTimeout(() => {
      isPlanned = false;
      action();
    }, delay);
  };
}

// Swagger UI, with the document and the key of this server.

const dark = matchMedia('(prefers-color-scheme: dark)');
const recolour = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', recolour);
recolour();

const get = async (path) => (await fetch(`/_sandbox/${path}`, { cache: 'no-store' })).json();
const [{ account }, spec] = await Promise.all([get('state'), get('openapi.json')]);
// Swagger UI would fill in optional parameters with the examples of their types, which don't fit the body's.
for (const parameter of Object.values(spec.components.parameters)) {
  const { example, ...schema } = spec.components.schemas[parameter.schema.$ref?.split('/').at(-1)] ?? parameter.schema;
  if (!parameter.required) parameter.schema = schema;
}
const ui = globalThis.SwaggerUIBundle({
  spec,
  dom_id: '#swagger-ui',
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0,
  // Else it sends the document to a validator on the internet.
  validatorUrl: null,
  onComplete: () => ui.preauthorizeApiKey('apiKey', account.keys[0].key),
});

/** Swagger UI gives these controls no name, and its examples can't be scrolled by keyboard. */
const NAMES = {
  '#servers': () => 'Server',
  'select.examples-select-element': () => 'Example',
  'textarea.body-param__text': () => 'Request body',
  'tr[data-param-name] select': (select) => select.closest('tr').dataset.paramName,
};
function complete() {
  for (const [selector, name] of Object.entries(NAMES)) {
    for (const control of document.querySelectorAll(`${selector}:not([aria-label])`)) control.ariaLabel = name(control);
  }
  for (const example of document.querySelectorAll('pre.microlight:not([tabindex])')) example.tabIndex = 0;
}
new MutationObserver(complete).observe(document.getElementById('swagger-ui'), { childList: true, subtree: true });

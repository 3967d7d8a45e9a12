// The list of messages, as a test sees it.

export const rows = (page) => page.locator('#messages > li');
export const previews = (page) => page.locator('#messages .preview').allInnerTexts();

/** Waits until N messages are shown. */
export async function shown(page, count) {
  await page.waitForFunction((count) => document.querySelectorAll('#messages > li').length === count, count);
}

/** The detail of a message, once it is shown. */
export async function detail(page, title) {
  const article = page.locator('#message');
  await article.getByRole('heading', { name: title, exact: true }).waitFor();
  return article;
}

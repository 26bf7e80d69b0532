// The palette comes in a chunk of its own, at its first use: nobody has to wait for it with typing.
import { adminHome, expect, test } from './browser.ts'

test('J10: what is typed before the palette has loaded is not lost, and Enter opens the first entry', async ({
  enter,
}) => {
  const owner = await enter('owner')
  const { page } = owner
  const { promise: loaded, resolve: load } = Promise.withResolvers<void>()
  await page.route(/\/assets\/palette-(?!door)[^/]*\.js/, async (route) => {
    await loaded
    await route.continue()
  })
  await page.goto(adminHome)
  await page.getByRole('link', { name: 'New API' }).waitFor()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('audid')
  await page.keyboard.press('Backspace')
  // Enter waits for what it would choose: it must not press whatever has the focus on the page.
  await page.keyboard.press('Enter')
  await page.keyboard.type('t')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  load()
  await expect(page.getByRole('searchbox', { name: 'Search and commands' })).toHaveValue('audit')
  await expect(page.getByRole('option', { name: 'Audit log' })).toHaveAttribute('data-focused', 'true')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/audit$/)
})

// J4: an API owner decides on fifty requests at once, and on one from the link of a mail.
import { call, clientOf, live, publishApi, subscribe, tenant, until } from './acme.ts'
import { adminHome, expect, report, test } from './browser.ts'

test('J4: fifty requests are approved with a note in three clicks, and their keys work', async ({
  enter,
}, info) => {
  const { planId, url } = await publishApi('Members', { approval: 'manual' })
  const developer = await clientOf('developer')
  const first = await subscribe(developer, planId, 'Asks first')
  const titles = Array.from({ length: 49 }, (_, index) => `Asks ${index + 2}`)
  await Promise.all(
    titles.map(async (title) => {
      const { id: application } = await developer.applications.create({ tenant, title })
      await developer.subscriptions.create({ tenant, application, plan: planId }, { context: live() })
    }),
  )
  expect((await call(url, first.key)).status, 'not yet decided').toBe(403)
  const owner = await enter('owner')
  const { page } = owner
  await page.goto(adminHome)
  const inbox = page.getByRole('navigation').getByRole('link', { name: /^Approvals/ })
  await inbox.waitFor()

  owner.begin()
  await owner.click(inbox)
  await page.getByText('Asks 2', { exact: true }).waitFor()
  const waiting = await page.locator('tbody tr').count()
  expect(waiting).toBeGreaterThanOrEqual(50)
  await owner.click(page.locator('thead').locator('label'))
  await owner.fill(page.getByLabel('Note to the requesters'), 'Welcome aboard')
  const answered = page.waitForResponse((response) => response.url().includes('/subscriptions/decide'))
  await owner.click(page.getByRole('button', { name: `Approve ${waiting}` }))
  await page.getByText(`${waiting} approved`).waitFor()
  const decision = await answered
  await decision.finished()
  // What the product takes for it; how fast a browser paints is the machine's.
  const decisionSeconds = decision.request().timing().responseEnd / 1000
  const keySeconds = await until(5, async () => (await call(url, first.key)).status === 200)
  report(info, owner, { requests: waiting, decisionSeconds, keySeconds })
  expect(owner.clicks).toBeLessThanOrEqual(3)
  expect(decisionSeconds).toBeLessThan(2)
  await expect(page.getByText('Nothing waits')).toBeVisible()

  const { data } = await developer.subscriptions.list({ tenant, plan: planId, limit: 200 })
  expect(data).toHaveLength(50)
  for (const { state, history } of data) {
    expect(state).toBe('active')
    expect(history.at(-1)).toMatchObject({ state: 'active', note: 'Welcome aboard' })
  }
})

test('J4: the link in the mail leads to one request, one click decides it', async ({ enter }, info) => {
  const { planId, url } = await publishApi('Linked', { approval: 'manual' })
  const asked = await subscribe(await clientOf('developer'), planId, 'Price alarm')
  const approver = await enter('approver')
  const { page } = approver
  approver.begin()
  await page.goto(`${adminHome}/approvals?request=${asked.subscription}`)
  const request = page.getByRole('dialog')
  await expect(request).toContainText('Price alarm asks')
  await approver.click(request.getByRole('button', { name: 'Approve' }))
  await expect(request).toBeHidden()
  const keySeconds = await until(5, async () => (await call(url, asked.key)).status === 200)
  report(info, approver, { keySeconds })
  expect(approver.clicks).toBe(1)

  // The same link, opened again, says that it is settled.
  await page.goto(`${adminHome}/approvals?request=${asked.subscription}`)
  await expect(page.getByRole('dialog')).toContainText('It is no longer waiting: active')
})

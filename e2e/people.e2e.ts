// People come and go: what becomes of a leaver's applications is asked, and a token says what it may do.
import { call, clientOf, joinAs, newAccount, publishApi, subscribe, tenant, until } from './acme.ts'
import { adminHome, expect, stack, test } from './browser.ts'

test('C1: removing a member asks what becomes of their applications; their keys end, or change hands', async ({
  enter,
}) => {
  const { planId, url } = await publishApi('Leavers')
  const [goes, gives] = [newAccount('Greta Goes'), newAccount('Gil Gives')]
  const ended = await subscribe((await joinAs(goes)).client, planId, 'Ends with Greta')
  const kept = await subscribe((await joinAs(gives)).client, planId, 'Goes on without Gil')
  expect((await call(url, ended.key)).status).toBe(200)
  const { page } = await enter('owner')
  const remove = async (name: string) => {
    await page.goto(`${adminHome}/members?search=${encodeURIComponent(name)}`)
    await page.getByRole('button', { name: `More for ${name}` }).click()
    await page.getByRole('menuitem', { name: 'Remove' }).click()
  }
  const dialog = page.getByRole('alertdialog')

  await remove(goes.name)
  await expect(dialog).toContainText('Ends with Greta')
  await dialog.getByRole('button', { name: 'Remove' }).click()
  await page.getByText(`${goes.name} removed`).waitFor()
  await until(5, async () => (await call(url, ended.key)).status === 401)

  await remove(gives.name)
  await dialog.getByText('Hand over', { exact: true }).click()
  await dialog.getByRole('button', { name: 'Remove' }).click()
  await page.getByText(`${gives.name} removed`).waitFor()
  expect((await call(url, kept.key)).status).toBe(200)
  const owner = stack.demo.people.find(({ role }) => role === 'owner')
  const client = await clientOf('owner')
  const application = await client.applications.get({ tenant, application: kept.application })
  expect(application.owner.email).toBe(owner?.email)
})

test('C15: a token is made to read one tenant, and a new password may end it', async ({ enter }) => {
  const account = newAccount('Tilda Token')
  await joinAs(account)
  const person = await enter()
  const { page } = person
  await page.goto('/sign-in')
  await page.getByLabel('Email address').fill(account.email)
  await page.getByLabel('Password', { exact: true }).fill(account.password)
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.pathname !== '/sign-in')
  await page.goto('/account')
  await page.getByRole('button', { name: 'New token' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('Dashboard')
  await expect(dialog.getByRole('radio', { name: /^Read/ })).toBeChecked()
  await dialog.getByRole('button', { name: 'Where' }).click()
  await page.getByRole('option').nth(1).click()
  await dialog.getByRole('button', { name: 'Create token' }).click()
  const token = await person.copy(dialog.getByRole('button', { name: 'Copy' }))
  await dialog.getByRole('button', { name: 'Done' }).click()
  const row = page.getByRole('row').filter({ hasText: 'Dashboard' })
  await expect(row).toContainText('Read')

  const ask = (method: string, path: string) =>
    fetch(`${stack.adminUrl}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(method === 'POST' ? { body: '{"title":"By a dashboard"}' } : {}),
    }).then(({ status }) => status)
  expect(await ask('GET', `/tenants/${tenant}/applications`)).toBe(200)
  expect(await ask('POST', `/tenants/${tenant}/applications`)).toBe(403)

  const next = `another ${account.password}`
  await page.getByLabel('Current password').fill(account.password)
  await page.getByLabel('New password').fill(next)
  await page.getByText(/^Revoke my \d+ access tokens too$/).click()
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByText('Password changed').waitFor()
  await expect(page.getByText('No tokens')).toBeVisible()
  expect(await ask('GET', `/tenants/${tenant}/applications`)).toBe(401)
})

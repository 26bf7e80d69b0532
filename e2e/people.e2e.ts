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

test('J7: an owner makes a role and gives it; the member sees exactly that, and explain access says why', async ({
  enter,
}) => {
  const account = newAccount('Rita Reviewer')
  await joinAs(account)
  const title = `Release reviewer ${crypto.randomUUID().slice(0, 4)}`
  const { page } = await enter('owner')
  await page.goto(`${adminHome}/members?tab=roles`)
  await page.getByRole('button', { name: 'New role' }).click()
  const editor = page.getByRole('dialog')
  await editor.getByLabel('Title').fill(title)
  await editor.getByLabel('Description').fill('Looks at what is about to go out')
  await editor.getByLabel('Search permissions').fill('audit')
  await editor.getByText('Read and verify the audit log').click()
  await editor.getByLabel('Search permissions').fill('drafts of')
  await editor.getByText('Change drafts of APIs and tenant policies').click()
  await expect(editor.getByText('4 permissions')).toBeVisible()
  await editor.getByRole('button', { name: 'Make role' }).click()
  await page.getByText(`${title} made`).waitFor()
  await expect(page.getByRole('columnheader', { name: title })).toBeVisible()

  await page.goto(`${adminHome}/members?search=${encodeURIComponent(account.name)}`)
  await page.getByRole('button', { name: `More for ${account.name}` }).click()
  await page.getByRole('menuitem', { name: 'Change' }).click()
  await page.getByRole('dialog').getByText(title).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await page.getByText(`${account.name} is now ${title}`).waitFor()

  await page.goto(`${adminHome}/members?tab=roles`)
  await page.getByRole('combobox', { name: 'Member' }).fill(account.name)
  await page.getByRole('option', { name: account.name }).click()
  await page.getByRole('button', { name: 'Wants to' }).click()
  await page.getByRole('option', { name: 'Read and verify the audit log' }).click()
  await expect(page.getByRole('status').filter({ hasText: `Yes, ${account.name} may` })).toContainText(
    `${title}, given by a person, grants audit:read`,
  )

  const member = await enter()
  await member.page.goto('/sign-in')
  await member.page.getByLabel('Email address').fill(account.email)
  await member.page.getByLabel('Password', { exact: true }).fill(account.password)
  await member.page.keyboard.press('Enter')
  const menu = member.page.getByRole('navigation', { name: 'Main navigation' })
  await expect(menu.getByRole('link', { name: 'Audit log' })).toBeVisible()
  await expect(menu.getByRole('link', { name: 'APIs' })).toBeVisible()
  for (const hidden of ['Products', 'Approvals', 'Gateways', 'Members', 'Settings'])
    await expect(menu.getByRole('link', { name: hidden })).toHaveCount(0)
})

// J5: what a platform admin does on the first day: a tenant, and the invitation of its owner.
import { expect, report, stack, test } from './browser.ts'

test('J5: a platform admin makes a tenant and the link that its owner signs up with', async ({
  enter,
}, info) => {
  const admin = await enter('platform-admin')
  const { page } = admin
  const dialog = page.getByRole('dialog')
  const title = `Harbour ${crypto.randomUUID().slice(0, 8)}`
  const name = title.toLowerCase().replace(' ', '-')
  await page.goto('/')
  await page.getByRole('heading', { name: 'Tenants' }).waitFor()

  admin.begin()
  await admin.click(page.getByRole('button', { name: 'New tenant' }))
  await admin.fill(dialog.getByLabel('Title'), title)
  await expect(dialog.getByLabel('Name')).toHaveValue(name)
  // What was typed is not thrown away by a press beside the dialog.
  await page.mouse.click(10, 700)
  await admin.click(dialog.getByRole('button', { name: 'Create tenant' }))
  await expect(page).toHaveURL(new RegExp(`/admin/t/${name}/${stack.environment}/members`))
  await admin.fill(dialog.getByLabel('Email address'), `owner@${name}.example`)
  await admin.click(dialog.getByText('Owner', { exact: true }))
  await admin.click(dialog.getByRole('button', { name: 'Make invitation' }))
  await expect(dialog).toContainText('/sign-up?invitation=')
  report(info, admin)
  expect(admin.clicks).toBeLessThanOrEqual(6)

  // The way back: the list of all tenants is in the switcher.
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: /^Tenant:/ }).click()
  await page.getByRole('menuitem', { name: 'All tenants' }).click()
  await expect(page.getByRole('link', { name: title })).toBeVisible()
})

test('J5: the list of tenants is for platform admins alone', async ({ enter }) => {
  const { page } = await enter('owner')
  await page.goto('/tenants')
  await expect(page).toHaveURL(/\/admin\/t\//)
})

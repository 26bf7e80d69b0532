// J2, J16: a policy is changed without a pointer and rolled back; the audit log tells who did it, field by field.
import { call, clientOf, publishApi, subscribe, tenant, until } from './acme.ts'
import { adminHome, expect, report, test } from './browser.ts'

test('J2: a limit is added, compared and published by keyboard alone, and rolled back', async ({
  enter,
}, info) => {
  const { title, planId, paths } = await publishApi('Parcels')
  const { key } = await subscribe(await clientOf('developer'), planId, 'Courier')
  /** On every gateway. */
  const isLimited = async () => {
    const answers = await Promise.all(paths.map((path) => call(path, key)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    const limited = answers.filter(({ headers }) => headers.get('ratelimit-policy')?.includes('q=777'))
    return limited.length === 3 ? true : limited.length === 0 ? false : undefined
  }
  expect(await isLimited()).toBe(false)
  const owner = await enter('owner')
  const { page } = owner
  const dialog = page.getByRole('dialog')
  await page.goto(adminHome)
  await page.getByRole('link', { name: 'New API' }).waitFor()

  owner.begin()
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('searchbox', { name: 'Search and commands' })).toBeFocused()
  await owner.type(title)
  await expect(page.getByRole('option', { name: title })).toHaveAttribute('data-focused', 'true')
  await owner.press('Enter')
  // Tabs follow the arrow keys: no click.
  await owner.tabTo(page.getByRole('tab', { name: 'Overview' }))
  for (let tab = 0; tab < 4; tab++) await page.keyboard.press('ArrowRight')
  await owner.tabTo(page.getByRole('button', { name: 'Add to Admit' }))
  await owner.press('Enter')
  await owner.tabTo(dialog.getByRole('button', { name: /^Rate limit/ }))
  await owner.press('Enter')
  await owner.tabTo(page.getByRole('textbox', { name: 'Calls' }))
  await page.keyboard.press('ControlOrMeta+a')
  await owner.type('777')
  await owner.tabTo(page.getByRole('button', { name: 'Save and review' }))
  await owner.press('Enter')
  await expect(dialog).toContainText('1 change')
  await expect(dialog).toContainText('777')
  await owner.tabTo(dialog.getByLabel('Note'))
  await owner.type('Protect the sorting office')
  await owner.tabTo(dialog.getByRole('button', { name: /^Publish to/ }))
  await owner.press('Enter')
  const effectiveSeconds = await until(5, async () => (await isLimited()) === true)
  await expect(dialog).toContainText('Live on 3 of 3 gateways')
  report(info, owner, { effectiveSeconds })
  expect(owner.clicks).toBeLessThanOrEqual(5)

  await page.goto(adminHome)
  const goBack = page.getByRole('link', { name: 'Go back one revision' })
  await goBack.waitFor()
  owner.begin()
  await owner.tabTo(goBack)
  await owner.press('Enter')
  await expect(dialog).toContainText('777')
  await owner.tabTo(dialog.getByRole('button', { name: /^Roll back to/ }))
  await owner.press('Enter')
  await until(10, async () => (await isLimited()) === false)
  await expect(dialog).toContainText('Live on 3 of 3 gateways')
  report(info, owner)
  expect(owner.clicks).toBeLessThanOrEqual(2)
  expect(owner.seconds()).toBeLessThan(10)
})

test('J16: who changed what in 90 days, before and after, in a chain that is verified in one click', async ({
  enter,
}, info) => {
  const client = await clientOf('owner')
  const word = crypto.randomUUID().slice(0, 8)
  const { version, id } = await client.applications.create({ tenant, title: `Ledger ${word}` })
  await client.applications.update(
    { tenant, application: id, title: `General ledger ${word}` },
    { context: { ifMatch: version } },
  )
  const auditor = await enter('auditor')
  const { page } = auditor
  await page.goto(adminHome)
  const log = page.getByRole('navigation').getByRole('link', { name: 'Audit log' })
  await log.waitFor()

  auditor.begin()
  await auditor.click(log)
  await auditor.click(page.getByText('90 days', { exact: true }))
  const change = page.getByRole('row', { name: new RegExp(`applications.update ledger-${word}`) })
  await auditor.click(change.getByRole('link', { name: 'applications.update' }))
  const event = page.getByRole('dialog')
  await expect(event).toContainText('Olivia Owens')
  await expect(event.getByText(`Ledger ${word}`, { exact: true })).toBeVisible()
  await expect(event.getByText(`General ledger ${word}`, { exact: true })).toBeVisible()
  report(info, auditor)
  expect(auditor.clicks).toBeLessThanOrEqual(4)
  await page.keyboard.press('Escape')

  auditor.begin()
  await auditor.click(page.getByRole('button', { name: 'Verify chain' }))
  await expect(page.getByText(/^The chain is whole/)).toBeVisible()
  expect(auditor.clicks).toBe(1)
})

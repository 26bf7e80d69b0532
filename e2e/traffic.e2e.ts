// I7: a canary is added, published, given a share by hand, taken back by its guard, and sent home in one click.
import { call, clientOf, publishApi, subscribe, until } from './acme.ts'
import { adminHome, expect, report, test } from './browser.ts'
import { startRelease } from './releases.ts'

test('I7: a canary gets its share without a publish, a guard takes it back, and one click sends everything home', async ({
  enter,
}, info) => {
  await using canary = await startRelease('canary')
  const { api, planId, paths } = await publishApi('Letters')
  const { key } = await subscribe(await clientOf('developer'), planId, 'Postman')
  /** Of calls spread over all gateways: how many the canary answered, and how many went wrong. */
  const callAll = async (count: number) => {
    const answers = await Promise.all(
      Array.from({ length: count }, (_, index) => call(paths[index % paths.length] ?? '', key)),
    )
    const canaries = answers.filter(({ headers }) => headers.get('x-release') === 'canary')
    return { canaries: canaries.length, failed: answers.filter(({ status }) => status >= 500).length }
  }
  const owner = await enter('owner')
  const { page } = owner
  const dialog = page.getByRole('dialog')
  await page.goto(`${adminHome}/apis/${api}/upstreams`)

  owner.begin()
  await owner.click(page.getByRole('button', { name: 'Add upstream' }))
  await owner.fill(dialog.getByLabel('Name'), 'canary')
  await owner.fill(dialog.getByLabel('URL'), canary.url)
  await owner.click(dialog.getByRole('button', { name: 'Add upstream' }))
  await expect(page.getByText('Not published yet')).toBeVisible()
  await owner.click(page.getByRole('button', { name: 'Publish', exact: true }))
  await owner.fill(dialog.getByLabel('Note'), 'A canary stands ready')
  await owner.click(dialog.getByRole('button', { name: /^Publish to/ }))
  await expect(dialog).toContainText('Live on 3 of 3 gateways')
  await owner.click(dialog.getByRole('button', { name: 'Done' }))
  await expect(page.getByText('Not published yet')).toHaveCount(0)
  expect(await callAll(60)).toEqual({ canaries: 0, failed: 0 })

  await owner.click(page.getByRole('tab', { name: 'Traffic' }))
  await owner.click(page.getByRole('button', { name: 'Add canary' }))
  const slider = page.getByRole('slider', { name: 'Share of canary' })
  await slider.focus()
  await owner.press('PageUp')
  await expect(slider).toHaveValue('10')
  await expect(page.getByRole('slider', { name: 'Share of default' })).toHaveValue('90')
  await owner.click(page.getByText('Watch and take back'))
  await expect(page.getByRole('list', { name: /^What changes in/ })).toContainText('canary 0% → 10%')
  await owner.click(page.getByRole('button', { name: 'Save and make live' }))
  await expect(page.getByText('Live on 3 of 3 gateways')).toBeVisible()
  await expect(page.getByText('Watching')).toBeVisible()
  report(info, owner)
  expect(owner.clicks).toBeLessThanOrEqual(9)

  const spread = await callAll(600)
  expect(spread.failed).toBe(0)
  // A share is exact per worker, and each has seen a part of a hundred.
  expect(spread.canaries).toBeGreaterThan(600 * 0.05)
  expect(spread.canaries).toBeLessThan(600 * 0.15)
  const row = page.getByRole('listitem').filter({ has: slider })
  await expect(row).toContainText(/\d+ calls · 0% errors/)

  canary.status = 500
  const brokenAt = performance.now()
  await until(10, async () => (await callAll(60)).canaries === 0)
  const backSeconds = (performance.now() - brokenAt) / 1000
  await expect(page.getByRole('alert')).toContainText('The guard tripped: everything goes to default')
  await expect(page.getByRole('alert')).toContainText('canary')
  await expect(page.getByText('Tripped', { exact: true })).toBeVisible()

  canary.status = 200
  await page.getByRole('button', { name: 'Reset guard' }).click()
  await expect(page.getByRole('alert')).toHaveCount(0)
  await until(10, async () => (await callAll(60)).canaries > 0)

  owner.begin()
  await owner.click(page.getByRole('button', { name: 'Everything back to default' }))
  await expect(slider).toHaveValue('0')
  await until(5, async () => (await callAll(60)).canaries === 0)
  await expect(page.getByText('Live on 3 of 3 gateways')).toBeVisible()
  expect(owner.clicks).toBe(1)
  report(info, owner, { backSeconds })
})

// B.2: the targets of an upstream, tested and saved in the draft; and what the gateways see of them, without a reload.
import { call, clientOf, publishApi, subscribe } from './acme.ts'
import { adminHome, expect, stack, test } from './browser.ts'
import { startRelease } from './releases.ts'

test('B.2: a target is added, tested, published, and seen to be put out when it fails', async ({ enter }) => {
  await using second = await startRelease('second')
  const { api, planId, paths } = await publishApi('Parts')
  const { key } = await subscribe(await clientOf('developer'), planId, 'Workshop')
  const { page } = await enter('owner')
  const dialog = page.getByRole('dialog')
  await page.goto(`${adminHome}/apis/${api}/upstreams`)
  await page.getByRole('link', { name: 'default' }).click()
  await expect(page.getByRole('textbox', { name: 'URL' })).toHaveValue(stack.upstreamUrl)
  await expect(page.getByText('Healthy')).toBeVisible()

  // Weights show once there is something to weigh.
  const weights = page.getByRole('textbox', { name: 'Weight', exact: true })
  await expect(weights).toHaveCount(0)
  await page.getByRole('button', { name: 'Add target' }).click()
  await page.getByRole('textbox', { name: 'URL' }).nth(1).fill(second.url)
  await expect(weights).toHaveCount(2)
  await page.getByText('Health', { exact: true }).click()
  const failures = page.getByRole('textbox', { name: 'Out after so many failures in a row' })
  await failures.fill('2')
  await failures.press('Tab')
  await page.getByRole('button', { name: 'Save upstream' }).click()
  await expect(page.getByText('default saved to the draft')).toBeVisible()

  await page.getByRole('button', { name: 'Test connection' }).click()
  await expect(page.getByText(/^Reachable in/)).toHaveCount(2)

  await page.getByRole('button', { name: 'Publish', exact: true }).click()
  await dialog.getByLabel('Note').fill('Two are better than one')
  await dialog.getByRole('button', { name: /^Publish to/ }).click()
  await expect(dialog).toContainText('Live on 3 of 3 gateways')
  await dialog.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByText('Healthy')).toHaveCount(2)

  await second[Symbol.asyncDispose]()
  await Promise.all(Array.from({ length: 60 }, (_, index) => call(paths[index % paths.length] ?? '', key)))
  await expect(page.getByText('Ejected')).toBeVisible()
})

test('B.2: what another person saved meanwhile is not overwritten unseen', async ({ enter }) => {
  const { api } = await publishApi('Pipes')
  const owner = await enter('owner')
  const { page } = owner
  owner.expects(/status of 412/)
  await page.goto(`${adminHome}/apis/${api}/upstreams/default`)
  const url = page.getByRole('textbox', { name: 'URL' })
  await url.fill('http://mine.example')
  const client = await clientOf('publisher')
  const place = { tenant: stack.demo.tenant, api, apiVersion: 'v1' }
  const { version } = await client.versions.get(place)
  await client.upstreams.set(
    { ...place, upstream: 'default', targets: [{ url: 'http://theirs.example' }] },
    { context: { ifMatch: version } },
  )
  await page.getByRole('button', { name: 'Save upstream' }).click()
  const question = page.getByRole('alertdialog')
  await expect(question).toContainText('Someone else changed this')
  await question.getByRole('button', { name: 'Take theirs' }).click()
  await expect(url).toHaveValue('http://theirs.example')
})

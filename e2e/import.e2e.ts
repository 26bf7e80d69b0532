// J1: an API owner turns the address of a document into a live, protected and documented API.
import { clientOf, tenant, until, watch } from './acme.ts'
import { adminHome, expect, portalHome, report, stack, test } from './browser.ts'

test('J1 F6: from an OpenAPI address to the first 200 with a key, never open without one', async ({
  enter,
}, info) => {
  const owner = await enter('owner')
  const visitor = await enter()
  const { page } = owner
  await page.goto(adminHome)
  await page.getByRole('link', { name: 'New API' }).waitFor()

  owner.begin()
  await owner.click(page.getByRole('link', { name: 'New API' }))
  await owner.fill(
    page.getByLabel('Address or text of the OpenAPI document'),
    `${stack.upstreamUrl}/openapi.yaml`,
  )
  await owner.press('Enter')
  await expect(page.getByLabel('Upstream')).toHaveValue(stack.upstreamUrl)
  const basePath = await page.getByLabel('Base path').inputValue()
  const unprotected = watch(stack.gatewayUrls.map((gateway) => `${gateway}${basePath}/books`))
  await owner.click(page.getByRole('button', { name: 'Publish', exact: true }))
  const publishedAt = performance.now()
  await page.waitForURL(/\/live/)
  const api = new URL(page.url()).pathname.split('/').at(-2) ?? ''
  const reader = await clientOf('developer')
  const read = () => reader.catalogue.document({ tenant, api, apiVersion: 'v1' }).catch(() => undefined)
  await until(15, async () => (await read()) !== undefined)
  const docsSeconds = (performance.now() - publishedAt) / 1000
  await owner.click(page.getByRole('button', { name: 'Call it now' }))
  await expect(page.getByTestId('answer-status')).toHaveText(/^200/)
  const seconds = owner.seconds()
  await visitor.page.goto(`${portalHome}/apis/${api}/docs`)
  await visitor.page.getByText('/books/{bookId}', { exact: true }).first().waitFor()

  report(info, owner, { seconds, docsSeconds })
  expect(owner.clicks).toBeLessThanOrEqual(4)
  expect(owner.fields).toBeLessThanOrEqual(2)
  expect(seconds).toBeLessThan(60)
  expect(docsSeconds).toBeLessThan(5)
  await expect(page.getByText('Live on 3 of 3 gateways')).toBeVisible()
  for (const [url, statuses] of await unprotected.end()) {
    const first401 = statuses.indexOf(401)
    expect(first401, `${url} came to life`).toBeGreaterThanOrEqual(0)
    expect(new Set(statuses.slice(0, first401)), url).toEqual(new Set([404]))
    expect(new Set(statuses.slice(first401)), url).toEqual(new Set([401]))
  }
})

// J1: an API owner turns the address of a document into a live, protected and documented API.
import { watch } from './acme.ts'
import { adminHome, expect, portalHome, report, stack, test } from './browser.ts'

test('J1 F6: from an OpenAPI address to the first 200 with a key, never open without one', async ({
  enter,
}, info) => {
  const owner = await enter('owner')
  const visitor = await enter()
  const { page } = owner
  // The visitor has read docs here before, as readers have: swagger-ui is in the browser's cache.
  await visitor.page.goto(`${portalHome}/apis/bookstore/docs`)
  await visitor.page.getByText('/books/{bookId}', { exact: true }).first().waitFor()
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
  const docs = visitor.page.goto(`${portalHome}/apis/${new URL(page.url()).pathname.split('/').at(-2)}/docs`)
  await owner.click(page.getByRole('button', { name: 'Call it now' }))
  await expect(page.getByTestId('answer-status')).toHaveText(/^200/)
  const seconds = owner.seconds()
  await docs
  await visitor.page.getByText('/books/{bookId}', { exact: true }).first().waitFor()
  const docsSeconds = (performance.now() - publishedAt) / 1000

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

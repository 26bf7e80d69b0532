// J8, J9, J10, H2, H4: a developer finds an API, gets a key, calls, rotates, reads docs that are true, and learns why a call failed.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  bookstoreDocument,
  call,
  clientOf,
  environment,
  joinAs,
  live,
  newAccount,
  publish,
  publishApi,
  subscribe,
  tenant,
  until,
  watch,
} from './acme.ts'
import { expect, portalHome, report, stack, test } from './browser.ts'

test('J8 H5: from sign-up to a first 200, with a snippet that runs in a shell and a key that stays nowhere', async ({
  enter,
}, info) => {
  const developer = await enter()
  const { page } = developer
  const account = newAccount('Nora Nilsen')
  await page.goto(portalHome)
  developer.begin()
  await developer.click(page.getByRole('link', { name: 'Sign up' }))
  await developer.fill(page.getByLabel('Your name'), account.name)
  await developer.fill(page.getByLabel('Email address'), account.email)
  await developer.fill(page.getByLabel('Password', { exact: true }), account.password)
  await developer.press('Enter')
  await developer.click(page.getByRole('link', { name: 'Bookstore' }).first())
  await page.getByRole('button', { name: 'Get access', exact: true }).waitFor()

  const clicksBefore = developer.clicks
  await developer.click(page.getByRole('button', { name: 'Get access', exact: true }))
  await developer.click(page.getByRole('button', { name: 'Get key' }))
  await developer.click(page.getByRole('button', { name: /^Call GET/ }))
  await expect(page.getByTestId('test-call').getByRole('status')).toContainText('200')
  const seconds = developer.seconds()
  const clicks = developer.clicks - clicksBefore
  report(info, developer, { seconds, clicksFromApiPage: clicks })
  expect(clicks).toBeLessThanOrEqual(3)
  expect(seconds).toBeLessThan(20)

  const dialog = page.getByRole('dialog')
  const firstCall = dialog.getByRole('figure').filter({ hasText: 'Your first call' }).locator('code')
  const snippet = (await firstCall.textContent()) ?? ''
  expect(await runInShell(snippet)).toBe('200')

  await page.keyboard.press('Escape')
  await expect(dialog, 'closes only once the key was copied').toBeVisible()
  const copy = dialog.getByTestId('secret').locator('..').getByRole('button', { name: 'Copy' })
  const key = await developer.copy(copy)
  expect(snippet).toContain(key)
  await dialog.getByRole('button', { name: 'Done' }).click()
  await expect(dialog).toBeHidden()
  await expect(page.getByTestId('secret')).toHaveCount(0)
  const kept = await page.evaluate(() => [
    document.documentElement.outerHTML,
    ...[...document.querySelectorAll('input, textarea')].map((field) => (field as HTMLInputElement).value),
    JSON.stringify(localStorage),
    JSON.stringify(sessionStorage),
    JSON.stringify(history.state),
    document.cookie,
    location.href,
  ])
  const secret = key.split('_')[3] ?? key
  for (const place of kept) expect(place).not.toContain(secret)
})

/** The status of a pasted line: curl's own settings file asks for it, so the line stays as it is. */
async function runInShell(line: string): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'gatewright-shell-'))
  try {
    writeFileSync(join(home, '.curlrc'), 'write-out = "\\n%{http_code}"\n')
    const { stdout } = await promisify(execFile)('sh', ['-c', line], {
      env: { ...process.env, HOME: home, CURL_HOME: home },
    })
    return stdout.trim().split('\n').at(-1) ?? ''
  } finally {
    rmSync(home, { recursive: true })
  }
}

test('J9: a key is rotated while it is used at 50 calls a second, and none fails', async ({
  enter,
}, info) => {
  const { planId, url } = await publishApi('Rotation')
  const client = await clientOf('developer')
  const mine = await subscribe(client, planId, 'Night export')
  const developer = await enter('developer')
  const { page } = developer
  await page.goto(`${portalHome}/applications/${mine.name}`)
  const rotate = page.getByRole('button', { name: 'Rotate', exact: true })
  await rotate.waitFor()
  // Each caller pauses for 40 ms between calls: two of them make some 50 calls a second.
  const calls = watch([url, `${url}?`], mine.key, 40)

  developer.begin()
  await developer.click(rotate)
  const dialog = page.getByRole('dialog')
  await developer.click(dialog.getByRole('button', { name: 'Rotate key' }))
  const copy = dialog.getByTestId('secret').locator('..').getByRole('button', { name: 'Copy' })
  const successor = await developer.copy(copy)
  report(info, developer)
  expect(developer.clicks).toBeLessThanOrEqual(3)
  expect(successor).not.toBe(mine.key)
  expect((await call(url, successor)).status).toBe(200)
  for (const statuses of (await calls.end()).values()) expect(new Set(statuses)).toEqual(new Set([200]))

  const { data } = await client.credentials.list({ tenant, application: mine.application })
  const old = data.find(({ rotatedTo }) => rotatedTo !== null)
  expect(Date.parse(old?.expiresAt ?? ''), 'the old key ends by itself').toBeGreaterThan(Date.now())
})

test('J9: a replaced key is refused within five seconds of its end, and the page says so by itself', async ({
  enter,
}) => {
  const { planId, url } = await publishApi('Expiry')
  const client = await clientOf('developer')
  const mine = await subscribe(client, planId, 'Short overlap')
  const inApplication = { tenant, application: mine.application }
  const [first] = (await client.credentials.list(inApplication)).data
  if (!first) throw new Error('the application has no key')
  const successor = await client.credentials.rotate(
    { ...inApplication, credential: first.id, overlapSeconds: 8 },
    { context: live() },
  )
  expect((await call(url, mine.key)).status, 'both work while they overlap').toBe(200)
  expect((await call(url, successor.key)).status).toBe(200)
  const replaced = (await client.credentials.list(inApplication)).data.find(({ id }) => id === first.id)
  const endsInSeconds = (Date.parse(replaced?.expiresAt ?? '') - Date.now()) / 1000

  const { page } = await enter('developer')
  await page.goto(`${portalHome}/applications/${mine.name}`)
  const row = page.getByRole('row').filter({ hasText: first.last4 })
  await row.waitFor()
  await until(endsInSeconds + 5, async () => (await call(url, mine.key)).status === 401)
  expect(JSON.parse((await call(url, mine.key)).body)).toMatchObject({ code: 'credential_expired' })
  await expect(row.getByText('Expired', { exact: true })).toBeVisible()
  expect((await call(url, successor.key)).status, 'the successor goes on').toBe(200)
})

test('J10: from the id of a refused call to its reason and to the page about it', async ({ enter }, info) => {
  const { url } = await publishApi('Closed')
  const developer = await enter('developer')
  const { page } = developer
  await page.goto(portalHome)
  await page.getByRole('heading', { level: 1 }).waitFor()
  const stranger = await joinAs(newAccount('Sam Stranger'))

  const refused = await call(url, stack.demo.call.key)
  expect(refused.status).toBe(403)
  developer.begin()
  await page.keyboard.press('Control+k')
  await developer.fill(page.getByRole('searchbox', { name: 'Search and commands' }), refused.requestId)
  await expect(page.getByRole('option', { name: `Open ${refused.requestId}` })).toBeVisible()
  await developer.press('Enter')
  await page.getByRole('main').getByText('has no plan that covers this API').waitFor({ timeout: 15_000 })
  const seconds = developer.seconds()
  await developer.click(page.getByRole('link', { name: 'About subscription_missing' }))
  await page.waitForURL('**/errors/subscription_missing')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  report(info, developer, { seconds })
  expect(seconds).toBeLessThan(15)
  expect(developer.clicks).toBeLessThanOrEqual(2)

  const readBy = (client: typeof stranger.client) =>
    client.analytics.request({ tenant, environment, request: refused.requestId })
  const story = await readBy(await clientOf('developer'))
  expect(story).toMatchObject({
    status: 403,
    reason: 'subscription_missing',
    application: { name: 'reading-list' },
  })
  await expect(readBy(stranger.client)).rejects.toMatchObject({ status: 404 })
})

test('J10: an id that leads nowhere says so within the page, with the ways on', async ({ enter }) => {
  const developer = await enter('developer')
  developer.expects(/404.*requests\/req_0000/s)
  const { page } = developer
  await page.goto(`${portalHome}/requests/req_0000000000000000000000`)
  const main = page.getByRole('main')
  await expect(main.getByText('Looking for this request')).toBeVisible()
  await expect(main.getByRole('heading', { name: 'No such request of yours' })).toBeVisible({
    timeout: 30_000,
  })
  await expect(main.getByRole('heading', { level: 1, name: 'Request' })).toBeVisible()
  await main.getByRole('button', { name: 'Look again' }).click()
  await expect(main.getByText('Looking for this request')).toBeVisible()
  await main.getByRole('link', { name: 'Usage' }).click()
  await page.waitForURL('**/usage**')
})

test('J11: getting access moves an application to another plan, and its keys go on', async ({ enter }) => {
  const { api, planId, url } = await publishApi('Upgrade')
  const owner = await clientOf('owner')
  const bigger = await owner.products.createPlan({
    tenant,
    product: api,
    name: 'bigger',
    title: 'Bigger',
    approval: 'auto',
    rate: { requests: 20_000, windowMs: 60_000 },
  })
  await publish(api)
  const client = await clientOf('developer')
  const title = `Mover ${crypto.randomUUID().slice(0, 4)}`
  const mine = await subscribe(client, planId, title)
  const { page } = await enter('developer')
  await page.goto(`${portalHome}/apis/${api}`)
  const dialog = page.getByRole('dialog')
  const choose = (name: string) => dialog.locator('label').filter({ hasText: name }).click()
  // What was chosen and not taken is forgotten.
  await page.getByRole('button', { name: 'Get access', exact: true }).click()
  await choose('Bigger')
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Choose Plan', exact: true }).click()
  await expect(dialog.getByRole('radio', { name: 'Plan' })).toBeChecked()
  await choose('Bigger')
  await dialog.getByRole('button', { name: /Application$/ }).click()
  await page.getByRole('option', { name: title }).click()
  await expect(dialog.getByText(`${title} moves from Plan to Bigger.`)).toBeVisible()
  await dialog.getByRole('button', { name: 'Get key' }).click()
  await dialog.getByTestId('secret').waitFor()

  const { data } = await client.subscriptions.list({ tenant, application: mine.application })
  expect(data.map(({ plan, state }) => ({ plan: plan.id, state }))).toEqual([
    { plan: bigger.id, state: 'active' },
  ])
  expect((await call(url, mine.key)).status, 'with the key it had').toBe(200)
})

test('H5: a browser that refuses to copy locks nobody in with a fresh key', async ({ enter }) => {
  const client = await clientOf('developer')
  const { name } = await client.applications.create({ tenant, title: 'No clipboard' })
  const { page } = await enter('developer')
  await page.addInitScript(() => {
    Object.defineProperty(navigator, 'clipboard', { value: undefined })
    document.execCommand = () => false
  })
  await page.goto(`${portalHome}/applications/${name}`)
  await page.getByRole('button', { name: 'New key' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Create key' }).click()
  await dialog.getByRole('button', { name: 'Copy', exact: true }).click()
  await expect(dialog.getByTestId('secret'), 'shown, to be copied by hand').toContainText(
    /^gw_[A-Za-z0-9_]+$/,
  )
  await dialog.getByRole('button', { name: 'Done' }).click()
  await expect(dialog).toBeHidden()
})

test('a link to an operation opens it, also where its id holds a slash', async ({ enter }) => {
  const { api } = await publishApi('Slashed', {
    document: bookstoreDocument().replace('operationId: listBooks', 'operationId: books/list'),
  })
  const { page } = await enter()
  await page.goto(`${portalHome}/apis/${api}`)
  await page.getByRole('main').getByRole('link', { name: 'List books' }).click()
  const open = page.getByTestId('docs').locator('.opblock.is-open')
  await expect(open).toHaveCount(1)
  await expect(open).toContainText('List books')
})

test('H4: try-it calls with the access of the reader and shows the limits that are left', async ({
  enter,
}) => {
  const developer = await enter('developer')
  const { page } = developer
  await page.goto(`${portalHome}/apis/bookstore/docs?application=reading-list`)
  const operation = page
    .getByTestId('docs')
    .locator('.opblock')
    .filter({ hasText: '/books/{bookId}' })
    .first()
  await operation.getByRole('button').first().click()
  await operation.getByPlaceholder('bookId').fill('bk_dune')
  await operation.getByRole('button', { name: 'Execute' }).click()
  const answer = operation.locator('.live-responses-table')
  await expect(answer.locator('.response-col_status').last()).toContainText('200')
  await expect(answer).toContainText('"Dune"')
  const header = (name: string) =>
    answer.locator('.headerline').filter({ hasText: new RegExp(`^\\s*${name}:`) })
  await expect(header('ratelimit-policy')).toContainText(/"[\w-]+";q=60/)
  await expect(header('ratelimit')).toContainText(/"[\w-]+";r=\d+/)

  const requestId = /req_\w+/.exec((await header('x-request-id').textContent()) ?? '')?.[0] ?? ''
  const client = await clientOf('developer')
  const read = () =>
    client.analytics.request({ tenant, environment, request: requestId }).catch(() => undefined)
  await until(15, async () => (await read()) !== undefined)
  expect(await read()).toMatchObject({ application: { name: 'reading-list' }, plan: { name: 'free' } })
})

test('H2: docs say what runs, from the moment it is published', async ({ enter }) => {
  const { api } = await publishApi('Followed')
  const visitor = await enter()
  const { page } = visitor
  const operations = page.getByTestId('docs')
  await page.goto(`${portalHome}/apis/${api}/docs`)
  await expect(operations).toContainText('Read one book')

  const client = await clientOf('owner')
  const { version } = await client.versions.get({ tenant, api, apiVersion: 'v1' })
  const text = bookstoreDocument().replace('summary: Read one book', 'summary: Borrow one book')
  await client.versions.reimport(
    { tenant, api, apiVersion: 'v1', source: { kind: 'text', text } },
    { context: { ifMatch: version } },
  )
  await page.reload()
  await expect(operations, 'a draft changes no docs').toContainText('Read one book')
  await publish(api)
  const published = await client.catalogue.document({ tenant, api, apiVersion: 'v1' })
  expect(JSON.stringify(published), 'with the publish itself').toContain('Borrow one book')
  await page.reload()
  await expect(operations).toContainText('Borrow one book')
  await expect(operations).not.toContainText('Read one book')
})

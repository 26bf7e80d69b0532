// B.5: every main page passes axe in light and dark, fits a phone without sideways scrolling, and complains about nothing.
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import type { Client } from '../packages/cli/src/client.ts'
import { call, clientOf, environment, live, publish, publishApi, subscribe, tenant, until } from './acme.ts'
import { adminHome, expect, insightsHome, type Persona, portalHome, stack, test } from './browser.ts'

const levels = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
/** What a theme can break; everything else in a page is the same in both. */
const themed = ['color-contrast', 'link-in-text-block']

// Dozens of pages each: a limit for what hangs, not for what is slow on a busy machine.
test.describe.configure({ timeout: 400_000 })

let refused: string

test.beforeAll(async () => {
  // Something of everything, so that pages show data: good calls, refused ones, a waiting request.
  const { url, key } = stack.demo.call
  await Promise.all([call(url, key), call(url, key), call(`${url}x`, key), call(url)])
  const client = await clientOf('owner')
  refused = (await call(url)).requestId
  const read = () =>
    client.analytics.request({ tenant, environment, request: refused }).catch(() => undefined)
  await until(15, async () => (await read()) !== undefined)
})

test('B.5: pages of a visitor', async ({ enter }) => {
  await lookAt(
    [await enter(), await enter()],
    [
      '/sign-in',
      `/sign-up?tenant=${tenant}`,
      '/sign-up',
      portalHome,
      `${portalHome}?q=nothing-is-called-so`,
      `${portalHome}/apis/bookstore`,
      `${portalHome}/apis/bookstore/docs`,
      '/errors',
      '/errors/rate_limited',
      '/nowhere',
    ],
  )
})

test('B.5: pages of a developer', async ({ enter }) => {
  const windows = [await enter('developer'), await enter('developer')]
  for (const window of windows) window.expects(/status of 404.*\/not-here/)
  await lookAt(windows, [
    `${portalHome}/apis/bookstore?access=1`,
    `${portalHome}/apis/bookstore/docs#/Books/getBook`,
    `${portalHome}/applications`,
    `${portalHome}/applications/reading-list`,
    `${portalHome}/applications/reading-list?tab=subscriptions`,
    `${portalHome}/applications/reading-list?tab=settings`,
    `${portalHome}/usage`,
    `${portalHome}/requests/${refused}`,
    `${portalHome}/apis/not-here`,
    '/account',
  ])
})

test('B.5: pages of an API owner', async ({ enter }) => {
  const { api: split, planId } = await publishApi('Seen', { approval: 'manual' })
  const asked = await subscribe(await clientOf('developer'), planId, 'Looked at')
  const client = await clientOf('owner')
  await splitTraffic(client, split)
  const routes = await client.routes.list({ tenant, api: 'bookstore', apiVersion: 'v1', limit: 1 })
  const events = await client.audit.list({ tenant, limit: 1 })
  const windows = [await enter('owner'), await enter('owner')]
  const api = `${adminHome}/apis/bookstore`
  await lookAt(windows, [
    adminHome,
    `${adminHome}/apis`,
    `${adminHome}/import`,
    `${adminHome}/import?url=${encodeURIComponent(`${stack.upstreamUrl}/openapi.yaml`)}`,
    api,
    `${api}?publish=1`,
    `${api}/routes`,
    `${api}/routes?route=${routes.data[0]?.id}`,
    `${api}/upstreams`,
    `${api}/upstreams/default`,
    `${api}/upstreams/not-here`,
    `${api}/traffic`,
    `${adminHome}/apis/${split}/upstreams`,
    `${adminHome}/apis/${split}/traffic`,
    `${api}/settings`,
    `${api}/policies`,
    `${api}/document`,
    `${api}/revisions`,
    `${api}/live`,
    `${adminHome}/policies`,
    `${adminHome}/products`,
    `${adminHome}/products/bookstore`,
    `${adminHome}/products/bookstore?plan=free&tab=policies`,
    `${adminHome}/approvals`,
    `${adminHome}/approvals?request=${asked.subscription}`,
  ])
  await client.subscriptions.decide({ tenant, subscriptions: [asked.subscription], decision: 'reject' })
  await lookAt(windows, [
    `${adminHome}/subscriptions`,
    `${adminHome}/applications`,
    `${adminHome}/applications/reading-list`,
    `${adminHome}/gateways`,
    `${adminHome}/revisions`,
    `${adminHome}/revisions?revision=1&rollback=1`,
    `${adminHome}/explain?url=${encodeURIComponent('/bookstore/v1/books')}`,
    `${adminHome}/members`,
    `${adminHome}/members?tab=invitations&invite=1`,
    `${adminHome}/members?tab=roles`,
    `${adminHome}/members?tab=roles&make=1&from=publisher`,
    `${adminHome}/audit`,
    `${adminHome}/audit?event=${events.data[0]?.id}`,
    `${adminHome}/settings`,
    `${adminHome}/settings/authorisation-server`,
  ])
})

test('B.5: pages of an analyst', async ({ enter }) => {
  const windows = [await enter('analyst'), await enter('analyst')]
  await lookAt(
    windows,
    ['', '/traffic', '/latency', '/errors', '/apis', '/consumers', '/requests', `/requests/${refused}`].map(
      (page) => `${insightsHome}${page}`,
    ),
  )
})

test('B.5: pages of a tenant in which nothing happened yet', async ({ enter }) => {
  const windows = [await enter('platform-admin'), await enter('platform-admin')]
  const client = await clientOf('platform-admin')
  const fresh = `fresh-${crypto.randomUUID().slice(0, 4)}`
  await client.tenancy.create({ name: fresh, title: 'Fresh' })
  const empty = adminHome.replace(tenant, fresh)
  await lookAt(windows, [
    '/tenants',
    '/identity-providers',
    '/event-sinks',
    '/certificates',
    '/blocklist',
    '/tenants?create=1',
    empty,
    ...[
      'apis',
      'products',
      'approvals',
      'subscriptions',
      'applications',
      'policies?scope=global',
      'revisions',
    ].map((page) => `${empty}/${page}`),
    insightsHome.replace(tenant, fresh),
    `/p/${fresh}`,
    `/p/${fresh}/applications`,
    `/p/${fresh}/usage`,
  ])
})

/** A second upstream with a share, a rule and a guard, so that the pages show all they can. */
async function splitTraffic(client: Client, api: string): Promise<void> {
  const place = { tenant, api, apiVersion: 'v1' }
  const { version } = await client.versions.get(place)
  await client.upstreams.set(
    { ...place, upstream: 'canary', targets: [{ url: stack.upstreamUrl }], circuitBreaker: {} },
    { context: { ifMatch: version } },
  )
  await publish(api)
  await client.publishing.setTraffic(
    {
      ...place,
      environment,
      rules: [{ when: { on: 'header', name: 'x-release', values: ['canary'] }, upstream: 'canary' }],
      shares: [
        { upstream: 'default', weight: 90 },
        { upstream: 'canary', weight: 10 },
      ],
      stickiness: { by: 'cookie', name: 'release' },
      guard: {},
    },
    { context: live() },
  )
}

/** Pages are shared out over the windows of one person: a second one uses the second core. */
async function lookAt(windows: readonly Persona[], paths: readonly string[]): Promise<void> {
  const left = paths.values()
  await Promise.all(
    windows.map(async ({ page }) => {
      for (const path of left) await lookAtOne(page, path)
    }),
  )
}

async function lookAtOne(page: Page, path: string): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.goto(path)
  await settle(page)
  expect.soft(await violations(page, levels), `${path}, light`).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark' })
  await settle(page)
  expect.soft(await violations(page, themed), `${path}, dark`).toEqual([])
  await page.emulateMedia({ colorScheme: 'light' })
  const wide = page.viewportSize()
  await page.setViewportSize({ width: 390, height: 844 })
  // Charts measure their box after the page has its new width: what counts is where the layout comes to rest.
  await expect
    .configure({ soft: true })
    .poll(() => sidewaysPixels(page), `${path}, 390 px wide`)
    .toBe(0)
  if (wide) await page.setViewportSize(wide)
}

/** Data is there, nothing moves. */
async function settle(page: Page): Promise<void> {
  await page.getByRole('heading').first().waitFor()
  await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    const deadline = performance.now() + 30_000
    for (;;) {
      // A theme is changed by script, and transitions begin with the frame after: wait for both before looking for them.
      await frame()
      await frame()
      const ending = document
        .getAnimations()
        .filter((one) => one.effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY)
      const isLoading = document.querySelector('[role=status][aria-label=Loading], .animate-pulse') !== null
      // What has come may fade in, and what has faded in may begin to load: at rest only when neither is so.
      if (ending.length === 0 && !isLoading) return
      if (performance.now() > deadline) throw new Error(isLoading ? 'it loads for ever' : 'it moves for ever')
      await Promise.all(ending.map((animation) => animation.finished.catch(() => undefined)))
    }
  })
}

async function violations(page: Page, wanted: string[]): Promise<string[]> {
  // Legacy mode: our pages have no frames, and merging reports of frames would open a second page each time.
  const axe = new AxeBuilder({ page }).setLegacyMode(true)
  const { violations: found } = await (wanted === levels
    ? axe.withTags(wanted)
    : axe.withRules(wanted)
  ).analyze()
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
  )
}

function sidewaysPixels(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
}

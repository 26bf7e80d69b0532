// C4: a page that asks people to sign in, at the gateway and at our own authorisation server, as somebody in front of a browser sees it.
import { clientOf, joinAs, live, newAccount, publish, publishApi, tenant } from './acme.ts'
import { expect, stack, test } from './browser.ts'

test('C4: a person opens a page, signs in at the provider, reads it, signs out, and is told why when they decline', async ({
  enter,
}) => {
  const owner = await clientOf('owner')
  const { api, versionId, url } = await publishApi('Reader')
  const home = new URL(`/${api}`, url).href

  const server = await owner.authorisationServer.get({ tenant })
  if (!server.enabled)
    await owner.authorisationServer.update(
      { tenant, enabled: true },
      { context: { ifMatch: server.version } },
    )
  const application = await owner.applications.create({ tenant, title: `Pages of ${api}` })
  const client = await owner.oauthClients.create(
    {
      tenant,
      application: application.id,
      environment: stack.environment,
      redirectUris: [`${home}/.login/callback`],
    },
    { context: live() },
  )
  const { version } = await owner.policies.get({ tenant, scope: 'version', scopeId: versionId })
  await owner.policies.set(
    {
      tenant,
      scope: 'version',
      scopeId: versionId,
      policies: [
        {
          type: 'oidc-login',
          name: 'sign-in',
          enabled: true,
          config: {
            issuer: server.issuer,
            clientId: client.clientId,
            clientSecret: client.secret,
            scopes: ['openid', 'email'],
          },
        },
      ],
    },
    { context: { ...live(), ifMatch: version } },
  )
  await publish(api)

  const account = newAccount('Rita Reader')
  await joinAs(account)
  const rita = await enter()
  const { page } = rita
  // An API has no icon for a tab.
  rita.expects(/status of 404.*favicon/)
  await page.goto(url)
  await rita.fill(page.getByLabel('Email address'), account.email)
  await rita.fill(page.getByLabel('Password', { exact: true }), account.password)
  await rita.press('Enter')
  await rita.click(page.getByRole('button', { name: 'Allow', exact: true }))
  await page.waitForURL(url)
  await expect(page.getByText('bk_dune')).toBeVisible()
  // A script of the page may call on with the session, and may not read its cookie.
  expect(await page.evaluate(async (to) => (await fetch(to)).status, url)).toBe(200)
  expect(await page.evaluate(() => document.cookie)).toBe('')

  await page.goto(`${home}/.login/logout`)
  await expect(page.getByRole('heading', { name: 'You are signed out' })).toBeVisible()
  expect((await page.request.get(url)).status()).toBe(401)

  await page.goto(url)
  rita.expects(/status of 403/)
  await rita.click(page.getByRole('button', { name: 'Do not allow' }))
  await expect(page.getByText(/login_denied · req_/)).toBeVisible()
  await expect(page.getByRole('link', { name: 'Try again' })).toBeVisible()
})

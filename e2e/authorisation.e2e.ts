// C4: a developer creates an OAuth client, a person agrees in the portal, and the application has tokens for what they agreed to.
import { createHash, randomBytes } from 'node:crypto'
import { clientOf, joinAs, newAccount, tenant } from './acme.ts'
import { adminHome, expect, portalHome, report, stack, test } from './browser.ts'

test('C4: from a switch in the settings to a person who is signed in to an application', async ({
  enter,
}, info) => {
  const scope = `books:${crypto.randomUUID().slice(0, 4)}`
  const owner = await enter('owner')
  await owner.page.goto(`${adminHome}/settings`)
  await owner.click(owner.page.getByRole('link', { name: 'Authorisation server' }))
  const enabled = owner.page.getByRole('switch', { name: 'Issue access tokens' })
  await enabled.waitFor({ state: 'attached' })
  if (!(await enabled.isChecked())) await owner.click(owner.page.getByText('Issue access tokens'))
  await owner.click(owner.page.getByRole('button', { name: 'Add scope' }))
  await owner.fill(owner.page.getByLabel('Scope', { exact: true }).last(), scope)
  await owner.fill(owner.page.getByLabel('What people read when they are asked').last(), `Read ${scope}`)
  await owner.click(owner.page.getByRole('button', { name: 'Save' }))
  await expect(owner.page.getByText('Authorisation server saved')).toBeVisible()
  await expect(owner.page.getByText('Signing', { exact: true })).toBeVisible()

  const developer = await enter('developer')
  const application = await (await clientOf('developer')).applications.create({
    tenant,
    title: `Reader ${scope}`,
  })
  const { page } = developer
  await page.goto(`${portalHome}/applications/${application.name}`)
  developer.begin()
  await developer.click(page.getByRole('button', { name: 'Create OAuth client' }))
  const dialog = page.getByRole('dialog')
  await developer.click(dialog.getByText('A web application that people sign in to'))
  const redirectUri = `${stack.upstreamUrl}/callback`
  await developer.fill(dialog.getByLabel('Redirect addresses'), redirectUri)
  await page.keyboard.press('Enter')
  await developer.click(dialog.getByRole('button', { name: 'Create OAuth client' }))
  const copy = dialog.getByTestId('secret').locator('..').getByRole('button', { name: 'Copy' })
  const secret = await developer.copy(copy)
  const clientId = (await dialog.locator('code', { hasText: /^ocl_/ }).textContent()) ?? ''
  await developer.click(dialog.getByRole('button', { name: 'Done' }))
  report(info, developer)
  await expect(page.getByText(clientId)).toBeVisible()

  // Somebody of the team who is not signed in yet comes from the application.
  const account = newAccount('Paula Person')
  await joinAs(account)
  const person = await enter()
  const issuer = `${stack.adminUrl}/oauth/${tenant}`
  const verifier = randomBytes(32).toString('base64url')
  const query = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: `openid email ${scope}`,
    state: 'a-state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  // The sample upstream has no such page.
  person.expects(/status of 404/)
  await person.page.goto(`${issuer}/auth?${query}`)
  await person.fill(person.page.getByLabel('Email address'), account.email)
  await person.fill(person.page.getByLabel('Password', { exact: true }), account.password)
  await person.press('Enter')
  await expect(
    person.page.getByRole('heading', { name: `Reader ${scope} wants to sign you in` }),
  ).toBeVisible()
  await expect(person.page.getByText(`Read ${scope}`, { exact: true })).toBeVisible()
  await person.click(person.page.getByRole('button', { name: 'Allow', exact: true }))
  await person.page.waitForURL(`${redirectUri}?**`)

  const back = new URL(person.page.url()).searchParams
  expect([back.get('state'), back.get('iss')]).toEqual(['a-state', issuer])
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: back.get('code') ?? '',
      redirect_uri: redirectUri,
      code_verifier: verifier,
    }),
  })
  const tokens = (await answer.json()) as { id_token?: string; scope?: string }
  expect(answer.status).toBe(200)
  expect(tokens.scope).toBe(scope)
  const claims = JSON.parse(Buffer.from(tokens.id_token?.split('.')[1] ?? '', 'base64url').toString())
  expect(claims).toMatchObject({ iss: issuer, aud: clientId, email: account.email })
})

// How people come in besides a password: an authenticator app, a passkey, and links that come by mail.
import { createHmac } from 'node:crypto'
import type { Page } from '@playwright/test'
import { type Account, joinAs, newAccount, until } from './acme.ts'
import { expect, type Persona, stack, test } from './browser.ts'

/** Through the form, as far as the password. */
async function givePassword(page: Page, { email, password }: Account): Promise<void> {
  await page.goto('/sign-in')
  await page.getByLabel('Email address').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.keyboard.press('Enter')
}

async function arrive(page: Page): Promise<void> {
  await page.waitForURL((url) => url.pathname !== '/sign-in')
  await page.getByRole('main').waitFor()
}

async function signOut(page: Page): Promise<void> {
  await page.context().clearCookies()
  await page.goto('/sign-in')
}

/** RFC 6238 with RFC 4648 base32, as an app of somebody else's would do it. `step`: 1 is the code after the one of now. */
function codeOf(secret: string, step = 0): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = Array.from(secret, (letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [])
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + step))
  const hash = createHmac('sha1', key).update(counter).digest()
  const offset = (hash.at(-1) ?? 0) & 15
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/** The address in the newest mail to somebody that leads to this page of the portal, and is not the one before. */
async function linkTo(email: string, path: string, before?: string): Promise<string> {
  const pattern = new RegExp(`https?://[^\\s"<>]+${path}#[\\w-]+`)
  let link: string | undefined
  await until(20, async () => {
    const mails = (await (await fetch(`${stack.mailUrl}?to=${email}`)).json()) as string[]
    link = mails.flatMap((raw) => pattern.exec(raw)?.[0] ?? []).at(-1)
    return link !== undefined && link !== before
  })
  return link ?? ''
}

/** The codes that the dialog shows, which lets nobody go before they are kept. */
async function keepCodes(person: Persona): Promise<string[]> {
  const dialog = person.page.getByRole('dialog', { name: 'Your recovery codes' })
  await expect(dialog.getByRole('button', { name: 'Done' })).toBeDisabled()
  const text = await person.copy(dialog.getByRole('button', { name: 'Copy' }))
  await dialog.getByRole('button', { name: 'Done' }).click()
  await expect(dialog).toHaveCount(0)
  return text.trim().split('\n')
}

test('D6: an authenticator app is set up and asked for; a recovery code stands in for it once', async ({
  enter,
}) => {
  const account = newAccount('Ada App')
  await joinAs(account)
  const person = await enter()
  const { page } = person
  await givePassword(page, account)
  await arrive(page)
  await page.goto('/account')
  await page.getByRole('button', { name: 'Set up' }).click()
  const dialog = page.getByRole('dialog', { name: 'Set up an authenticator app' })
  await expect(dialog.locator('svg title')).toHaveText('QR code for the authenticator app')
  const secret = await person.copy(dialog.getByRole('button', { name: 'Copy the secret' }))
  await dialog.getByLabel('Code').fill(codeOf(secret))
  await dialog.getByRole('button', { name: 'Confirm' }).click()
  const codes = await keepCodes(person)
  expect(codes.length).toBeGreaterThanOrEqual(8)

  await signOut(page)
  await givePassword(page, account)
  await page.getByRole('heading', { name: 'Second step' }).waitFor()
  person.expects(/status of 4\d\d/)
  await page.getByLabel('Code').fill(codeOf(secret) === '000000' ? '000001' : '000000')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(
    page
      .getByRole('alert')
      .or(page.getByText(/not the code|code is/i))
      .first(),
  ).toBeVisible()
  // Each code is good once, and that of now was used to set the app up.
  await page.getByLabel('Code').fill(codeOf(secret, 1))
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await arrive(page)

  await signOut(page)
  await givePassword(page, account)
  await page.getByLabel('Code').fill(codes[0] ?? '')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await arrive(page)
  await page.goto('/account')
  await expect(page.getByText(`${codes.length - 1} codes left`)).toBeVisible()
})

test('D6: a passkey is added, signs in by itself, and opens nothing once it is removed', async ({
  enter,
}) => {
  const account = newAccount('Paula Passkey')
  await joinAs(account)
  const person = await enter()
  const { page } = person
  // An authenticator of this device, that knows its person (WebAuthn 2, 11.2).
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  await givePassword(page, account)
  await arrive(page)
  await page.goto('/account')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Add a passkey' })
  await dialog.getByLabel('Name', { exact: true }).fill('Blue key')
  await dialog.getByRole('button', { name: 'Continue' }).click()
  await keepCodes(person)
  await expect(page.getByRole('button', { name: 'Remove Blue key' })).toBeVisible()
  const { credentials } = await devtools.send('WebAuthn.getCredentials', { authenticatorId })
  expect(credentials).toMatchObject([{ isResidentCredential: true, rpId: 'localhost' }])

  await signOut(page)
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await arrive(page)
  await page.goto('/account')
  await page.getByRole('button', { name: 'Remove Blue key' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
  await expect(page.getByRole('button', { name: 'Remove Blue key' })).toHaveCount(0)

  await signOut(page)
  person.expects(/status of 4\d\d/)
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await expect(page.getByRole('alert').first()).toBeVisible()
  expect(new URL(page.url()).pathname).toBe('/sign-in')
})

test('D6: a forgotten password is set anew by a link that came by mail, good once, and other sessions end', async ({
  enter,
}) => {
  const account = newAccount('Fred Forgets')
  await joinAs(account)
  const elsewhere = await enter()
  await givePassword(elsewhere.page, account)
  await arrive(elsewhere.page)
  const person = await enter()
  const { page } = person
  await page.goto('/sign-in')
  await page.getByRole('link', { name: 'Forgot your password?' }).click()
  await page.getByRole('heading', { name: 'Forgot your password?' }).waitFor()
  await page.getByLabel('Email address').fill(account.email)
  await page.getByRole('button', { name: 'Send the link' }).click()
  await page.getByRole('heading', { name: 'Look at your mail' }).waitFor()
  const link = await linkTo(account.email, '/reset-password')
  await page.goto(link)
  // No history keeps the secret.
  await expect(page).toHaveURL(/\/reset-password$/)
  const fresh = { ...account, password: `another sentence ${crypto.randomUUID().slice(0, 8)}` }
  await page.getByLabel('New password').fill(fresh.password)
  await page.getByRole('button', { name: 'Set password' }).click()
  await page.getByRole('heading', { name: 'Your new password is set' }).waitFor()

  person.expects(/status of 4\d\d/)
  await givePassword(page, account)
  await expect(page.getByRole('alert').first()).toBeVisible()
  await givePassword(page, fresh)
  await arrive(page)
  elsewhere.expects(/status of 401/)
  await elsewhere.page.goto('/account')
  await elsewhere.page.waitForURL(/\/sign-in/)

  const again = await enter()
  again.expects(/status of 4\d\d/)
  await again.page.goto(link)
  await again.page.getByLabel('New password').fill(`a third sentence ${crypto.randomUUID().slice(0, 8)}`)
  await again.page.getByRole('button', { name: 'Set password' }).click()
  await expect(again.page.getByRole('alert').first()).toBeVisible()
})

test('D6: an address is proved by a press on the page that the mailed link leads to', async ({ enter }) => {
  const account = newAccount('Vera Verifies')
  await joinAs(account)
  const person = await enter()
  const { page } = person
  await givePassword(page, account)
  await arrive(page)
  await page.goto('/account')
  const notice = page.getByText(`Nobody has proved yet that ${account.email} is yours`)
  await expect(notice).toBeVisible()
  // One came with the sign-up; it is good no more once there is another.
  const first = await linkTo(account.email, '/verify-email')
  await page.getByRole('button', { name: 'Send me a link' }).click()
  await page.getByText('The link is on its way').waitFor()
  await page.goto(await linkTo(account.email, '/verify-email', first))
  await expect(page).toHaveURL(/\/verify-email$/)
  await page.getByRole('button', { name: 'This is my address' }).click()
  await page.getByRole('heading', { name: 'Proved' }).waitFor()
  await page.getByRole('link', { name: 'To my account' }).click()
  await page.getByRole('heading', { name: 'Account', exact: true }).waitFor()
  await expect(notice).toHaveCount(0)
})

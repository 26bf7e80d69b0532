// What applications prove themselves with besides keys, and the certificates of hosts: seen, added and removed in the portal.
import { generateKeyPairSync } from 'node:crypto'
import { createAuthority } from '../apps/gateway/src/testing/certificates.fixture.ts'
import { clientOf, environment, tenant } from './acme.ts'
import { adminHome, expect, portalHome, test } from './browser.ts'

test('C9: a client certificate and signing keys are registered, seen by the owner of the API, and removed', async ({
  enter,
}) => {
  const client = await clientOf('developer')
  const title = `Proofs ${crypto.randomUUID().slice(0, 4)}`
  const { name } = await client.applications.create({ tenant, title })
  const person = await enter('developer')
  const { page } = person
  await page.goto(`${portalHome}/applications/${name}`)
  const { cert: certificate } = createAuthority('Acme CA').issue({ name: 'payments' })

  await page.getByRole('button', { name: 'Register client certificate' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.locator('input[type=file]').setInputFiles({
    name: 'payments.pem',
    mimeType: 'application/x-pem-file',
    buffer: Buffer.from(certificate),
  })
  await expect(dialog.getByLabel('Certificate', { exact: true })).toHaveValue(/BEGIN CERTIFICATE/)
  await dialog.getByLabel('Name', { exact: true }).fill('Payments')
  await dialog.getByRole('button', { name: 'Register' }).click()
  const row = page.getByRole('row').filter({ hasText: 'Payments' })
  await expect(row).toContainText(/(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/)

  await page.getByRole('button', { name: 'New signing key' }).click()
  await dialog.getByLabel('Name', { exact: true }).fill('Nightly')
  await dialog.getByRole('button', { name: 'Create signing key' }).click()
  await expect(dialog.getByRole('button', { name: 'Done' })).toBeDisabled()
  const secret = await person.copy(dialog.getByRole('button', { name: /^Copy$/ }))
  expect(Buffer.from(secret, 'base64')).toHaveLength(32)
  await dialog.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'Nightly' })).toContainText('GWK')
  expect(await page.content()).not.toContain(secret)

  const { publicKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  await page.getByRole('button', { name: 'New signing key' }).click()
  await dialog.getByRole('button', { name: /^Algorithm|Algorithm$/ }).click()
  await page.getByRole('option', { name: 'Ed25519' }).click()
  await dialog.getByLabel('Public key', { exact: true }).fill(publicKey)
  await dialog.getByLabel('Name', { exact: true }).fill('Own pair')
  await dialog.getByRole('button', { name: 'Create signing key' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'Own pair' })).toContainText('Ed25519')

  const owner = await enter('owner')
  await owner.page.goto(`${adminHome}/applications/${name}`)
  await expect(owner.page.getByRole('row').filter({ hasText: 'Payments' })).toContainText('Fingerprint')
  await expect(owner.page.getByRole('row').filter({ hasText: 'Nightly' })).toContainText('Shared secret')

  await page.getByRole('button', { name: 'Remove Payments' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove certificate' }).click()
  await expect(row).toHaveCount(0)
  await page.getByRole('button', { name: 'Remove Nightly' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove signing key' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'Nightly' })).toHaveCount(0)
})

test('C20: a certificate of hosts is added, says when it ends, is renewed and removed by a platform admin', async ({
  enter,
}) => {
  const name = `shop-${crypto.randomUUID().slice(0, 4)}`
  const host = `${name}.example.com`
  const authority = createAuthority('Shop CA')
  const first = authority.issue({ name: host, hosts: [host] })
  const second = authority.issue({ name: host, hosts: [host] })
  const { page } = await enter('platform-admin')
  await page.goto(`/certificates?environment=${environment}`)
  await page.getByRole('button', { name: 'Add certificate' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name', { exact: true }).fill(name)
  await dialog.getByLabel('Certificate', { exact: true }).fill(first.cert)
  await dialog.getByLabel('Private key', { exact: true }).fill(first.key)
  await dialog.getByRole('button', { name: 'Add certificate' }).click()
  const row = page.getByRole('row').filter({ hasText: name })
  await expect(row).toContainText(host)
  const before = await row.textContent()
  await row.getByRole('button', { name: `Renew ${name}` }).click()
  await dialog.getByLabel('Certificate', { exact: true }).fill(second.cert)
  await dialog.getByLabel('Private key', { exact: true }).fill(second.key)
  await dialog.getByRole('button', { name: 'Renew' }).click()
  await expect(dialog).toHaveCount(0)
  await expect(row).not.toHaveText(before ?? '')
  expect(await page.content()).not.toContain('PRIVATE KEY')
  await row.getByRole('button', { name: `Remove ${name}` }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
  await expect(row).toHaveCount(0)
})

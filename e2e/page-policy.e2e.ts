// Pages take no text as HTML (ADR 103): the browser refuses it, and what strangers wrote is shown as words.
import { bookstoreDocument, clientOf, environment, publishApi, tenant } from './acme.ts'
import { expect, portalHome, test } from './browser.ts'

test('I19: no text becomes HTML or the address of a script, and no policy can be made that lets it', async ({
  enter,
}) => {
  const person = await enter()
  person.expects(/require-trusted-types-for|trusted-types|TrustedHTML|TrustedScriptURL|createPolicy/)
  await person.page.goto('/sign-in')
  const tried = await person.page.evaluate(() => {
    const attempts = {
      html: () => {
        document.body.innerHTML = '<img src=x>'
      },
      address: () => {
        document.createElement('script').src = '/assets/other.js'
      },
      policy: () => {
        const { trustedTypes } = window as unknown as {
          trustedTypes: { createPolicy(name: string, rules: object): unknown }
        }
        trustedTypes.createPolicy('default', { createHTML: (text: string) => text })
      },
    }
    return Object.entries(attempts).map(([name, attempt]) => {
      try {
        attempt()
        return `${name}: taken`
      } catch (error) {
        return `${name}: ${(error as Error).name}`
      }
    })
  })
  expect(tried).toEqual(['html: TypeError', 'address: TypeError', 'policy: TypeError'])
})

test('I19: descriptions of a document are shown as Markdown, and HTML in them as nothing', async ({
  enter,
}) => {
  const text = 'Books **by name** &copy; <img src=x onerror="document.title=1"> [site](javascript:alert(1))'
  const document = bookstoreDocument().replace(
    /^( +)operationId: listBooks$/m,
    (line, indent) => `${line}\n${indent}description: ${JSON.stringify(text)}`,
  )
  const { api } = await publishApi('Described', { document })
  const client = await clientOf('owner')
  await client.apis.get({ tenant, api })
  const person = await enter('developer')
  await person.page.goto(`${portalHome}/apis/${api}/docs?environment=${environment}`)
  const docs = person.page.getByTestId('docs')
  await docs
    .getByRole('button', { name: /\/books$/ })
    .first()
    .click()
  await expect(docs.getByText('by name', { exact: true })).toHaveJSProperty('tagName', 'STRONG')
  await expect(docs.getByText('©')).toBeVisible()
  await expect(docs.locator('.renderedMarkdown img')).toHaveCount(0)
  await expect(docs.locator('a[href^="javascript"]')).toHaveCount(0)
})

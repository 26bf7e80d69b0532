// I2: the portal can do nothing that the API cannot, because it reaches the server through the contract's client alone.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const source = join(import.meta.dirname, '..')

/** Files that may speak HTTP themselves, and with whom. */
const allowed: Readonly<Record<string, string>> = {
  'api/link.ts': 'the admin API, for the contract’s client',
  'features/apis/first-call.ts': 'the gateway, through the try-it proxy',
  'features/catalogue/queries.ts': 'the gateway, through the try-it proxy',
  'i18n/index.ts': 'the portal’s own texts',
}

it('I2 every call of the portal goes through the contract', () => {
  const offenders = globSync('**/*.{ts,tsx}', { cwd: source })
    .filter((path) => !path.endsWith('.test.ts') && allowed[path] === undefined)
    .filter((path) =>
      /\bfetch\(|XMLHttpRequest|new EventSource|sendBeacon/.test(readFileSync(join(source, path), 'utf8')),
    )
  expect(offenders).toEqual([])
})

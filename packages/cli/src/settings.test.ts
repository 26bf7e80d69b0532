import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { settings, writeSaved } from './settings.ts'

let folder: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatewright-settings-'))
  vi.stubEnv('XDG_CONFIG_HOME', folder)
  for (const name of ['URL', 'TOKEN', 'TENANT']) vi.stubEnv(`GATEWRIGHT_${name}`, '')
  await writeSaved({ url: 'https://gw.example', token: 'gwp_saved', tenant: 'acme' })
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

function given(options: readonly string[]) {
  const program = new Command('gatewright').option('--url <url>').option('--token <t>').option('--tenant <t>')
  return settings(program.parse(options, { from: 'user' }))
}

it('the saved login is used where nothing else is said; a variable set to nothing says nothing', async () => {
  expect(await given([])).toEqual({ url: 'https://gw.example', token: 'gwp_saved', tenant: 'acme' })
  vi.stubEnv('GATEWRIGHT_TENANT', 'other')
  expect(await given(['--url', 'https://gw.example/'])).toEqual({
    url: 'https://gw.example',
    token: 'gwp_saved',
    tenant: 'other',
  })
})

it('another server is never told the saved token', async () => {
  await expect(given(['--url', 'https://evil.example'])).rejects.toThrow(
    'not signed in: run gatewright login https://evil.example',
  )
  vi.stubEnv('GATEWRIGHT_URL', 'http://gw.example')
  await expect(given(['--tenant', 'acme'])).rejects.toThrow('not signed in')
  expect(await given(['--token', 'gwp_mine', '--tenant', 'acme'])).toMatchObject({ token: 'gwp_mine' })
})

// Settings: what is wrong is named, and the guide for operators knows every variable.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readEnv, UsageError, variableNames } from './env.ts'

describe('readEnv', () => {
  it('has a default for everything', () => {
    expect(readEnv({}, [])).toMatchObject({
      ENVIRONMENT: 'prod',
      GATEWAY_PORT: 8000,
      OPS_PORT: 8001,
      manifest: null,
    })
  })

  it('reads lists, numbers and the flag; an empty variable is one that is not set', () => {
    const env = readEnv({ TRUSTED_PROXIES: '10.0.0.0/8, ::1', WORKERS: '3', GATEWAY_PORT: '' }, [
      '--manifest=a.yaml',
    ])
    expect(env).toMatchObject({ TRUSTED_PROXIES: ['10.0.0.0/8', '::1'], WORKERS: 3, GATEWAY_PORT: 8000 })
    expect(env.manifest).toMatch(/\/a\.yaml$/)
  })

  it.each([
    [{ GATEWAY_PORT: '70000' }, [], 'GATEWAY_PORT'],
    [{ REDIS_URL: 'http://x' }, [], 'REDIS_URL'],
    [{ DEBUG_SECRET: 'short' }, [], 'DEBUG_SECRET'],
    [{}, ['--manifest'], '--manifest needs'],
    [{}, ['--port', '1'], 'Unknown argument "--port"'],
  ])('refuses %o %o and says %s', (variables, args, message) => {
    const read = () => readEnv(variables, args)
    expect(read).toThrow(UsageError)
    expect(read).toThrow(message)
  })
})

it('the guide explains every variable', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../../docs/guides/gateway.md'), 'utf8')
  expect(variableNames.filter((name) => !guide.includes(`\`${name}\``))).toEqual([])
})

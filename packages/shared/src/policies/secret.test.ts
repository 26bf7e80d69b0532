import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { spec as headers } from './headers.ts'
import { defineSpec } from './policy.ts'
import { mapSecrets, readSecret, sealedSecret, secretPaths, secretText } from './secret.ts'
import { policySpecs } from './specs.ts'

const password = secretText({ title: 'Password' })
const spec = defineSpec({
  type: 'test',
  stage: 'shape',
  title: 'Test',
  summary: 'Holds secrets everywhere.',
  scopes: ['route'],
  config: z.strictObject({
    top: password.refine((text) => text !== 'bad', 'Not this one'),
    maybe: password.nullable().default(null),
    list: z.array(z.strictObject({ name: z.string(), value: password.optional() })).default([]),
    record: z.record(z.string(), password).default({}),
    how: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('open') }),
        z.strictObject({ kind: z.literal('keyed'), key: password }),
      ])
      .default({ kind: 'open' }),
    open: z.string().default(''),
  }),
  example: { top: 'a' },
})

describe('C6 secrets in configurations of policies', () => {
  test('are found wherever a schema has them', () => {
    expect(secretPaths(spec).map((path) => path.join('/'))).toEqual([
      'top',
      'maybe',
      'list/*/value',
      'record/*',
      'how/key',
    ])
    expect(secretPaths(headers).map((path) => path.join('/'))).toEqual(['request/setSecret/*/value'])
  })

  test('are replaced one by one, each with its place, and nothing else is', () => {
    const config = {
      top: 'a',
      maybe: null,
      list: [{ name: 'x' }, { name: 'y', value: 'b' }],
      record: { 'a/b': 'c' },
      how: { kind: 'keyed', key: 'd' },
      open: 'e',
    }
    const seen: string[][] = []
    const changed = mapSecrets(spec, config, (...found) => {
      seen.push(found)
      return `<${found[0]}>`
    })
    expect(seen).toEqual([
      ['a', 'top', '/top'],
      ['b', 'list/*/value', '/list/1/value'],
      ['c', 'record/*', '/record/a/b'],
      ['d', 'how/key', '/how/key'],
    ])
    expect(changed).toEqual({
      ...config,
      top: '<a>',
      list: [{ name: 'x' }, { name: 'y', value: '<b>' }],
      record: { 'a/b': '<c>' },
      how: { kind: 'keyed', key: '<d>' },
    })
    expect(config.top).toBe('a')
  })

  test('cost policies without any nothing: the configuration stays the one it is', () => {
    for (const one of policySpecs.filter((it) => secretPaths(it).length === 0)) {
      const config = one.config.parse(one.example)
      expect(mapSecrets(one, config, () => 'never')).toBe(config)
    }
  })

  test.each([
    ['open sesame', { kind: 'plain', text: 'open sesame' }],
    ['env:GATEWRIGHT_SECRET_A', { kind: 'env', name: 'GATEWRIGHT_SECRET_A' }],
    ['file:/run/secrets/a:b', { kind: 'file', path: '/run/secrets/a:b' }],
    ['sealed:sec_1', { kind: 'sealed', id: 'sec_1', envelope: null }],
    ['sealed:sec_1:gws1.a.b.c', { kind: 'sealed', id: 'sec_1', envelope: 'gws1.a.b.c' }],
    ['sealed:', { kind: 'sealed', id: '', envelope: null }],
    ['Env:x', { kind: 'plain', text: 'Env:x' }],
  ])('are read as they are written: %s', (text, form) => {
    expect(readSecret(text)).toEqual(form)
  })

  test('have a bound that sealing does not break', () => {
    expect(password.safeParse('x'.repeat(8_192)).success).toBe(true)
    expect(password.safeParse('x'.repeat(8_193)).success).toBe(false)
    expect(password.safeParse(sealedSecret('sec_1', 'x'.repeat(30_000))).success).toBe(true)
    expect(password.safeParse('').success).toBe(false)
  })
})

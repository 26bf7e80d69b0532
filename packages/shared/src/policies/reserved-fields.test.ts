// No policy names a field that frames a message or says who calls, however the name is spelled.
import { expect, it } from 'vitest'
import { spec as apiKey } from './api-key.ts'
import { spec as headers } from './headers.ts'

const names = [
  'Transfer-Encoding',
  'transfer_encoding',
  'Content.Length',
  'Host',
  'X-Consumer-Plan',
  'X_Consumer_Plan',
  'x-forwarded_for',
  'X-Request-Id',
]

it.each(names)('C10 neither written nor asked for a key: %s', (name) => {
  const written = headers.config.safeParse({ request: { set: [{ name, value: '1' }] } })
  expect(written.error?.issues[0]?.message).toBe('The gateway itself writes this header')
  expect(apiKey.config.safeParse({ header: name }).success).toBe(false)
})

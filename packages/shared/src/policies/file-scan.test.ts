import { expect, test } from 'vitest'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import { policy, spec } from './file-scan.ts'
import type { Attachment } from './policy.ts'

const at: Attachment = { id: 'pol_1', name: 'it', scope: 'route', tenantId: 'ten_1', timeZone: 'UTC' }

test('an upload in a coding is refused: nobody here sees what is in it', () => {
  const phases = policy.create(spec.config.parse({}), createDeps(), at)
  const code = (coding?: string) => {
    const header = coding === undefined ? {} : { 'content-encoding': coding }
    const verdict = phases.request?.(createContext({ method: 'PUT', bodyLength: 7, header }))
    return verdict !== undefined && 'code' in verdict ? verdict.code : undefined
  }
  expect([code(), code('identity'), code('br'), code('gzip, identity')]).toEqual([
    undefined,
    undefined,
    'content_coding_not_supported',
    'content_coding_not_supported',
  ])
})

test('D8: where no files are accepted, one without a name is none of them either', async () => {
  const phases = policy.create(spec.config.parse({ maxFiles: 0 }), createDeps(), at)
  const form = (disposition: string) =>
    new TextEncoder().encode(
      `--b\r\nContent-Disposition: form-data; name="a"${disposition}\r\n\r\nhello\r\n--b--\r\n`,
    )
  const code = async (body: Uint8Array) => {
    const header = { 'content-type': 'multipart/form-data; boundary=b' }
    const ctx = createContext({ method: 'POST', bodyLength: body.length, header })
    const verdict = await phases.requestBody?.(ctx, body)
    return verdict !== undefined && 'code' in verdict ? verdict.code : undefined
  }
  expect(await code(form(''))).toBeUndefined()
  expect(await code(form('; filename="a.txt"'))).toBe('upload_not_allowed')
  expect(await code(form('; filename=""'))).toBe('upload_not_allowed')
})

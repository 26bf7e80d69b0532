import { expect, test } from 'vitest'
import { sourceOf, sourceOfFile } from './source.ts'

test('one line of http is an address, anything else the document itself', () => {
  expect(sourceOf('  https://example.com/openapi.json ')).toEqual({
    kind: 'url',
    url: 'https://example.com/openapi.json',
  })
  expect(sourceOf('openapi: 3.1.0\ninfo: {}')).toEqual({ kind: 'text', text: 'openapi: 3.1.0\ninfo: {}' })
  expect(sourceOf('https://a.example\nhttps://b.example')).toMatchObject({ kind: 'text' })
  expect(sourceOf('   ')).toBeUndefined()
})

test('a file keeps its bytes, also those that are not UTF-8', async () => {
  const bytes = new Uint8Array([0xff, 0x00, 0x7b, 0x80])
  const source = await sourceOfFile(new File([bytes], 'odd.json'))
  expect(source).toEqual({ kind: 'file', name: 'odd.json', base64: '/wB7gA==' })
})

// What an example answer may say of itself, since it becomes a reply as it is.
import { expect, it } from 'vitest'
import { mockExample } from './snapshot.ts'

const example = (parts: object) =>
  mockExample.safeParse({ status: 200, mediaType: null, name: null, body: '', ...parts })

it.each([
  'text/html\r\nSet-Cookie: a=b',
  'text/html\n',
  'text/html\0',
  'text/plain; charset=“utf-8”',
  'text/plain; charset="utf\r\n-8"',
  'json',
  '',
])('A25 a media type that no reply can carry is refused by name: %j', (mediaType) => {
  const [issue] = example({ mediaType }).error?.issues ?? []
  expect(issue).toMatchObject({ path: ['mediaType'], message: expect.stringContaining('Use a media type') })
})

it.each([
  'application/json',
  'text/plain; charset=utf-8',
  'multipart/mixed;boundary="a b"',
  'Application/hal+JSON',
])('A25 a media type as documents write it is taken: %s', (mediaType) =>
  expect(example({ mediaType }).success).toBe(true),
)

it('A25 an answer has a final status', () => {
  expect(example({ status: 101 }).error?.issues[0]?.path).toEqual(['status'])
})

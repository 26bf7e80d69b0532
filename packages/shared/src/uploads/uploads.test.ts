import { describe, expect, test } from 'vitest'
import { boundaryOf, MultipartFault, readParts } from './multipart.ts'
import { contentFault } from './sniff.ts'

const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))
const text = (content: Uint8Array) => String.fromCharCode(...content)
const file = (name: string, content: string, more = '') =>
  `--b\r\nContent-Disposition: form-data; name="f"; filename="${name}"${more}\r\n\r\n${content}\r\n`

describe('D8 the parts of a form', () => {
  test('fields and files, with what they say they are', () => {
    const body = `--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b\r\ncontent-type: Image/PNG; x=y\r\nContent-Disposition: form-data; name=f; filename="a \\"b\\".png"\r\n\r\n\x89PNG\r\n\r\n--b--\r\n`
    const parts = readParts(bytes(body), 'b')
    expect(
      parts.map(({ name, fileName, mediaType, content }) => [name, fileName, mediaType, text(content)]),
    ).toEqual([
      ['a', null, null, '1'],
      ['f', 'a "b".png', 'image/png', '\x89PNG\r\n'],
    ])
    expect(readParts(bytes('--b--'), 'b')).toEqual([])
    expect(readParts(bytes(`${file('e', '')}--b--`), 'b')[0]?.content).toHaveLength(0)
  })

  test.each([
    ['something before the first part', `x\r\n${file('a', '1')}--b--`],
    ['something behind the last part', `${file('a', '1')}--b--\r\nx`],
    ['no end', file('a', '1')],
    [
      'a boundary that readers of LF alone would see',
      `${file('a', 'x\n--b\nContent-Disposition: form-data; name="g"\n\nEICAR')}--b--`,
    ],
    ['filename*', `${file('a', '1', "; filename*=utf-8''b")}--b--`],
    ['two file names', `${file('a', '1', '; filename="b"')}--b--`],
    [
      'a field twice',
      `--b\r\nContent-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="b"\r\n\r\n1\r\n--b--`,
    ],
    [
      'an encoded part',
      `--b\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\nQQ==\r\n--b--`,
    ],
    ['a folded field', `--b\r\nContent-Disposition: form-data;\r\n name="a"\r\n\r\n1\r\n--b--`],
    ['a head without an end', `--b\r\nContent-Disposition: form-data; name="a"\r\n1\r\n--b--`],
    ['no name', `--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--`],
    ['a delimiter that goes on', `--bx\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--`],
  ])('%s is refused', (_, body) => expect(() => readParts(bytes(body), 'b')).toThrow(MultipartFault))

  test('boundaries', () => {
    expect(boundaryOf('application/json')).toBeNull()
    expect(boundaryOf('multipart/form-data; boundary="ab"')).toBe('ab')
    for (const wrong of [
      'multipart/form-data',
      'multipart/mixed; boundary=a',
      'multipart/form-data; boundary=a; boundary=b',
      `multipart/form-data; boundary=${'a'.repeat(71)}`,
    ])
      expect(() => boundaryOf(wrong), wrong).toThrow(MultipartFault)
  })
})

describe('D8 what a file is', () => {
  test.each([
    ['\x89PNG\r\n\x1a\n', 'image/png', 'a.png', true],
    ['\x89PNG\r\n\x1a\n', 'application/octet-stream', null, true],
    ['PK\x03\x04', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'a.docx', true],
    ['hello', 'text/plain', 'a.txt', true],
    ['hello', 'application/json', null, true],
    ['MZ\x90', 'image/png', 'a.png', false],
    ['MZ\x90', 'application/octet-stream', 'a.pdf', false],
    ['hello', 'image/png', 'a.txt', false],
    ['hello', null, 'a.pdf', false],
    ['%PDF-1.7', 'application/pdf', 'a.exe', false],
  ] as const)('%j as %s, %s', (content, type, name, isRight) =>
    expect(contentFault(bytes(content), type, name) === null).toBe(isRight),
  )
})

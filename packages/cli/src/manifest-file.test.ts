import { describe, expect, it } from 'vitest'
import { Failure } from './failure.ts'
import { parseManifest } from './manifest-file.ts'

const minimal = `gatewright: 1
apis:
  - name: books
    title: Books
    versions:
      - name: v1
        basePath: /books/v1
`

function mistakes(source: string): string {
  try {
    parseManifest(source, 'site.yaml')
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown.message
    throw thrown
  }
  throw new Error('the manifest was accepted')
}

describe('a manifest file', () => {
  it('I1 fills what may be left out, but not what stays as it is', () => {
    const manifest = parseManifest(minimal, 'site.yaml')
    expect(manifest.apis[0]?.versions[0]).toMatchObject({ basePath: '/books/v1', hosts: [], policies: [] })
    expect(manifest.settings).toBeUndefined()
  })

  it('names an unknown key with its line and column', () => {
    const typo = minimal.replace('basePath: /books/v1', 'basePath: /books/v1\n        upstraem: null')
    expect(mistakes(typo)).toMatch(
      /^site\.yaml:8:9 \/apis\/0\/versions\/0\/upstraem: unknown key "upstraem"$/,
    )
  })

  it('names a wrong type at its value', () => {
    expect(mistakes(minimal.replace('gatewright: 1', 'gatewright: "1"'))).toMatch(
      /^site\.yaml:1:13 \/gatewright: /,
    )
  })

  it('names a missing member at its parent', () => {
    expect(mistakes(minimal.replace('    title: Books\n', ''))).toMatch(/^site\.yaml:3:5 \/apis\/0\/title: /)
  })

  it('names broken YAML and repeated keys', () => {
    expect(mistakes('gatewright: 1\napis: [')).toMatch(/^site\.yaml:2:/)
    expect(mistakes('gatewright: 1\ngatewright: 1')).toMatch(/^site\.yaml:2:1 .*unique/)
  })
})

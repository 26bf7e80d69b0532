// Every word of the UI goes through t(): no JSX text and no spoken attribute is written out in a component.

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'vite'
import { expect, test } from 'vitest'

const src = join(import.meta.dirname, '..')
const spoken = new Set([
  'label',
  'title',
  'placeholder',
  'aria-label',
  'help',
  'sentence',
  'alt',
  'description',
  'emptyText',
  'action',
])
/** Key caps, the product’s name, made-up hosts and scopes, the armour of PEM, and HTTP's own words are the same in every language. */
const untranslated =
  /^(?:esc|⌘K|Gatewright|code|curl|JSON|YAML|GET|POST|[a-z.]+\.example\.com|[a-z]+:[a-z]+|-----BEGIN [A-Z ]+-----|https?:\/\/.*|\d+xx|p\d+|[^\p{L}]*)$/u

interface Node {
  type: string
  [name: string]: unknown
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'type') === 'string'
}

function literals(node: Node, found: string[]): void {
  if (node.type === 'JSXText') check(String(node.value), found)
  if (node.type === 'JSXAttribute' && isNode(node.name) && isNode(node.value)) {
    if (spoken.has(String(node.name.name)) && node.value.type === 'Literal')
      check(String(node.value.value), found)
  }
  for (const child of Object.values(node)) {
    for (const inner of Array.isArray(child) ? child : [child]) if (isNode(inner)) literals(inner, found)
  }
}

function check(text: string, found: string[]): void {
  const trimmed = text.trim()
  if (trimmed !== '' && !untranslated.test(trimmed)) found.push(trimmed)
}

function literalsOf(file: string, code: string): string[] {
  const found: string[] = []
  const program: unknown = parseSync(file, code, { lang: 'tsx' }).program
  if (isNode(program)) literals(program, found)
  return found
}

test('literal text is found', () => {
  expect(literalsOf('x.tsx', 'const a = <p title="Two words">Hello {name}<b>{t("x")}</b></p>')).toEqual([
    'Two words',
    'Hello',
  ])
})

test('no component holds literal text', () => {
  const files = globSync('{brand,charts,features,forms,pipeline,shells,ui}/**/*.tsx', { cwd: src })
  expect(files.length).toBeGreaterThan(50)
  const found = files.flatMap((file) =>
    literalsOf(file, readFileSync(join(src, file), 'utf8')).map((text) => `${file}: ${text}`),
  )
  expect(found).toEqual([])
})

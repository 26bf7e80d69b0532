// Catalogue = documentation, both ways: no code without a page, no page without a code, no page that says otherwise.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { errorCodes, errors, problemType } from './errors.ts'

const folder = join(import.meta.dirname, '../../../docs/errors')

it('every code has a page and every page a code', () => {
  const pages = readdirSync(folder).map((name) => name.replace(/\.md$/, ''))
  expect(pages.sort()).toEqual([...errorCodes].sort())
})

it.each(errorCodes)('the page of %s says its status and title, what happened and what to do', (code) => {
  const { status, title } = errors[code]
  const text = readFileSync(join(folder, `${code}.md`), 'utf8')
  const [heading, , summary] = text.split('\n')
  expect(heading).toBe(`# ${code}`)
  expect(summary).toContain(`**${status} · ${title}**`)
  expect(text.match(/^## /gm)?.length).toBeGreaterThanOrEqual(1)
})

it('the type of a problem leads to the page', () => {
  expect(problemType('rate_limited', 'https://portal.example.com')).toBe(
    'https://portal.example.com/errors/rate_limited',
  )
})

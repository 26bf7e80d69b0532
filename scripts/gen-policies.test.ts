// The policy reference is what the specs say.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { policySpecs } from '../packages/shared/src/policies/specs.ts'
import { stalePolicyPages } from './gen-policies.ts'

it('docs/policies is up to date: run `node scripts/gen-policies.ts` when it is not', () => {
  expect(stalePolicyPages()).toEqual([])
})

it.each(policySpecs.map((spec) => spec.type))('the page of %s has prose', (type) => {
  const page = readFileSync(join(import.meta.dirname, `../docs/policies/${type}.md`), 'utf8')
  expect(page.split('<!-- prose -->')[1]?.length).toBeGreaterThan(300)
})

import { expect, test } from 'vitest'
import { heldFor, namesPrice, type Subscription } from './plans.ts'

const held = (state: Subscription['state'], product = 'prd_books') => ({
  application: { id: 'app_mine' },
  product: { id: product },
  state,
})

test('an application holds a product while its subscription is open, whatever the plan', () => {
  for (const state of ['pending', 'active', 'suspended'] as const)
    expect(heldFor([held(state)], 'app_mine', 'prd_books')?.state).toBe(state)
  for (const state of ['rejected', 'cancelled'] as const)
    expect(heldFor([held(state)], 'app_mine', 'prd_books')).toBeUndefined()
})

test('what another application holds, and what it holds of another product, stands in nobody’s way', () => {
  expect(heldFor([held('active')], 'app_other', 'prd_books')).toBeUndefined()
  expect(heldFor([held('active', 'prd_music')], 'app_mine', 'prd_books')).toBeUndefined()
})

test('a plan named after its price says it once', () => {
  expect(namesPrice({ title: 'Free', price: 'free' })).toBe(true)
  expect(namesPrice({ title: 'Gold', price: '€ 49 a month' })).toBe(false)
})

import { afterEach, expect, test, vi } from 'vitest'
import type { Step } from './checks.ts'
import { runSteps } from './report.ts'

const printed: string[] = []
vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line))
vi.spyOn(console, 'error').mockImplementation((line: string) => void printed.push(line))
afterEach(() => void printed.splice(0))

const step = (name: string, passed: number, failed: number, output = ''): Step => ({
  name,
  run: async () => ({ passed, failed, output }),
})

test('the last line sums every step, and a failure decides the exit code', async () => {
  expect(await runSteps([step('lint', 1, 0), step('unit tests', 41, 2, 'what broke\n')], [])).toBe(1)
  expect(printed.at(-1)).toBe('42 passed, 2 failed')
  expect(printed).toContain('what broke\n')
})

test('a step that throws is one failure, in its own words, and does not stop the others', async () => {
  const broken: Step = { name: 'browser', run: () => Promise.reject(new Error('Chromium is missing')) }
  expect(await runSteps([broken, step('lint', 1, 0)], [])).toBe(1)
  expect(printed.at(-1)).toBe('1 passed, 1 failed')
  expect(printed.join('\n')).toContain('Chromium is missing')
})

test('all passed is exit code 0; words choose steps by their names', async () => {
  expect(await runSteps([step('unit tests', 3, 0), step('int tests', 0, 1)], ['unit'])).toBe(0)
  expect(printed.at(-1)).toBe('3 passed, 0 failed')
})

test('a word that names no step is refused with the names there are', async () => {
  expect(await runSteps([step('lint', 1, 0)], ['typo'])).toBe(1)
  expect(printed).toEqual(['No step is named so. Steps: lint.'])
})

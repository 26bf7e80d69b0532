// A lane whose inspector cannot even be started: the worker goes on, and nobody is judged by silence.
import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

const program = `
import { openSync, closeSync } from 'node:fs'
import { Lane } from ${JSON.stringify(new URL('./lane.ts', import.meta.url).href)}
const said = []
const counts = { inspected: 0, unavailable: 0, exhausted: 0, lost: 0 }
const log = { error: ({ reason }) => said.push(reason) }
const lane = new Lane({ rules: null, log, counts, budgetMs: 500, patienceMs: 5000 })
const held = []
try {
  for (;;) held.push(openSync('/dev/null'))
} catch {}
const rules = { paranoia: 1, threshold: 5, methods: ['GET'], exclusions: [] }
const request = { method: 'GET', target: '/', minor: 1, fields: [], clientAddress: '192.0.2.7', requestId: 'r', body: null }
const verdicts = await Promise.all([lane.inspect(rules, request), lane.inspect(rules, request)])
for (const one of held) closeSync(one)
lane.close()
console.log(JSON.stringify({ verdicts, said, lost: counts.lost }))
`

it('D4: a worker without a file descriptor left for an inspector says so, and goes on', () => {
  const { stdout, stderr } = spawnSync(
    'sh',
    [
      '-c',
      'ulimit -n 128 && exec "$@"',
      'sh',
      process.execPath,
      '--conditions=source',
      '--input-type=module',
      '-e',
      program,
    ],
    { encoding: 'utf8' },
  )
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual({
    verdicts: [{ kind: 'unavailable' }, { kind: 'unavailable' }],
    said: [expect.stringMatching(/^it cannot be started: spawn .*EMFILE$/)],
    lost: 1,
  })
})

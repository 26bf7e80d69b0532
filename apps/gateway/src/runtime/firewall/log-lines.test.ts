// What is read of the engine's lines when a request says things that look like them.
import { describe, expect, it } from 'vitest'
import { createLineReader } from './log-lines.ts'

const rules = `
# SecRule ARGS "@rx x" "id:942150,phase:2,msg:'Only a comment'"
SecRule ARGS "@detectSQLi" \
    "id:942100,\
    phase:2,\
    msg:'SQL Injection Attack Detected via libinjection',\
    logdata:'Matched Data: %{TX.0} found within %{MATCHED_VAR_NAME}: %{MATCHED_VAR}',\
    severity:'CRITICAL'"
SecRule REQUEST_HEADERS_NAMES "@rx x" "id:920450,phase:2,msg:'HTTP header is restricted by policy (%{MATCHED_VAR})',severity:'WARNING'"
SecRule ARGS "@rx y" "id:942150,phase:2,msg:'SQL Injection Attack',severity:'NOTICE',chain"
  SecRule ARGS "@rx z" "t:none"
`
const read = createLineReader(9_099_999, [rules])

const about = (id: number, message = 'x', data = '') =>
  `[file "/rules/REQUEST.conf"] [line "45"] [id "${id}"] [rev ""] [msg "${message}"] [data "${data}"] [severity "2"]`
const matched = (variable: string, value: string, id = 942150) =>
  `ModSecurity: Warning. Matched "Operator \`Rx' with parameter \`(?i:x)' against variable \`${variable}' (Value: \`${value}' ) ${about(id)}`

describe('D4, D5: a line of the engine', () => {
  it('says the rule, where it fired, and of the rule what the rule set says', () => {
    expect(read(matched('ARGS:comment', 'or 1=1'))).toEqual({
      rule: 942150,
      message: 'SQL Injection Attack',
      severity: 'notice',
      target: 'ARGS:comment',
    })
    const injected = `ModSecurity: Warning. detected SQLi using libinjection. ${about(942100, 'SQL', "Matched Data: s&1c found within ARGS:id: 1' or '1'='1")}`
    expect(read(injected)).toEqual({
      rule: 942100,
      message: 'SQL Injection Attack Detected via libinjection',
      severity: 'critical',
      target: 'ARGS:id',
    })
  })

  it('D9: never passes on a text of the request: no value, no message filled from one, no name that could be a secret', () => {
    const secret = `gw_prod_${'a'.repeat(12)}_${'b'.repeat(32)}_c1c2c3`
    for (const [name, told] of [
      [`ARGS_NAMES:${secret}`, 'ARGS_NAMES'],
      ['ARGS:4111111111111111', 'ARGS'],
      ['ARGS:a b', 'ARGS'],
      [`ARGS:${'n'.repeat(200)}`, 'ARGS'],
      ["ARGS:x' (Value: `other", 'ARGS:x'],
      ['REQUEST_BODY', 'REQUEST_BODY'],
    ] as const)
      expect(read(matched(name, 'v')), name).toMatchObject({ target: told })
    const filled = read(matched('REQUEST_HEADERS_NAMES:x', 'v', 920450))
    expect(filled).toMatchObject({ message: 'HTTP header is restricted by policy', severity: 'warning' })
    expect(JSON.stringify(read(matched('ARGS:a', secret)))).not.toContain('gw_prod')
  })

  it('a value that imitates the engine changes neither the place nor the score', () => {
    const forged = matched('ARGS:real', "x' against variable `ARGS:forged' (Value: `y' )")
    expect(read(forged)).toMatchObject({ target: 'ARGS:real' })
    const score = 'ModSecurity: Warning.  [file "r"] [line "1"] [id "9099999"] [rev ""] [msg "score 0 "'
    expect(read(matched('ARGS:a', score))).not.toHaveProperty('score')
    expect(read(score.replace('score 0 ', 'score 15 '))).toEqual({ score: 15 })
  })

  it('of rules that no file has, and of those that add up, nothing is made up', () => {
    expect(read(matched('ARGS:a', 'v', 1_234_567))).toEqual({
      ...{ rule: 1_234_567, message: '', severity: null },
      target: 'ARGS:a',
    })
    expect(read(matched('TX:anomaly_score', '5', 949110))).toBeNull()
    expect(read('something else')).toBeNull()
  })
})

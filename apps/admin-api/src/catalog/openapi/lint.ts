// Lint at import (F9): how well a document is named and documented, as violations with places and a score from 0 to 100.
import type { Place } from './findings.ts'
import type { ImportedDocument } from './imported-document.ts'
import { LINT_RULES } from './lint-rules.ts'

interface LintViolation extends Place {
  rule: string
  message: string
}

interface LintRuleResult {
  rule: string
  title: string
  weight: number
  /** How many things the rule looked at, and how many of them it found wanting. */
  checked: number
  violated: number
}

export interface LintResult {
  /** 0 to 100: the weighted mean of each rule's share of sound things; rules with nothing to look at do not count. */
  score: number
  rules: LintRuleResult[]
  /** In document order; at most 50 per rule. */
  violations: LintViolation[]
}

const MAX_PER_RULE = 50

/** What `LINT_RULES` say of a document; never a reason to refuse it. */
export function lintDocument(document: ImportedDocument): LintResult {
  const rules: LintRuleResult[] = []
  const violations: LintViolation[] = []
  for (const { id, title, weight, check } of LINT_RULES) {
    const checked = check(document)
    const wanting = checked.flatMap(({ pointer, problem }) =>
      problem === undefined ? [] : [{ pointer, problem }],
    )
    rules.push({ rule: id, title, weight, checked: checked.length, violated: wanting.length })
    for (const { pointer, problem } of wanting.slice(0, MAX_PER_RULE)) {
      violations.push({ rule: id, message: problem, ...document.locate(pointer) })
    }
  }
  violations.sort((a, b) => a.line - b.line || a.column - b.column)
  return { score: score(rules), rules, violations }
}

function score(rules: LintRuleResult[]): number {
  const counted = rules.filter((rule) => rule.checked > 0)
  const whole = counted.reduce((sum, rule) => sum + rule.weight, 0)
  if (whole === 0) return 0
  const reached = counted.reduce((sum, rule) => sum + rule.weight * (1 - rule.violated / rule.checked), 0)
  return Math.round((reached / whole) * 100)
}

// An exception of the firewall that a link proposes: which step it is for, the rule, and where the rule shall not look.

import { integer, text } from '../search-params.ts'
import type { ProposedException } from './chain.ts'

export const exceptionParams = { step: text, rule: integer, target: text }

interface ExceptionSearch {
  step?: string | undefined
  rule?: number | undefined
  target?: string | undefined
}

export function readException({ step, rule, target }: ExceptionSearch): ProposedException | undefined {
  return step === undefined || rule === undefined ? undefined : { step, rule, target: target ?? null }
}

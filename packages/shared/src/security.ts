// What a policy found to be suspicious about a request: the part of an event that security events are made of.
import * as z from 'zod'
import { ruleSeverities } from './policies/firewall-ports.ts'
import { scopes } from './policies/policy.ts'

export const securityKinds = ['waf', 'bot', 'place', 'reputation', 'lockout', 'virus', 'blocklist'] as const

/** Rules that a report names; further ones are only in its list of ids. */
export const ruleMatchesMax = 20

const ruleMatch = z.strictObject({
  rule: z.int(),
  /** What the rule set says of the rule; never of the request. Empty where it says nothing. */
  message: z.string().max(120),
  /** null: the rule adds nothing to the score. */
  severity: z.enum(ruleSeverities).nullable(),
  /** Where it fired, such as `ARGS:comment`: a name, never a value; null where that is not known or may be told to nobody. */
  target: z.string().max(120).nullable(),
})
export type RuleMatch = z.output<typeof ruleMatch>

const firewallReport = z.strictObject({
  /** The attachment that judged. */
  policy: z.string().max(128),
  scope: z.enum(scopes),
  threshold: z.int(),
  paranoia: z.int(),
  matches: z.array(ruleMatch).max(ruleMatchesMax),
})

export const securityReportSchema = z.strictObject({
  kind: z.enum(securityKinds),
  /**
   * `blocked`: refused for it · `detected`: it would have been, where only detection is asked for · `noticed`: rules fired, too few of
   * them · `unseen`: it passed because nothing could judge it.
   */
  action: z.enum(['blocked', 'detected', 'noticed', 'unseen']),
  /** Anomaly score; null where there is none. */
  score: z.int().min(0).nullable(),
  /** Ids of rules that fired. */
  rules: z.array(z.int()).max(50),
  /** What else it was, in words of the policy: a scanner's name, a country. Never a text of the request. */
  detail: z.string().max(200).nullable(),
  firewall: firewallReport.optional(),
})

export type SecurityReport = z.output<typeof securityReportSchema>

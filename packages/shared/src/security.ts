// What a policy found to be suspicious about a request: the part of an event that security events are made of.
import * as z from 'zod'

export const securityKinds = ['waf', 'bot', 'place', 'reputation', 'lockout', 'virus', 'blocklist'] as const

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
})

export type SecurityReport = z.output<typeof securityReportSchema>

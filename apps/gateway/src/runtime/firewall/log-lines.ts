// What the engine logs of a request → which rule fired, and where. Lines hold pieces of the request: of those, nothing goes on.
import { trafficMasker } from '@gatewright/shared/masking/masker'
import { ruleSeverities } from '@gatewright/shared/policies/firewall-ports'
import type { RuleMatch } from '@gatewright/shared/security'

type Severity = (typeof ruleSeverities)[number]
type Said = { readonly score: number } | RuleMatch

/** What the rule set says of a rule. */
type RuleText = Pick<RuleMatch, 'message' | 'severity'>

const messageMax = 120
const ruleId = /\[file "[^"]*"\] \[line "\d+"\] \[id "(\d+)"\] \[rev "/
// The engine's own words stand before those of the request: whatever a value looks like, the first place that matches is not in it.
const variable =
  /^ModSecurity: [A-Z][\w .,()]*\. {1,2}Matched "Operator `.*?against variable `([^']{1,300})' \(Value: /
// Of libinjection the line names no variable; the rules say it themselves (logdata), behind a fingerprint of letters and signs.
const injected =
  /^ModSecurity: [A-Z][\w .,()]*\. {1,2}detected \w+ using libinjection.*? \[data "Matched Data: [^"]{0,20}? found within ([^"]{1,300}?): /
// What may also be written into an exception: a collection, and a name in it that holds nothing but what names are made of.
const target = /^([A-Z_]{2,40})(?::([A-Za-z0-9_.[\]-]{1,80}))?/

/**
 * Reads lines of the engine. `reportId`: the rule whose message is the score. `files`: the rules as text; what is said of a rule comes
 * from there, never from a line. A request that imitates the id of a rule gets that id into its own event, and nothing else.
 */
export function createLineReader(reportId: number, files: readonly string[]): (line: string) => Said | null {
  const reportLine = new RegExp(
    `^ModSecurity: Warning\\. {2}\\[file "[^"]*"\\] \\[line "\\d+"\\] \\[id "${reportId}"\\] \\[rev ""\\] \\[msg "score (\\d*) (\\d*)"`,
  )
  const texts = new Map<number, RuleText>()
  for (const file of files) for (const [rule, text] of textsOf(file)) texts.set(rule, text)
  return (line) => {
    const report = reportLine.exec(line)
    if (report) return { score: Number(report[2] || report[1] || 0) }
    const rule = Number(ruleId.exec(line)?.[1] ?? Number.NaN)
    // The rules that add up (949, 959, 980) say what the others have said.
    if (!Number.isInteger(rule) || [949, 959, 980].includes(Math.trunc(rule / 1_000))) return null
    const { message = '', severity = null } = texts.get(rule) ?? {}
    return { rule, message, severity, target: targetOf(line) }
  }
}

/** Messages and severities by rule; what would be filled in from a request is left out. */
function* textsOf(file: string): Iterable<[number, RuleText]> {
  // A comment may show a rule, too.
  const [, ...parts] = file.replace(/^\s*#.*$/gm, '').split(/\bid:'?(?=\d+'?,)/)
  for (const part of parts) {
    const message = /\bmsg:'((?:[^'\\]|\\.)*)'/.exec(part)?.[1] ?? ''
    const named = /\bseverity:'?([A-Za-z]+)/.exec(part)?.[1]?.toLowerCase()
    const severity = ruleSeverities.find((known): known is Severity => known === named) ?? null
    const plain = message.replace(/\s*\([^()]*%\{[^}]*\}[^()]*\)|%\{[^}]*\}/g, '')
    yield [Number.parseInt(part, 10), { message: plain.slice(0, messageMax), severity }]
  }
}

/** Names of parameters come from callers: one that could be a secret, or could not stand in an exception, is not told. */
function targetOf(line: string): string | null {
  const whole = (variable.exec(line) ?? injected.exec(line))?.[1]
  const found = whole === undefined ? null : target.exec(whole)
  if (whole === undefined || found === null) return null
  const [text, collection = ''] = found
  return text === whole && trafficMasker.text(text) === text ? text : collection
}

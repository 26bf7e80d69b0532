// Judges requests by the Core Rule Set. It runs in a process of its own: what happens in native code happens there (ADR 84).
import { readFileSync } from 'node:fs'
import type { FirewallSettings, ReceivedRequest } from '@gatewright/shared/policies/firewall-ports'
import type { RuleMatch } from '@gatewright/shared/security'
import { type Handle, loadLibrary } from './libmodsecurity.ts'
import { createLineReader } from './log-lines.ts'
import { directivesOf, findRules, preamble, reportId } from './rules.ts'

export interface Judgement {
  readonly isAttack: boolean
  readonly score: number
  readonly matches: readonly RuleMatch[]
}

export interface Engine {
  /** Makes the set of rules of these settings; free of cost when it is there. Throws when they cannot be read. */
  prepare(settings: FirewallSettings): void
  judge(settings: FirewallSettings, request: ReceivedRequest): Judgement
}

// A set of its own costs 25 kB: what was compiled of the rules is shared by all of them.
const setsMax = 512
/** As many ids as a report of an event holds. */
const matchesMax = 50

/** Throws, with a sentence that says what to install, where the library or the rules are missing. */
export function createEngine(rulesFolder: string | null): Engine {
  let lines: string[] = []
  const library = loadLibrary((line) => lines.push(line))
  const files = findRules(rulesFolder)
  const readLine = createLineReader(reportId, [
    preamble,
    ...files.rules.map((path) => readFileSync(path, 'utf8')),
  ])
  const setup = library.createRules()
  const rules = library.createRules()
  library.addRules(setup, preamble)
  for (const path of files.setup) library.addRulesFile(setup, path)
  for (const path of files.rules) library.addRulesFile(rules, path)
  const sets = new Map<string, Handle>()

  function setOf(settings: FirewallSettings): Handle {
    const directives = directivesOf(settings)
    let set = sets.get(directives)
    if (set === undefined) {
      set = library.createRules()
      try {
        library.mergeRules(set, setup)
        library.addRules(set, directives)
        library.mergeRules(set, rules)
      } catch (error) {
        library.freeRules(set)
        throw error
      }
    }
    // The one that nobody asked for longest is the first to go.
    sets.delete(directives)
    sets.set(directives, set)
    if (sets.size > setsMax) forgetOldest()
    return set
  }

  function forgetOldest(): void {
    const [oldest] = sets
    if (oldest === undefined) return
    sets.delete(oldest[0])
    library.freeRules(oldest[1])
  }

  return {
    prepare: (settings) => void setOf(settings),
    judge(settings, { method, target, minor, fields, clientAddress, body }) {
      lines = []
      const transaction = library.transaction(setOf(settings))
      let isAttack = false
      try {
        transaction.connection(clientAddress)
        transaction.requestLine(bytes(`${target}\0`), bytes(`${method}\0`), `1.${minor}`)
        for (let i = 0; i + 1 < fields.length; i += 2)
          transaction.header(bytes(fields[i] as string), bytes(fields[i + 1] as string))
        transaction.headers()
        if (body !== null && body.length > 0) transaction.body(body)
        transaction.bodyEnd()
        isAttack = transaction.isInterrupted()
      } finally {
        transaction.end()
      }
      let score = 0
      const matches = new Map<string, RuleMatch>()
      for (const line of lines) {
        const said = readLine(line)
        if (said === null) continue
        if ('score' in said) score = said.score
        else if (matches.size < matchesMax) matches.set(`${said.rule} ${said.target}`, said)
      }
      return { isAttack, score, matches: [...matches.values()] }
    },
  }
}

const bytes = (text: string) => Buffer.from(text, 'latin1')

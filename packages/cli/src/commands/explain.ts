// `gatewright explain`: why a request is answered as it is, asked of a live gateway.

import type { Explanation } from '@gatewright/shared/contract/publishing'
import type { SecurityReport } from '@gatewright/shared/security'
import { type Command, InvalidArgumentError } from 'commander'
import { createClient } from '../client.ts'
import { print } from '../output.ts'
import { outputFormat, settings } from '../settings.ts'

interface Options {
  readonly environment: string
  readonly header: Record<string, string>
  readonly address: string
}

export function explainCommand(program: Command): void {
  program
    .command('explain')
    .description(
      'say which route a request takes and what each policy decides; calls no upstream, counts no limit',
    )
    .argument('<method>', 'method, such as GET')
    .argument('<url>', 'URL or path')
    .option('-e, --environment <name>', 'environment', 'prod')
    .option('-H, --header <field>', 'header field "name: value"; repeatable', header, {})
    .option('--address <address>', 'client address', '127.0.0.1')
    .action(async (method: string, url: string, options: Options, command: Command) => {
      const { url: server, token, tenant } = await settings(command)
      const answer = await createClient(server, token).explain.request({
        tenant,
        environment: options.environment,
        method: method.toUpperCase(),
        url,
        headers: options.header,
        address: options.address,
      })
      print(outputFormat(command), answer, () => describe(answer))
    })
}

function header(field: string, others: Record<string, string>): Record<string, string> {
  const colon = field.indexOf(':')
  if (colon < 1) throw new InvalidArgumentError('use "name: value"')
  return { ...others, [field.slice(0, colon).trim().toLowerCase()]: field.slice(colon + 1).trim() }
}

function describe(answer: Explanation): string {
  const lines = [`gateway ${answer.gatewayId}, revision ${answer.revision}`, 'routes']
  for (const { route, won, because } of answer.candidates)
    lines.push(`  ${won ? '*' : ' '} ${route}: ${because}`)
  if (answer.candidates.length === 0) lines.push('    none is near')
  if (answer.policies.length > 0) lines.push('policies')
  for (const { stage, name, scope, verdict, code, microseconds } of answer.policies) {
    lines.push(
      `    ${stage} ${name} (${scope}): ${verdict}${code === null ? '' : ` ${code}`}, ${microseconds} µs`,
    )
  }
  lines.push(...answer.security.flatMap(describeFound))
  lines.push(`upstream\n    ${answer.upstream.detail}`)
  lines.push(
    answer.code === null
      ? `answer ${answer.status ?? 'from the upstream'}`
      : `answer ${answer.status} ${answer.code}`,
  )
  return lines.join('\n')
}

/** What looked like an attack; of the firewall, each rule and where it fired. */
function describeFound({ kind, action, score, detail, firewall }: SecurityReport): string[] {
  const found = `${kind}: ${action}${detail === null ? '' : `, ${detail}`}`
  if (firewall === undefined) return [found]
  const { policy, scope, threshold, paranoia, matches } = firewall
  return [
    `${found}, score ${score ?? '–'} of ${threshold}, paranoia level ${paranoia}, by ${policy} (${scope})`,
    ...matches.map(
      ({ rule, message, target }) => `    ${rule}${target === null ? '' : ` at ${target}`}: ${message}`,
    ),
  ]
}

// `gatewright verify-limits`: how exact a limit is, from a log or from calls of its own; exit 2 when it admitted too much.
import { readFile, writeFile } from 'node:fs/promises'
import { text as readStream } from 'node:stream/consumers'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { Failure } from '../failure.ts'
import { type LoggedCall, readCallLog, writeCallLog } from '../limits/call-log.ts'
import { callGateways } from '../limits/run.ts'
import { algorithms, judge, type LimitTerms, type LimitVerdict } from '../limits/verdict.ts'
import { print } from '../output.ts'
import { outputFormat } from '../settings.ts'

interface Options {
  readonly algorithm: LimitTerms['algorithm']
  readonly limit: number
  readonly window: number
  readonly burst?: number
  readonly gateway: readonly string[]
  readonly path: string
  readonly header: readonly (readonly [string, string])[]
  readonly seconds: number
  readonly concurrency: number
  readonly rate?: number
  readonly save?: string
}

export function verifyLimitsCommand(program: Command): void {
  program
    .command('verify-limits')
    .description('compare what a limit admitted with what it should have; exit 2 if it admitted too much')
    .argument(
      '[log]',
      'JSON lines { time, key, gateway, admitted }; - for stdin; without it, --gateway is called',
    )
    .addOption(new Option('--algorithm <name>').choices(algorithms).default('fixed-window'))
    .requiredOption('--limit <calls>', 'calls per window', whole)
    .requiredOption('--window <seconds>', 'length of the window', seconds)
    .option('--burst <calls>', 'size of the token bucket; default: the limit', whole)
    .option(
      '--gateway <url>',
      'a gateway to call; repeat it for several, which are called in turn',
      collect,
      [],
    )
    .option('--path <path>', 'what to call there', '/')
    .option('--header <field>', 'such as "X-API-Key: …"; repeatable', header, [])
    .option('--seconds <seconds>', 'how long to call', seconds, 10)
    .option('--concurrency <calls>', 'calls at the same time', whole, 12)
    .option('--rate <calls>', 'calls per second; default: as fast as they are answered', whole)
    .option('--save <file>', 'keep the log of the calls')
    .action(async (file: string | undefined, options: Options, command: Command) => {
      const { algorithm, limit, window, burst = limit } = options
      if (options.burst !== undefined && algorithm !== 'token-bucket')
        throw new Failure('only a token bucket has a burst')
      const calls = await callsOf(file, options)
      if (options.save !== undefined) await writeFile(options.save, writeCallLog(calls))
      const terms: LimitTerms = { algorithm, limit, windowMs: window * 1000, burst }
      const verdict = judge(calls, terms)
      print(outputFormat(command), { ...terms, ...verdict }, () => describe(terms, verdict))
      if (verdict.over > 0) process.exitCode = 2
    })
}

async function callsOf(file: string | undefined, options: Options): Promise<readonly LoggedCall[]> {
  if (file !== undefined) {
    if (options.gateway.length > 0) throw new Failure('give a log or gateways to call, not both')
    return readCallLog(await (file === '-' ? readStream(process.stdin) : readLog(file)), file)
  }
  if (options.gateway.length === 0) throw new Failure('give a log, or the gateways to call with --gateway')
  const calls = await callGateways({
    gateways: options.gateway,
    path: options.path,
    headers: new Headers(options.header.map(([name, value]) => [name, value])),
    forMs: options.seconds * 1000,
    concurrency: options.concurrency,
    rate: options.rate ?? null,
  })
  return calls
}

async function readLog(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (thrown) {
    throw new Failure(`cannot read ${file}: ${(thrown as Error).message}`)
  }
}

function describe({ algorithm, limit, windowMs, burst }: LimitTerms, verdict: LimitVerdict): string {
  const { keys, calls, admitted, reference, over, under, byGateway } = verdict
  const rule = `${algorithm}: ${limit} calls per ${windowMs / 1000} s${algorithm === 'token-bucket' ? `, burst ${burst}` : ''}`
  const share = (count: number) => `${count} (${((count / Math.max(reference, 1)) * 100).toFixed(1)} %)`
  return [
    `${rule}; ${calls} calls of ${keys} ${keys === 1 ? 'key' : 'keys'}`,
    `admitted         ${admitted}`,
    `exact reference  ${reference}`,
    `over-admission   ${share(over)}`,
    `under-admission  ${share(under)}`,
    ...Object.entries(byGateway).map(([gateway, count]) => `  ${gateway} admitted ${count}`),
  ].join('\n')
}

function whole(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('use a whole number from 1 on')
  return value
}

function seconds(text: string): number {
  const value = Number(text)
  if (!(value > 0) || value > 86_400) throw new InvalidArgumentError('use seconds, up to 86400')
  return value
}

function collect(text: string, before: readonly string[]): string[] {
  if (!URL.canParse(text)) throw new InvalidArgumentError('use a URL such as http://localhost:8000')
  return [...before, text]
}

function header(text: string, before: Options['header']): Options['header'] {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$/.exec(text) ?? []
  if (name === undefined || value === undefined) throw new InvalidArgumentError('use "Name: value"')
  return [...before, [name, value]]
}

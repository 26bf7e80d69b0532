// `gatewright import openapi`: an API from a document, published at once if asked.
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Command } from 'commander'
import { createClient } from '../client.ts'
import { Failure } from '../failure.ts'
import { readText } from '../manifest-file.ts'
import { describeRevisions, print } from '../output.ts'
import { outputFormat, settings } from '../settings.ts'

interface Options {
  readonly name?: string
  readonly title?: string
  readonly apiVersion?: string
  readonly basePath?: string
  readonly upstream?: readonly string[]
  readonly mock: boolean
  readonly public: boolean
  readonly publish?: string
  readonly dryRun: boolean
}

export function importCommand(program: Command): void {
  program
    .command('import')
    .description('make configuration from other documents')
    .command('openapi')
    .description('import an OpenAPI 3.0, 3.1, 3.2 or Swagger 2.0 document')
    .argument('<source>', 'file, URL, or - for stdin')
    .option('--name <name>', 'name of the API; from the title when left out')
    .option('--title <title>', 'title of the API; from the document when left out')
    .option('--api-version <name>', 'name of the version; from the document when left out')
    .option('--base-path <path>', 'path on the gateway; /name/version when left out')
    .option(
      '--upstream <url>',
      'instance of the service behind it, once for each; the first server of the document when left out',
      (url: string, urls: readonly string[] = []) => [...urls, url],
    )
    .option('--mock', 'answer from the document’s examples, without an upstream', false)
    .option('--public', 'answer without a key', false)
    .option('--publish <environment>', 'publish it there and wait until it is live')
    .option('--dry-run', 'only say what it would make', false)
    .action(async (from: string, options: Options, command: Command) => {
      const { url, token, tenant } = await settings(command)
      const client = createClient(url, token)
      const source = await read(from)
      const preview = await client.imports.preview({ tenant, source })
      const format = outputFormat(command)
      for (const { level, line, column, message } of preview.findings) {
        process.stderr.write(
          `${level}: ${line === null ? '' : `${from}:${line}:${column ?? 1} `}${message}\n`,
        )
      }
      if (options.dryRun) {
        print(
          format,
          preview,
          () => `${preview.title} ${preview.documentVersion}: ${preview.operations.length} operations`,
        )
        return
      }
      const servers = options.upstream ?? preview.suggestion.upstreamUrls.slice(0, 1)
      const upstreamUrls = options.mock ? [] : [...servers]
      if (upstreamUrls.length === 0 && !options.mock) {
        throw new Failure(
          'the document names no usable server: give --upstream, or --mock to answer from examples',
        )
      }
      const made = await client.imports.create({
        tenant,
        source,
        name: options.name ?? preview.suggestion.name,
        title: options.title ?? preview.title,
        version: options.apiVersion ?? preview.suggestion.version,
        basePath: options.basePath ?? preview.suggestion.basePath,
        upstreamUrls,
        public: options.public,
      })
      const at = `${made.api.name}/${made.apiVersion.name}`
      if (options.publish === undefined) {
        print(format, made, () => `created ${at} with ${made.apiVersion.routeCount} routes as a draft`)
        return
      }
      const published = await client.publishing.publish(
        { tenant, api: made.api.id, apiVersion: made.apiVersion.id, environments: [options.publish] },
        { context: { waitMs: 30_000, idempotencyKey: randomUUID() } },
      )
      print(format, published, () => `published ${at}\n${describeRevisions(published)}`)
    })
}

async function read(from: string) {
  if (/^https?:\/\//.test(from)) return { kind: 'url' as const, url: from }
  if (from === '-') return { kind: 'text' as const, text: await readText(from) }
  try {
    return { kind: 'file' as const, name: basename(from), base64: (await readFile(from)).toString('base64') }
  } catch (thrown) {
    throw new Failure(`cannot read ${from}: ${(thrown as Error).message}`)
  }
}

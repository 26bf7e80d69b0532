// `npm run new …` writes what is added often: a policy, named in every place where policies are; a migration.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Stage, stages } from '../packages/shared/src/policies/policy.ts'
import { policySpecs } from '../packages/shared/src/policies/specs.ts'
import { writeMigration } from '../prisma/migrate.ts'
import { startPostgres } from './stack/postgres.ts'

const root = join(import.meta.dirname, '..')
const folder = 'packages/shared/src/policies'
const usage = `Usage:
  npm run new policy <type> <stage>   type: lower-case words with hyphens, such as header-guard
                                      stage: ${stages.join(', ')}
  npm run new migration <name>        from what schema.prisma has and the migrations have not; such as add_plans`

/** What of the repository's text changes, by path. Throws an error that says what to do when it cannot be made. */
export function policyFiles(type: string, stage: string, read: (path: string) => string) {
  if (!/^[a-z]+(-[a-z]+)*$/.test(type) || !isStage(stage)) throw new Error(usage)
  if (policySpecs.some((spec) => spec.type === type)) throw new Error(`There is a policy ${type} already.`)
  // Behind all that run no later: the pickers show policies in the order of their stages.
  const neighbour = policySpecs.findLast((spec) => stages.indexOf(spec.stage) <= stages.indexOf(stage))
  if (!neighbour) throw new Error(`No policy runs before the stage ${stage}: put it first by hand.`)
  const [name, before] = [camelCase(type), camelCase(neighbour.type)]
  const specsPath = `${folder}/specs.ts`
  const indexPath = `${folder}/index.ts`
  const specs = put(
    read(specsPath),
    specsPath,
    [`import { spec as ${before} } from`, `import { spec as ${name} } from './${type}.ts'\n`, 'before'],
    [new RegExp(`(policySpecs = \\[[^\\]]*\\b${before})\\b`), `, ${name}`, 'after'],
    [`  attachment(${before}),\n`, `  attachment(${name}),\n`, 'after'],
  )
  const index = put(
    read(indexPath),
    indexPath,
    [`import { policy as ${before} } from`, `import { policy as ${name} } from './${type}.ts'\n`, 'before'],
    [`    runnable(${before}),\n`, `    runnable(${name}),\n`, 'after'],
  )
  return new Map([
    [`${folder}/${type}.ts`, policyText(type, stage)],
    [`${folder}/${type}.test.ts`, testText(type)],
    [specsPath, specs],
    [indexPath, index],
  ])
}

type Insertion = [anchor: string | RegExp, text: string, where: 'before' | 'after']

function put(source: string, path: string, ...insertions: Insertion[]): string {
  return insertions.reduce((text, [anchor, added, where]) => {
    const found = typeof anchor === 'string' ? anchor : (anchor.exec(text)?.[1] ?? '')
    if (found === '' || !text.includes(found))
      throw new Error(`${path} has no longer the form it had: ${anchor}`)
    return text.replace(found, () => (where === 'after' ? `${found}${added}` : `${added}${found}`))
  }, source)
}

const isStage = (text: string): text is Stage => (stages as readonly string[]).includes(text)
const camelCase = (type: string) => type.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
const titleOf = (type: string) => `${type.charAt(0).toUpperCase()}${type.slice(1).replaceAll('-', ' ')}`

function policyText(type: string, stage: Stage): string {
  return `// ${type}: what it does, in one sentence.
import * as z from 'zod'
import { definePolicy, defineSpec, refuse } from './policy.ts'

export const spec = defineSpec({
  type: '${type}',
  stage: '${stage}',
  title: '${titleOf(type)}',
  summary: 'Says what it does, in one sentence.',
  scopes: ['tenant', 'version', 'plan', 'route'],
  config: z.strictObject({
    header: z.string().min(1).max(200).meta({ title: 'Header', help: 'What the form says under the field' }),
  }),
  example: { header: 'X-Example' },
})

export const policy = definePolicy(spec, ({ header }) => {
  // Here is what can be decided once, when the configuration is compiled.
  const name = header.toLowerCase()
  const missing = refuse('malformed_request', { detail: \`\${header} is missing.\` })

  return {
    request(ctx) {
      return ctx.header(name) === undefined ? missing : undefined
    },
  }
})
`
}

function testText(type: string): string {
  return `import { expect, it } from 'vitest'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import { policy } from './${type}.ts'

const at = { id: 'pol_1', name: 'it', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' } as const

it('refuses a request without the header, and lets one with it pass', () => {
  const { request } = policy.create({ header: 'X-Example' }, createDeps(), at)
  expect(request?.(createContext())).toMatchObject({ code: 'malformed_request' })
  expect(request?.(createContext({ header: { 'x-example': 'a' } }))).toBeUndefined()
})
`
}

async function main([kind, name = '', stage = '']: string[]): Promise<void> {
  if (kind === 'policy') newPolicy(name, stage)
  else if (kind === 'migration' && name !== '') await newMigration(name)
  else throw new Error(usage)
}

function newPolicy(type: string, stage: string): void {
  const files = policyFiles(type, stage, (path) => readFileSync(join(root, path), 'utf8'))
  for (const path of [`${folder}/${type}.ts`, `${folder}/${type}.test.ts`])
    if (existsSync(join(root, path))) throw new Error(`${path} is there already.`)
  for (const [path, text] of files) writeFileSync(join(root, path), text)
  run('biome', ['check', '--write', '--log-level=error', ...files.keys()])
  // In a process of its own: this one knows the specs of before.
  run('node', ['scripts/gen-policies.ts'])
  console.log(`Wrote ${[...files.keys()].join(', ')}.
Now make it do what it should, and say in docs/policies/${type}.md, between the marks, when to use it and what happens
at its edges. Write that page anew with \`node_modules/.bin/node scripts/gen-policies.ts\` whenever the spec changes.`)
}

/** Beside a private PostgreSQL that lives as long as this takes. */
async function newMigration(name: string): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatewright-migration-'))
  chmodSync(dataDir, 0o711)
  const postgres = await startPostgres({ dataDir, database: 'postgres', durable: false })
  try {
    const path = await writeMigration(postgres.url, name, new Date())
    console.log(
      path === undefined
        ? 'schema.prisma and the migrations agree.'
        : `Wrote ${path}: read it before you keep it.`,
    )
  } finally {
    await postgres.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

function run(program: string, args: string[]): void {
  const { status } = spawnSync(join(root, 'node_modules/.bin', program), args, {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed.`)
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}

// The checks that CI runs, each a step that counts what passed and what failed and keeps its words for a failure.
import { spawn } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { build } from './build.ts'
import { requireProgram } from './stack/program.ts'
import { askForAdvisories } from './supply-chain/advisories.ts'
import { licenceFaults } from './supply-chain/licences.ts'
import { productionPackages } from './supply-chain/lock.ts'

const root = join(import.meta.dirname, '..')

/** `note` is told also where nothing failed. */
export type Outcome = { passed: number; failed: number; skipped?: number; note?: string; output: string }
export type Step = { name: string; run: () => Promise<Outcome> }

const one = (ok: boolean, output: string): Outcome => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, output })

export const staticSteps: Step[] = [
  {
    name: 'build',
    async run() {
      const result = build()
      return one(result.ok, result.ok ? '' : result.output)
    },
  },
  command('types of tests and tools', 'tsc', ['-p', 'tsconfig.tools.json']),
  command('types of the portal', 'tsc', ['-p', 'apps/portal/tsconfig.json']),
  command('lint and format', 'biome', ['ci', '--colors=off', '--error-on-warnings', '.']),
  command('import rules', 'depcruise', [
    '--config',
    '.dependency-cruiser.mjs',
    ...['apps', 'packages', 'scripts', 'prisma', 'examples'],
  ]),
  command('bundle budget', 'node', ['apps/portal/scripts/bundle-budget.ts']),
  command('unused code', 'knip', ['--no-progress']),
  {
    name: 'licences',
    async run() {
      const faults = licenceFaults(productionPackages(root))
      return one(faults.length === 0, faults.join('\n'))
    },
  },
]

export const testSteps: Step[] = [
  {
    name: 'advisories',
    async run() {
      const advisories = askForAdvisories(root, new Date().toISOString().slice(0, 10))
      if (advisories.kind === 'known')
        return one(advisories.faults.length === 0, advisories.faults.join('\n'))
      // Nobody said anything: neither a pass nor a fault of ours.
      return { passed: 0, failed: 0, skipped: 1, note: advisories.reason, output: '' }
    },
  },
  vitest('unit'),
  vitest('int'),
  vitest('system'),
  { name: 'browser', run: runBrowserTests },
]

function command(name: string, program: string, args: string[]): Step {
  return {
    name,
    async run() {
      const { code, output } = await execute(program, args)
      return one(code === 0, output)
    },
  }
}

function vitest(project: string): Step {
  return {
    name: `${project} tests`,
    async run() {
      const folder = mkdtempSync(join(tmpdir(), 'gatewright-report-'))
      const report = join(folder, 'report.json')
      const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`]
      const args = ['run', '--project', project, '--passWithNoTests', '--silent', ...reporters]
      const { code, output } = await execute('vitest', args)
      const outcome = readVitestReport(report, code, output)
      rmSync(folder, { recursive: true })
      return outcome
    },
  }
}

type VitestReport = {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  testResults: { name: string; status: string; assertionResults: unknown[] }[]
}

function readVitestReport(path: string, code: number, output: string): Outcome {
  if (!existsSync(path)) return { passed: 0, failed: code === 0 ? 0 : 1, output }
  const report = JSON.parse(readFileSync(path, 'utf8')) as VitestReport
  // A file that could not even be loaded holds no failed test, and fails all the same.
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length
  const failed = report.numFailedTests + brokenFiles
  return {
    passed: report.numPassedTests,
    // Unhandled errors fail a run in which every test passed.
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: report.numPendingTests,
    output,
  }
}

async function runBrowserTests(): Promise<Outcome> {
  if (globSync('e2e/**/*.e2e.ts', { cwd: root }).length === 0) return { passed: 0, failed: 0, output: '' }
  const chromium = requireProgram(
    {
      title: 'Chromium',
      names: ['chromium', 'chromium-browser', 'google-chrome'],
      aptPackage: 'chromium',
      alternative: 'The browser tests need it; nothing else does.',
    },
    console.log,
  )
  const { code, output } = await execute('playwright', ['test', '--reporter=json'], {
    CHROMIUM_PATH: chromium,
  })
  return readPlaywrightReport(code, output)
}

type PlaywrightReport = {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number }
  errors: { message?: string }[]
  suites: Suite[]
}
type Suite = {
  suites?: Suite[]
  specs: { title: string; ok: boolean; file: string; tests: { results: Result[] }[] }[]
}
type Result = { errors: { message?: string }[] }

function readPlaywrightReport(code: number, output: string): Outcome {
  const start = output.indexOf('{\n  "config"')
  if (start < 0) return one(code === 0, output)
  const { stats, errors, suites } = JSON.parse(output.slice(start)) as PlaywrightReport
  const failed = stats.unexpected + stats.flaky + errors.length
  const words = [
    ...errors.map(({ message }) => message ?? ''),
    ...suites
      .flatMap(specsOf)
      .flatMap((spec) =>
        spec.ok
          ? []
          : [
              `✗ ${spec.file}: ${spec.title}`,
              ...spec.tests.flatMap(({ results }) =>
                results.flatMap((result) => result.errors.map(({ message }) => message ?? '')),
              ),
            ],
      ),
  ]
  return {
    passed: stats.expected,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: stats.skipped,
    output: words.join('\n'),
  }
}

function specsOf(suite: Suite): Suite['specs'] {
  return [...suite.specs, ...(suite.suites ?? []).flatMap(specsOf)]
}

/** Runs a program of node_modules/.bin and collects what it says; Ctrl-C reaches it by itself. */
function execute(
  program: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(root, 'node_modules/.bin', program), args, {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, output: stripVTControlCharacters(output) }))
  })
}

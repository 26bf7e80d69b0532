// Whether everything that comes with the product may: its licences are on a list, or it has an exception with a reason.
import type { LockedPackage } from './lock.ts'

/** SPDX identifiers of licences that ask for no more than to be named. Python-2.0: argparse; OFL-1.1: fonts. */
const allowed = new Set([
  'MIT',
  'MIT-0',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
  'CC0-1.0',
  'Python-2.0',
  'OFL-1.1',
])

interface Exception {
  /** What the package says of itself; another text is another case. null: nothing. */
  readonly license: string | null
  readonly reason: string
}

const builder = 'Weak copyleft by file, and part of the build alone: nothing of it is in what is shipped'
const unnamed = (where: string) => `Says it in ${where} and not in package.json: MIT`

export const exceptions: ReadonlyMap<string, Exception> = new Map<string, Exception>([
  ...[
    '',
    '-android-arm64',
    '-darwin-arm64',
    '-darwin-x64',
    '-freebsd-x64',
    '-linux-arm-gnueabihf',
    '-linux-arm64-gnu',
    '-linux-arm64-musl',
    '-linux-x64-gnu',
    '-linux-x64-musl',
    '-win32-arm64-msvc',
    '-win32-x64-msvc',
  ].map((platform) => [`lightningcss${platform}`, { license: 'MPL-2.0', reason: builder }] as const),
  ['format', { license: null, reason: unnamed('Readme.md') }],
  ['passport-local', { license: null, reason: unnamed('LICENSE') }],
  ['passport-strategy', { license: null, reason: unnamed('LICENSE') }],
  ['seq-queue', { license: null, reason: unnamed('LICENSE') }],
  [
    'elkjs',
    {
      license: 'EPL-2.0',
      reason:
        'Weak copyleft by file; unchanged, in the tools of Prisma, which npm installs beside its client and nothing here loads',
    },
  ],
  ['pause', { license: null, reason: unnamed('Readme.md') }],
])

/** Sentences, none where all is well; exceptions that nothing needs any more are told of, too. */
export function licenceFaults(packages: readonly LockedPackage[]): string[] {
  const used = new Set<string>()
  const faults = packages.flatMap(({ name, version, license }) => {
    if (license !== null && isAllowed(license)) return []
    if (exceptions.get(name)?.license === license && exceptions.has(name)) {
      used.add(name)
      return []
    }
    return [
      `${name}@${version} has the licence ${license ?? '(none)'}, which is not on the list of scripts/supply-chain/licences.ts`,
    ]
  })
  const idle = [...exceptions.keys()].filter((name) => !used.has(name))
  return [...faults, ...idle.map((name) => `The exception for ${name} is needed no more: take it out`)]
}

/** An SPDX expression of `AND`, `OR` and one level of brackets; what it cannot read is not allowed. */
export function isAllowed(expression: string): boolean {
  const inner = /^\(([^()]*)\)$/.exec(expression)?.[1] ?? expression
  if (/[()]/.test(inner)) return false
  return inner
    .split(/ OR /i)
    .some((choice) => choice.split(/ AND /i).every((licence) => allowed.has(licence.trim())))
}

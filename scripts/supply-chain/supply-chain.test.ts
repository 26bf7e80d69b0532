// What comes with the product: every package is in its bill of materials, licences are on the list, and silence is no clean bill of health.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { judgeAudit, readAccepted } from './advisories.ts'
import { billOfMaterials, purlOf } from './bill-of-materials.ts'
import { exceptions, isAllowed, licenceFaults } from './licences.ts'
import { productionPackages } from './lock.ts'

const root = join(import.meta.dirname, '../..')
const packages = productionPackages(root)
const product = { name: 'gatewright', version: '0.1.0', license: 'Apache-2.0' }
const locked = (name: string, license: string | null) => ({
  path: `node_modules/${name}`,
  name,
  version: '1.0.0',
  license,
  integrity: null,
  isOptional: false,
  needs: [],
})

describe('I19: the bill of materials', () => {
  const bill = billOfMaterials(product, packages)

  it('holds every production package of the lock file, read another way', () => {
    const { packages: entries } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version?: string; link?: boolean; dev?: boolean }>
    }
    const known = new Set(bill.components.map(({ name, version }) => `${name} ${version}`))
    const missing = Object.entries(entries)
      .filter(([path, it]) => /(?:^|\/)node_modules\//.test(path) && !it.link && !it.dev)
      .map(([path, { version }]) => `${path.split('node_modules/').at(-1)} ${version}`)
      .filter((text) => !known.has(text))
    expect(missing).toEqual([])
    expect(known.size).toBe(bill.components.length)
    // prisma: needed in development, and by a production package that would do without it. `npm ci --omit=dev` installs it.
    for (const name of ['prisma', 'fastify', 'react', 'pino', 'pg', '@nestjs/core', 'swagger-ui-react'])
      expect(
        bill.components.some((it) => it.name === name),
        name,
      ).toBe(true)
    expect(bill.components.some(({ name }) => name === 'vitest')).toBe(false)
  })

  it('names only components that it has, and what each of them needs where Node would find it', () => {
    const refs = new Set(bill.components.map((it) => it['bom-ref']))
    expect(
      bill.dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn]).filter((it) => !refs.has(it)),
    ).toEqual([])
    const nested = [
      { ...locked('a', 'MIT'), needs: ['b', 'c'] },
      { ...locked('b', 'MIT'), path: 'node_modules/a/node_modules/b', version: '2.0.0', needs: ['c'] },
      locked('b', 'MIT'),
      { ...locked('c', 'MIT'), path: 'apps/x/node_modules/c', needs: ['b'] },
      locked('c', 'MIT'),
    ]
    expect(billOfMaterials(product, nested).dependencies).toEqual([
      { ref: 'pkg:npm/a@1.0.0', dependsOn: ['pkg:npm/b@2.0.0', 'pkg:npm/c@1.0.0'] },
      { ref: 'pkg:npm/b@1.0.0', dependsOn: [] },
      { ref: 'pkg:npm/b@2.0.0', dependsOn: ['pkg:npm/c@1.0.0'] },
      { ref: 'pkg:npm/c@1.0.0', dependsOn: ['pkg:npm/b@1.0.0'] },
    ])
  })

  it('has the forms of CycloneDX 1.5, and the same bytes each time', () => {
    expect(bill.serialNumber).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    )
    for (const { purl, hashes = [] } of bill.components) {
      expect(purl).toMatch(/^pkg:npm\/(?:%40[^/@]+\/)?[^/@]+@[^@]+$/)
      for (const { alg, content } of hashes) {
        expect(['SHA-1', 'SHA-512']).toContain(alg)
        expect(content).toMatch(/^(?:[0-9a-f]{40}|[0-9a-f]{128})$/)
      }
    }
    expect(purlOf({ name: '@nestjs/core', version: '1.0.0+x' })).toBe('pkg:npm/%40nestjs/core@1.0.0%2Bx')
    expect(JSON.stringify(billOfMaterials(product, productionPackages(root)))).toBe(JSON.stringify(bill))
  })
})

describe('I19: licences', () => {
  it('of all that comes with the product are on the list, or have an exception that is needed', () => {
    expect(licenceFaults(packages)).toEqual([])
  })

  it.each([
    ['MIT', true],
    ['(MIT OR GPL-3.0)', true],
    ['MIT AND GPL-3.0', false],
    ['MIT and ISC', true],
    ['GPL-3.0-only', false],
    ['(MIT AND (GPL-3.0 OR ISC))', false],
    ['SEE LICENSE IN x', false],
    ['', false],
  ])('%s: %s', (expression, isFine) => {
    expect(isAllowed(expression)).toBe(isFine)
  })

  it('that nobody looked at are told by name, an exception with another text and one for nothing as well', () => {
    const rest = [...exceptions]
      .filter(([name]) => name !== 'pause')
      .map(([name, it]) => locked(name, it.license))
    expect(licenceFaults([...rest, locked('evil', 'AGPL-3.0'), locked('pause', 'GPL-2.0')])).toEqual([
      expect.stringContaining('evil@1.0.0 has the licence AGPL-3.0'),
      expect.stringContaining('pause@1.0.0 has the licence GPL-2.0'),
      'The exception for pause is needed no more: take it out',
    ])
  })
})

describe('I19: advisories', () => {
  const url = 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc'
  const answer = (severity: string) =>
    JSON.stringify({
      auditReportVersion: 2,
      vulnerabilities: {
        left: {
          name: 'left',
          severity,
          via: [{ source: 1, name: 'left', title: 'Reads all', url, severity, range: '<2' }],
        },
        over: { name: 'over', severity, via: ['left'] },
      },
    })
  const taken = {
    id: 'GHSA-aaaa-bbbb-cccc',
    package: 'left',
    reason: 'It is never given a path',
    until: '2026-12-01',
  }

  it('of high and critical severity are faults, those below are not', () => {
    for (const severity of ['high', 'critical'])
      expect(judgeAudit(answer(severity), [], '2026-11-01')).toEqual({
        kind: 'known',
        faults: [`${severity}: left <2: Reads all (${url})`],
      })
    expect(judgeAudit(answer('moderate'), [], '2026-11-01')).toEqual({ kind: 'known', faults: [] })
  })

  it('that were accepted are none until their day is over, or they are gone', () => {
    const faultsOn = (today: string, output = answer('high')) => {
      const judged = judgeAudit(output, [taken], today)
      return judged.kind === 'known' ? judged.faults : null
    }
    expect(faultsOn('2026-12-01')).toEqual([])
    expect(faultsOn('2026-12-02')).toEqual([
      expect.stringContaining('accepted until 2026-12-01, which is over'),
    ])
    expect(faultsOn('2026-11-01', JSON.stringify({ vulnerabilities: {} }))).toEqual([
      'GHSA-aaaa-bbbb-cccc was accepted and is not there any more: take it out',
    ])
    expect(faultsOn('2026-11-01', answer('high').replaceAll('"left"', '"other"'))).toHaveLength(2)
  })

  it('are unknown where the registry gives none, and that is no pass', () => {
    const refused = JSON.stringify({ message: '405 Method Not Allowed', method: 'POST' })
    expect(judgeAudit(refused, [], '2026-11-01')).toEqual({
      kind: 'unknown',
      reason: 'The registry gives no advisories: 405 Method Not Allowed',
    })
    for (const output of ['', 'npm error', '{}', '[]'])
      expect(judgeAudit(output, [], '2026-11-01').kind, output).toBe('unknown')
  })

  it('that were accepted are written down with reason and day', () => {
    expect(readAccepted(root)).toBeInstanceOf(Array)
  })
})

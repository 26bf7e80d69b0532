// The bill of materials of a build: CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/), made of the lock file. The same lock file
// makes the same bytes. `npm sbom` leaves out what is needed in development, too (ADR 104).
import { createHash } from 'node:crypto'
import type { LockedPackage } from './lock.ts'

export interface Product {
  readonly name: string
  readonly version: string
  readonly license: string
}

export function billOfMaterials(product: Product, packages: readonly LockedPackage[]) {
  const byPath = new Map(packages.map((it) => [it.path, it]))
  // One package at several places is one component.
  const components = new Map(packages.map((it) => [purlOf(it), it]))
  const root = `pkg:npm/${product.name}@${product.version}`
  const dependencies = new Map<string, Set<string>>()
  for (const it of packages) {
    const needs = dependencies.get(purlOf(it)) ?? new Set()
    dependencies.set(purlOf(it), needs)
    for (const name of it.needs) {
      const found = resolve(it.path, name, byPath)
      if (found) needs.add(purlOf(found))
    }
  }
  const digest = createHash('sha256')
    .update(JSON.stringify([product, [...components.keys()].sort()]))
    .digest('hex')
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${uuidOf(digest)}`,
    version: 1,
    metadata: {
      component: {
        'bom-ref': root,
        type: 'application',
        name: product.name,
        version: product.version,
        purl: root,
        licenses: [{ expression: product.license }],
      },
    },
    components: [...components]
      .sort(byKey)
      .map(([purl, { name, version, license, integrity, isOptional }]) => ({
        'bom-ref': purl,
        type: 'library',
        name,
        version,
        scope: isOptional ? 'optional' : 'required',
        purl,
        ...(license === null ? {} : { licenses: [licenceOf(license)] }),
        ...(integrity === null ? {} : { hashes: hashesOf(integrity) }),
      })),
    dependencies: [...dependencies]
      .sort(byKey)
      .map(([ref, needs]) => ({ ref, dependsOn: [...needs].sort() })),
  }
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1)

/** https://github.com/package-url/purl-spec: the @ of a scope is encoded, the slash behind it is not. */
export const purlOf = ({ name, version }: Pick<LockedPackage, 'name' | 'version'>) =>
  `pkg:npm/${name.replace('@', '%40')}@${encodeURIComponent(version)}`

/** Where Node finds it: beside the one that needs it, or in a folder above. */
function resolve(from: string, name: string, byPath: ReadonlyMap<string, LockedPackage>) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const found = byPath.get(at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`)
    if (found || at === '') return found
    if (!at.includes('/node_modules/')) at = '/node_modules/'
  }
}

const licenceOf = (license: string) =>
  /^[A-Za-z0-9.-]+$/.test(license) ? { license: { id: license } } : { license: { name: license } }

/** `sha512-…` in base64 → SHA-512 in hex. */
function hashesOf(integrity: string) {
  return integrity.split(' ').map((part) => {
    const [algorithm = '', value = ''] = part.split(/-(.*)/s)
    return {
      alg: algorithm.toUpperCase().replace('SHA', 'SHA-'),
      content: Buffer.from(value, 'base64').toString('hex'),
    }
  })
}

/** Of version 8 (RFC 9562 5.8): its content is ours. */
function uuidOf(hex: string): string {
  const digits = `${hex.slice(0, 12)}8${hex.slice(13, 16)}8${hex.slice(17, 32)}`
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

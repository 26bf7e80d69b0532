// `npm run sbom`: writes the bill of materials of this build to dist/gatewright.cdx.json.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { billOfMaterials, type Product } from './supply-chain/bill-of-materials.ts'
import { productionPackages } from './supply-chain/lock.ts'

const root = join(import.meta.dirname, '..')
const product = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Product
const { name, version, license } = product
const bill = billOfMaterials({ name, version, license }, productionPackages(root))
mkdirSync(join(root, 'dist'), { recursive: true })
writeFileSync(join(root, 'dist/gatewright.cdx.json'), `${JSON.stringify(bill, null, 2)}\n`)
console.log(`dist/gatewright.cdx.json: ${bill.components.length} components`)

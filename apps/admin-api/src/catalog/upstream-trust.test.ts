import { rootCertificates } from 'node:tls'
import { upstreamTls } from '@gatewright/shared/model/upstream'
import { expect, it } from 'vitest'
import { unreadableAuthorities } from './upstream-trust.ts'

const [one = '', other = ''] = rootCertificates
const faultOf = (ca: string | null) => unreadableAuthorities({ tls: upstreamTls.parse({ ca }) })

it('authorities that gateways can read are taken', () => {
  expect(faultOf(null)).toBeNull()
  expect(faultOf(`# the first\n${one}\r\n# the second\n${other}`)).toBeNull()
})

it.each([
  [`${one}\n${other.replace('MII', 'xxx')}`, 'The certificate 2 cannot be read'],
  ['-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----', 'The certificate 1 cannot be read'],
  [`${one}\n-----BEGIN CERTIFICATE-----\nMIIB`, 'Paste whole certificates in PEM form'],
])('others are refused where they are written, so that no publish of anybody is held up', (ca, message) => {
  expect(faultOf(ca)).toEqual({ path: 'tls.ca', message })
})

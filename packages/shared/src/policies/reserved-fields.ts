// Header fields that no policy may name, because the gateway itself writes them.

// Framing, connection management and identity belong to the gateway: a policy that could write them could forge a caller,
// or smuggle a request (RFC 9110 7.6.1, RFC 9112 6).
const reserved = new Set([
  'client-cert',
  'client-cert-chain',
  'connection',
  'content-length',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-client-cert',
  'x-request-id',
])
const reservedPrefixes = ['x-consumer-', 'x-gatewright-', 'x-forwarded-']

/** Also for names that some servers read as one of them: those that put fields into variables take `_` and `.` for `-`. */
export function isReservedField(name: string): boolean {
  const plain = name.toLowerCase().replace(/[_.]/g, '-')
  return reserved.has(plain) || reservedPrefixes.some((prefix) => plain.startsWith(prefix))
}

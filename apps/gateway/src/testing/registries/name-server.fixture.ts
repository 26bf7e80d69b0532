// An authoritative name server on loopback for tests: zones that change while it runs, over UDP.
import DNS from 'dns2'

interface NameRecord {
  readonly type: 'A' | 'AAAA' | 'SRV'
  readonly ttl: number
  readonly address?: string
  readonly target?: string
  readonly port?: number
  readonly weight?: number
  readonly priority?: number
}

export interface NameServer {
  /** For `DNS_SERVERS`. */
  readonly address: string
  /** How often each name was asked for, by `type name`. */
  readonly asked: Map<string, number>
  /** Replaces all records of a name; none = the name does not exist. */
  set(name: string, records: readonly NameRecord[]): void
  /** From now on it answers every question with this code; null = it answers properly. */
  fail(rcode: number | null): void
  close(): Promise<void>
}

export async function startNameServer(): Promise<NameServer> {
  const { TYPE, CLASS, RCODE } = DNS.Packet
  const zone = new Map<string, readonly NameRecord[]>()
  const asked = new Map<string, number>()
  let failure: number | null = null

  const server = DNS.createServer({
    udp: true,
    handle(request, send) {
      const response = DNS.Packet.createResponseFromRequest(request)
      const [question] = request.questions
      const name = question?.name.toLowerCase() ?? ''
      const type = Object.entries(TYPE).find(([, code]) => code === question?.type)?.[0] ?? ''
      asked.set(`${type} ${name}`, (asked.get(`${type} ${name}`) ?? 0) + 1)
      response.header.aa = 1
      const records = zone.get(name)
      if (failure !== null) response.header.rcode = failure
      else if (records === undefined) response.header.rcode = RCODE.NXDOMAIN
      else {
        for (const { type: of, ttl, ...data } of records) {
          if (of === type)
            response.answers.push({ name, type: TYPE[of], class: CLASS.IN, ttl, ...data } as never)
        }
      }
      send(response)
    },
  })
  await server.listen({ udp: { port: 0, address: '127.0.0.1' } })
  const { port } = server.addresses().udp ?? { port: 0 }

  return {
    address: `127.0.0.1:${port}`,
    asked,
    set(name, records) {
      if (records.length === 0) zone.delete(name)
      else zone.set(name, records)
    },
    fail(rcode) {
      failure = rcode
    },
    async close() {
      await server.close()
    },
  }
}

// The two messages of gRPC's health check (grpc.health.v1), written and read by hand: a string and a number need no library.
import type { IncomingHttpHeaders } from 'node:http2'

const framePrefixBytes = 5
const replyBytesMax = 1_024
/** Field 1, length-delimited. */
const serviceTag = 0x0a
/** Field 1, varint. */
const statusTag = 0x08

const statuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']
const serving = 1

/** HealthCheckRequest in its gRPC frame. `service`: empty = the server as a whole; at most 16383 bytes. */
export function writeHealthRequest(service: string): Buffer {
  const name = Buffer.from(service)
  const { length: bytes } = name
  const length = Buffer.from(bytes < 0x80 ? [bytes] : [(bytes & 0x7f) | 0x80, bytes >> 7])
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([serviceTag]), length, name])
  const prefix = Buffer.alloc(framePrefixBytes)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

interface HealthReply {
  head(headers: IncomingHttpHeaders): void
  data(chunk: Buffer): void
  trailers(trailers: IncomingHttpHeaders): void
  end(): void
}

/** `settle`: null = it serves, otherwise what it said, for people. Called once or more; the first one counts. */
export function readHealthReply(settle: (problem: string | null) => void): HealthReply {
  let received = Buffer.alloc(0)
  let grpcStatus: string | undefined
  return {
    head(headers) {
      grpcStatus = textOf(headers['grpc-status'])
      const status = Number(headers[':status'])
      if (status !== 200) settle(`status ${status}`)
    },
    data(chunk) {
      received = Buffer.concat([received, chunk])
      if (received.length > replyBytesMax) settle('an answer longer than any of a health service')
    },
    trailers(trailers) {
      grpcStatus = textOf(trailers['grpc-status']) ?? grpcStatus
    },
    end() {
      if (grpcStatus !== undefined && grpcStatus !== '0') settle(`gRPC status ${grpcStatus}`)
      else settle(problemIn(received))
    },
  }
}

function textOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0]
}

/** Reads HealthCheckResponse. Fields other than the first are newer than this and skipped by ending there. */
function problemIn(frame: Buffer): string | null {
  if (frame.length < framePrefixBytes || frame[0] !== 0) return 'no message'
  const message = frame.subarray(framePrefixBytes)
  if (message.length !== frame.readUInt32BE(1)) return 'a message that is not whole'
  // Protobuf leaves out a zero.
  const status = message.length >= 2 && message[0] === statusTag ? (message[1] as number) : 0
  return status === serving ? null : (statuses[status] ?? `health status ${status}`)
}

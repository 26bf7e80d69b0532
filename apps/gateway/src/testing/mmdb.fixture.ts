// Writes small databases in MaxMind's format 2.0 (https://maxmind.github.io/MaxMind-DB/): a tree of 32-bit records over 128 bits,
// IPv4 below ::/96, a data section without pointers, and the metadata.
import { parseCidr } from '@gatewright/shared/cidr'

type Value = string | number | { readonly [name: string]: Value }
type Node = [Node | Leaf | null, Node | Leaf | null]
interface Leaf {
  readonly at: number
}

/** `entries`: range → record, larger ranges before those inside of them. `paddingBytes`: how much larger its data is made. */
export function writeMmdb(entries: Readonly<Record<string, Value>>, paddingBytes = 0): Buffer {
  const data: Buffer[] = [Buffer.alloc(paddingBytes)]
  let dataLength = paddingBytes
  const root: Node = [null, null]
  for (const [cidr, record] of Object.entries(entries)) {
    const range = parseCidr(cidr)
    if (range === null) throw new TypeError(`${cidr} is no range`)
    const hostBits = (range.last - range.first).toString(2).replace(/^0$/, '').length
    insert(root, range.first, 128 - hostBits, { at: dataLength })
    const bytes = encode(record)
    data.push(bytes)
    dataLength += bytes.length
  }
  const nodes: Node[] = []
  const numbers = new Map<Node, number>()
  const number = (node: Node) => {
    numbers.set(node, nodes.length)
    nodes.push(node)
    for (const child of node) if (Array.isArray(child)) number(child)
  }
  number(root)
  const tree = Buffer.alloc(nodes.length * 8)
  nodes.forEach((node, i) => {
    node.forEach((child, side) => {
      const record =
        child === null
          ? nodes.length
          : Array.isArray(child)
            ? (numbers.get(child) as number)
            : nodes.length + 16 + child.at
      tree.writeUInt32BE(record, i * 8 + side * 4)
    })
  })
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_790_000_000,
    database_type: 'Gatewright-Test',
    ip_version: 6,
    node_count: nodes.length,
    record_size: 32,
  })
  const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')
  return Buffer.concat([tree, Buffer.alloc(16), ...data, marker, metadata])
}

function insert(root: Node, first: bigint, length: number, leaf: Leaf): void {
  let node = root
  for (let depth = 0; depth < length; depth++) {
    const side = Number((first >> BigInt(127 - depth)) & 1n) as 0 | 1
    if (depth === length - 1) {
      node[side] = leaf
      return
    }
    const below = node[side]
    // A smaller range inside of a larger one: the rest of it keeps what the larger one said.
    const next: Node = Array.isArray(below) ? below : [below, below]
    node[side] = next
    node = next
  }
}

/** Strings (type 2), unsigned integers (6) and maps (7); see "Data Section" of the format. */
function encode(value: Value): Buffer {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value)
    return Buffer.concat([Buffer.from([(2 << 5) | bytes.length]), bytes])
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(5)
    bytes[0] = (6 << 5) | 4
    bytes.writeUInt32BE(value, 1)
    return bytes
  }
  const pairs = Object.entries(value)
  const head = Buffer.from([(7 << 5) | pairs.length])
  return Buffer.concat([head, ...pairs.flatMap(([name, inner]) => [encode(name), encode(inner)])])
}

/** As it stands in the memory that workers share. */
export function shared(bytes: Buffer): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(bytes.length)
  new Uint8Array(memory).set(bytes)
  return memory
}

// Signature-Input, Signature and Content-Digest: dictionaries of RFC 9651, read strictly and written again for the signature base.
import type { Parameter, SignatureInput } from '@gatewright/shared/policies/signing-ports'
import {
  type BareItem,
  isInnerList,
  type Parameters,
  parseDictionary,
  serializeInnerList,
  serializeItem,
} from 'structured-headers'

/** More than any field that is meant well; looked at before anything is made of it. */
const fieldLengthMax = 8_192

export function readInputs(field: string): ReadonlyMap<string, SignatureInput> | null {
  if (field.length > fieldLengthMax) return null
  try {
    const inputs = new Map<string, SignatureInput>()
    for (const [label, member] of parseDictionary(field)) {
      if (!isInnerList(member)) return null
      const [items, parameters] = member
      const components = []
      for (const item of items) {
        const [name, own] = item
        if (typeof name !== 'string') return null
        components.push({ name, parameters: plain(own), text: serializeItem(item) })
      }
      inputs.set(label, { components, parameters: plain(parameters), text: serializeInnerList(member) })
    }
    return inputs.size === 0 ? null : inputs
  } catch {
    return null
  }
}

export function readBytes(field: string): ReadonlyMap<string, Uint8Array> | null {
  if (field.length > fieldLengthMax) return null
  try {
    const values = new Map<string, Uint8Array>()
    for (const [label, member] of parseDictionary(field)) {
      const [value] = member
      if (value instanceof ArrayBuffer) values.set(label, new Uint8Array(value))
      else if (ArrayBuffer.isView(value))
        values.set(label, new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
      else return null
    }
    return values
  } catch {
    return null
  }
}

function plain(parameters: Parameters): ReadonlyMap<string, Parameter> {
  return new Map([...parameters].map(([name, value]) => [name, parameterOf(value)]))
}

/** What is neither text, number nor truth is of no use here: it stays, as something that fits nothing. */
function parameterOf(value: BareItem): Parameter {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : false
}

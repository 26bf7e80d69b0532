// Where a document comes from: an address, pasted text or a file, told apart without asking.

export type DocumentSource =
  | { kind: 'url'; url: string }
  | { kind: 'text'; text: string }
  | { kind: 'file'; name: string; base64: string }

export const maxDocumentBytes = 30_000_000

/** One line that starts with http is an address; everything else is the document itself. */
export function sourceOf(typed: string): DocumentSource | undefined {
  const text = typed.trim()
  if (text === '') return undefined
  return /^https?:\/\/\S+$/i.test(text) ? { kind: 'url', url: text } : { kind: 'text', text: typed }
}

export async function sourceOfFile(file: File): Promise<DocumentSource> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  let binary = ''
  const chunk = 0x8000
  for (let start = 0; start < bytes.length; start += chunk) {
    binary += String.fromCharCode(...bytes.subarray(start, start + chunk))
  }
  return { kind: 'file', name: file.name, base64: btoa(binary) }
}

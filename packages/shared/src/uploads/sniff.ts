// What a file is by its first bytes, and whether that agrees with what it says it is.

interface Signature {
  readonly bytes: string
  readonly at?: number
  /** Media types that it may be called, the best first. */
  readonly types: readonly string[]
  /** Extensions that it may have. */
  readonly extensions: readonly string[]
}

const zipTypes = [
  'application/zip',
  'application/x-zip-compressed',
  'application/java-archive',
  'application/epub+zip',
  'application/vnd.*',
]
const zipExtensions = 'zip docx xlsx pptx odt ods odp jar epub apk docm xlsm pptm'.split(' ')

const signatures: readonly Signature[] = [
  { bytes: '\x89PNG\r\n\x1a\n', types: ['image/png'], extensions: ['png'] },
  {
    bytes: '\xff\xd8\xff',
    types: ['image/jpeg', 'image/jpg', 'image/pjpeg'],
    extensions: ['jpg', 'jpeg', 'jpe'],
  },
  { bytes: 'GIF87a', types: ['image/gif'], extensions: ['gif'] },
  { bytes: 'GIF89a', types: ['image/gif'], extensions: ['gif'] },
  { bytes: 'WEBP', at: 8, types: ['image/webp'], extensions: ['webp'] },
  { bytes: 'II*\0', types: ['image/tiff'], extensions: ['tif', 'tiff'] },
  { bytes: 'MM\0*', types: ['image/tiff'], extensions: ['tif', 'tiff'] },
  { bytes: '%PDF-', types: ['application/pdf'], extensions: ['pdf'] },
  { bytes: 'PK\x03\x04', types: zipTypes, extensions: zipExtensions },
  { bytes: 'PK\x05\x06', types: zipTypes, extensions: zipExtensions },
  { bytes: '\x1f\x8b', types: ['application/gzip', 'application/x-gzip'], extensions: ['gz', 'tgz'] },
  { bytes: '7z\xbc\xaf\x27\x1c', types: ['application/x-7z-compressed'], extensions: ['7z'] },
  {
    bytes: 'Rar!\x1a\x07',
    types: ['application/vnd.rar', 'application/x-rar-compressed'],
    extensions: ['rar'],
  },
  {
    bytes: '\xd0\xcf\x11\xe0',
    types: ['application/msword', 'application/vnd.*'],
    extensions: ['doc', 'xls', 'ppt', 'msi', 'msg'],
  },
  {
    bytes: 'MZ',
    types: ['application/vnd.microsoft.portable-executable', 'application/x-msdownload'],
    extensions: ['exe', 'dll'],
  },
  {
    bytes: '\x7fELF',
    types: ['application/x-executable', 'application/x-elf'],
    extensions: ['elf', 'so', 'bin'],
  },
  { bytes: '#!', types: ['text/x-shellscript', 'application/x-sh'], extensions: ['sh', 'py', 'pl', 'rb'] },
  { bytes: '<?php', types: ['application/x-httpd-php'], extensions: ['php'] },
  {
    bytes: 'ftyp',
    at: 4,
    types: ['video/mp4', 'video/quicktime', 'audio/mp4', 'image/heic', 'image/avif'],
    extensions: ['mp4', 'm4a', 'm4v', 'mov', 'heic', 'avif'],
  },
  { bytes: 'ID3', types: ['audio/mpeg'], extensions: ['mp3'] },
  {
    bytes: 'OggS',
    types: ['audio/ogg', 'video/ogg', 'application/ogg'],
    extensions: ['ogg', 'oga', 'ogv', 'opus'],
  },
]

/** Types that are known by a signature: a file that is called so has to have it. */
const signed = new Set(signatures.flatMap(({ types }) => types).filter((type) => !type.includes('*')))
const signedExtensions = new Set(signatures.flatMap(({ extensions }) => extensions))

/** Says nothing of what is inside. */
const anything = new Set(['application/octet-stream', 'binary/octet-stream'])

export function extensionOf(fileName: string): string | null {
  const dot = fileName.lastIndexOf('.')
  return dot < 0 || dot === fileName.length - 1 ? null : fileName.slice(dot + 1).toLowerCase()
}

/** What is wrong, as a sentence; null when the bytes agree with the declared type and the name. */
export function contentFault(
  content: Uint8Array,
  mediaType: string | null,
  fileName: string | null,
): string | null {
  if (content.length === 0) return null
  const found = signatures.find(({ bytes, at = 0 }) => startsWith(content, bytes, at))
  const extension = fileName === null ? null : extensionOf(fileName)
  const declared = mediaType === null || anything.has(mediaType) ? null : mediaType
  if (found === undefined) {
    const claimed = declared !== null && signed.has(declared) ? declared : null
    const named =
      extension !== null && signedExtensions.has(extension) && extension !== 'bin' ? `.${extension}` : null
    const name = claimed ?? named
    return name === null ? null : `It says that it is ${name}, and its content is something else.`
  }
  const isType = declared === null || found.types.some((type) => fits(declared, type))
  // A name without a known extension says nothing.
  const isNamed =
    extension === null || !signedExtensions.has(extension) || found.extensions.includes(extension)
  if (isType && isNamed) return null
  return `Its content is ${found.types[0]}, and it says that it is ${isType ? `.${extension}` : declared}.`
}

const fits = (type: string, pattern: string) =>
  pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern

function startsWith(content: Uint8Array, bytes: string, at: number): boolean {
  if (content.length < at + bytes.length) return false
  for (let i = 0; i < bytes.length; i++) if (content[at + i] !== bytes.charCodeAt(i)) return false
  return true
}

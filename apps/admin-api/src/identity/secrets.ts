// Secrets that people carry: made from random bytes, shown once, stored as their sha256.
import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits in base64url, which cookies and headers take as they are. */
export const newSecret = () => randomBytes(32).toString('base64url')

/** sha256, hex. Fast on purpose: unlike a password, 256 random bits cannot be guessed from their hash. */
export const hashSecret = (secret: string) => createHash('sha256').update(secret).digest('hex')

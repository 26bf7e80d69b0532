// What makes two operations the same to callers: the method, and the path whatever its parameters are called.
import { templateKey } from '@gatewright/shared/path-template'

export const operationKey = ({ method, path }: { readonly method: string; readonly path: string }) =>
  `${method} ${templateKey(path)}`

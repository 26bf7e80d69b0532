// How problems name a version among those of its environment.

export const versionPointer = ({ apiName, name }: { readonly apiName: string; readonly name: string }) =>
  `apis/${apiName}/${name}`

// What a client certificate is found by: the text whose sha256 stands where that of a key would.

/** By the certificate itself, by the name that its authority gave it, or by its SPIFFE id. */
export const certificateMarks = ['fingerprint', 'spiffe', 'subject'] as const
export type CertificateMark = (typeof certificateMarks)[number]

export interface ClientCertificateName {
  /** Name of the environment. */
  readonly environment: string
  readonly tenantId: string
  readonly by: CertificateMark
  /** As `PresentedCertificate` has it. */
  readonly value: string
}

/** One text per certificate of a tenant in an environment, and never the same for two: the parts cannot run into each other. */
export function clientCertificateText({ environment, tenantId, by, value }: ClientCertificateName): string {
  return JSON.stringify(['client-certificate', environment, tenantId, by, value])
}

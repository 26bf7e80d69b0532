-- AlterEnum
ALTER TYPE "credential_kind" ADD VALUE 'client_certificate';

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;

/** Files in PEM: who is trusted, and what a server on this machine shows. */
export type Certificates = { readonly ca: string; readonly cert: string; readonly key: string };

/** Makes an authority of this test's own, and with it a certificate for `localhost` and 127.0.0.1 that lives for a day. */
export async function makeCertificates(dir: string): Promise<Certificates> {
  const keys = (): Promise<CryptoKeyPair> => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<CryptoKeyPair>;
  const [authority, server] = [await keys(), await keys()];
  const validity = { notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + dayMs), signingAlgorithm: algorithm };
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity, serialNumber: '01', name: 'CN=Parley test authority', keys: authority,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true)],
  });
  const shown = await x509.X509CertificateGenerator.create({
    ...validity, serialNumber: '02', subject: 'CN=localhost', issuer: root.subject, publicKey: server.publicKey, signingKey: authority.privateKey,
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }, { type: 'ip', value: '127.0.0.1' }]),
      // NATS servers are clients of each other.
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
    ],
  });
  const key = x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', server.privateKey), 'PRIVATE KEY');
  const file = (name: string, text: string, mode: number): string => {
    const path = join(dir, name);
    writeFileSync(path, `${text}\n`, { mode });
    return path;
  };
  return { ca: file('ca.pem', root.toString('pem'), 0o644), cert: file('server.pem', shown.toString('pem'), 0o644), key: file('server.key', key, 0o600) };
}

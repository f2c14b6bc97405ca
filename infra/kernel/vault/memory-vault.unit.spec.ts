import { describe, expect, test } from 'vitest';
import { memoryVault } from './memory-vault.ts';
import { vaultContract } from './vault-contract.ts';
import { VaultUnavailable } from './vault.ts';

const shared = memoryVault();
vaultContract('memory', () => shared);

describe('the memory vault', () => {
  test('fails when it is told to, and works again', async () => {
    const vault = memoryVault();
    vault.setAvailable(false);
    await expect(vault.getOrCreate(['pepper'])).rejects.toThrow(VaultUnavailable);
    vault.setAvailable(true);
    expect((await vault.getOrCreate(['pepper'])).size).toBe(1);
  });
});

/**
 * The rule by which two names are one. Part of every claim's id, so a new rule gets a new version,
 * and the claims of the old one stay as they are.
 */
const ruleVersion = 'n1';

/** Letters that pass for Latin ones, and the signs that pass for letters (a small part of UTS #39's table). */
const lookalikes: Readonly<Record<string, string>> = {
  '0': 'o', '1': 'l', '|': 'l', 'ı': 'i', 'ɡ': 'g', 'ß': 'ss',
  // Cyrillic
  'а': 'a', 'в': 'b', 'е': 'e', 'ѕ': 's', 'і': 'i', 'ј': 'j', 'к': 'k', 'м': 'm', 'н': 'h', 'о': 'o', 'р': 'p', 'с': 'c', 'т': 't', 'у': 'y', 'х': 'x', 'ԁ': 'd', 'һ': 'h',
  // Greek
  'α': 'a', 'β': 'b', 'ε': 'e', 'ι': 'i', 'κ': 'k', 'ν': 'v', 'ο': 'o', 'ρ': 'p', 'τ': 't', 'υ': 'u', 'χ': 'x', 'ϲ': 'c', 'ϳ': 'j',
};

/**
 * A name reduced to what people see of it: compatibility forms folded (NFKC), invisible characters dropped, lower case,
 * look-alikes made equal, spaces collapsed. Undefined when nothing visible is left.
 */
export function claimedForm(name: string): string | undefined {
  const visible = name.normalize('NFKC').replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu, '').toLowerCase().normalize('NFKC');
  const spaced = visible.replace(/\s+/gu, ' ').trim();
  if (spaced === '') return undefined;
  return `${ruleVersion}:${Array.from(spaced, (letter) => lookalikes[letter] ?? letter).join('')}`;
}

// Changes of the prompt by a click: a word put right, words added. Pure.

/** The prompt with this word, wherever it stands alone, in the place of the other. */
export function corrected(prompt: string, word: string, other: string): string {
  const safe = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return prompt.replace(new RegExp(`(?<![\\p{L}\\p{N}])${safe}(?![\\p{L}\\p{N}])`, 'giu'), (found) =>
    found[0] === found[0]?.toUpperCase() ? other[0]!.toUpperCase() + other.slice(1) : other,
  );
}

/** The prompt and then these words, with what parts them in its language. */
export function added(prompt: string, words: string): string {
  const before = prompt.trimEnd().replace(/[,，.。]$/, '');
  if (!before) return words;
  return before + (/[\u3400-\u9fff]$/.test(before) && /^[\u3400-\u9fff]/.test(words) ? '，' : ', ') + words;
}

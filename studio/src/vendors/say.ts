// How amounts of money and names of vendors are written here. Pure.

export function dollars(amount: number): string {
  return `$${amount.toFixed(amount > 0 && amount < 0.1 ? 4 : 2)}`;
}

/** Two letters that stand for a vendor: no logos. */
export function tile(title: string): string {
  return title.replace(/[^\p{L}\p{N}]/gu, '').slice(0, 2);
}

/** "kling-v3, kling-v2-6" without the vendor; at most four. */
export function short(models: readonly string[]): string {
  const names = models.map((name) => name.split('/').slice(1).join('/') || name);
  return names.length > 4 ? `${names.slice(0, 4).join(', ')} …` : names.join(', ');
}

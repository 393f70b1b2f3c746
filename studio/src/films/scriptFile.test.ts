import { describe, expect, it } from 'vitest';
import files from './scriptFiles.json';
import { languageFor, LONGEST, length, readScript } from './scriptFile';

const file = (...parts: BlobPart[]) => new Blob(parts);
const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));

describe('a script’s file', () => {
  // tests/test_script_files.py holds the command line against the same.
  it.each(files)('$name is read as the command line reads it', async ({ hex, text }) => {
    const read = await readScript(file(bytes(hex)));
    expect(read).toEqual(text === null ? { unread: 'noText' } : { text });
  });

  it('is refused in words where it is none', async () => {
    expect(await readScript(file('%PDF-1.7\n...'))).toEqual({ unread: 'formatted' });
    expect(await readScript(file(' \n'))).toEqual({ unread: 'blank' });
    expect(await readScript(file(new Uint8Array(5_000_000)))).toEqual({ unread: 'noText' });
  });

  it('is refused where it is too long, and never cut', async () => {
    expect(await readScript(file('a'.repeat(LONGEST)))).toEqual({ text: 'a'.repeat(LONGEST) });
    expect(await readScript(file('a'.repeat(LONGEST + 1)))).toEqual({ unread: 'tooLong' });
    expect(await readScript(file('雪'.repeat(600_000)))).toEqual({ unread: 'tooLong' });
    expect(length('😀雪')).toBe(2);
  });

  it('says its language itself, also with one Chinese line', () => {
    expect(languageFor('MIA\nHello.\n\nTOM\n我也没有。\n', 'zh')).toEqual({});
    expect(languageFor(' ', 'zh')).toEqual({ language: 'zh' });
  });
});

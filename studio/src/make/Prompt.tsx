import { IconUpload } from '@tabler/icons-react';
import { useId, useRef, type ClipboardEvent, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import type { Reading } from '../api/types';
import { figure } from '../parts/time';
import { MAX_PROMPT, useForm } from './form';
import css from './prompt.module.css';
import { pieces } from './marks';

interface Props {
  box: RefObject<HTMLTextAreaElement | null>;
  reading: Reading | undefined;
  dropping: boolean;
  names: readonly string[] | null; // of references; null: the model takes none
  short: boolean; // on a phone
  onFiles: (files: FileList | null) => void;
}

/** The words, underlined as they are understood. Under them lies the same text, unseen, which carries the lines. */
export function Prompt({ box, reading, dropping, names, short, onFiles }: Props) {
  const { t } = useTranslation('make');
  const { prompt, mode, fill } = useForm();
  const chooser = useRef<HTMLInputElement>(null);
  const id = useId();
  const over = prompt.length > MAX_PROMPT;

  const paste = (event: ClipboardEvent) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    onFiles(event.clipboardData.files);
  };

  return (
    <div
      className={css.prompt}
      data-dropping={dropping || undefined}
      data-over={over || undefined}
      onClick={() => box.current?.focus()}
    >
      <div className={css.words}>
        <div className={css.mirror} aria-hidden>
          {pieces(prompt, reading, names).map((piece, index) => (
            <span key={index} data-kind={piece.kind}>
              {piece.text}
            </span>
          ))}
          {'​'}
        </div>
        <textarea
          ref={box}
          value={prompt}
          rows={short ? 3 : 2}
          aria-label={t('prompt.label')}
          aria-describedby={`${id}-hint`}
          aria-invalid={over}
          placeholder={t(mode === 'extend' ? 'prompt.placeholderExtend' : 'prompt.placeholder')}
          spellCheck={false}
          autoCapitalize="sentences"
          onChange={(event) => fill({ prompt: event.target.value })}
          onPaste={paste}
        />
      </div>
      <div className={css.promptFoot}>
        <button type="button" className={css.upload} onClick={() => chooser.current?.click()}>
          <IconUpload size={16} stroke={1.8} aria-hidden />
          <span id={`${id}-hint`}>{t(short ? 'prompt.hintShort' : 'prompt.hint')}</span>
        </button>
        <span className={css.count} data-over={over || undefined}>
          {t('prompt.count', { count: prompt.length, most: figure(MAX_PROMPT) })}
        </span>
      </div>
      <input
        ref={chooser}
        type="file"
        hidden
        accept="image/png,image/jpeg,image/webp,image/gif,image/bmp,video/mp4"
        onChange={(event) => {
          onFiles(event.target.files);
          event.target.value = '';
        }}
      />
      {dropping && (
        <div className={css.dropHere} aria-hidden>
          <IconUpload size={22} stroke={1.6} />
          {t('prompt.dropHere')}
        </div>
      )}
    </div>
  );
}

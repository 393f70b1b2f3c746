// Pictures of who or what is in the clip, as tiles with their @names, where the model takes references.
import { IconMovie, IconPhotoPlus, IconX } from '@tabler/icons-react';
import { useRef, useState, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import type { Card } from '../api/types';
import { IconButton } from '../parts/Button';
import { toast } from '../parts/toast';
import { referenceName, referencesFor } from './ask';
import { readPicture } from './files';
import { useForm, type GivenImage, type GivenReference } from './form';
import { PickClip } from './PickClip';
import css from './references.module.css';

const NAME = /^[\p{L}\p{N}_-]{1,40}$/u;

interface Props {
  card: Card;
  box: RefObject<HTMLTextAreaElement | null>; // the prompt
}

export function References({ card, box }: Props) {
  const { t } = useTranslation('make');
  const form = useForm();
  const chooser = useRef<HTMLInputElement>(null);
  const [picking, setPicking] = useState(false);
  const sent = referencesFor(form, card);
  const most = card.references.image ?? 0;
  const names = form.references.map(({ name }) => name);
  const unknown = [...form.prompt.matchAll(/@([\p{L}\p{N}_-]+)/gu)].map(([, name = '']) => name);
  const set = (references: GivenReference[]) => form.fill({ mode: form.mode, references });

  const add = (image: GivenImage, called: string) => {
    const { references } = useForm.getState();
    const name = referenceName(
      called,
      references.map((one) => one.name),
    );
    set([...references, { name, kind: 'image', url: image.url, image }]);
  };
  const take = async (files: FileList | null) => {
    for (const file of [...(files ?? [])]) {
      // a copy: the list is emptied when the field is
      try {
        add(await readPicture(file), file.name);
      } catch {
        toast(t('drop.broken', { name: file.name }), { tone: 'bad' });
      }
    }
  };
  const write = (name: string) => {
    const at = box.current?.selectionStart ?? form.prompt.length;
    const [head, tail] = [form.prompt.slice(0, at), form.prompt.slice(at)];
    const said = `${head && !/\s$/.test(head) ? ' ' : ''}@${name}${/^\s/.test(tail) ? '' : ' '}`;
    form.fill({ mode: form.mode, prompt: head + said + tail });
    box.current?.focus();
  };

  return (
    <fieldset
      className={css.references}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation();
        window.dispatchEvent(new Event('vitascope:dropped'));
        void take(event.dataTransfer.files);
      }}
    >
      <legend>{t('reference.title')}</legend>
      <p className={css.text}>{t('reference.text')}</p>
      <ul className={css.tiles}>
        {form.references.map((one, index) => (
          <Tile
            key={index}
            one={one}
            number={index + 1}
            spare={!sent.includes(one)}
            others={names.filter((_, other) => other !== index)}
            onName={(name) => set(form.references.map((old, at) => (at === index ? { ...old, name } : old)))}
            onRemove={() => set(form.references.filter((_, at) => at !== index))}
            onUse={() => write(one.name)}
          />
        ))}
        {form.references.length < most && (
          <li className={css.adding}>
            <button type="button" className={css.add} onClick={() => chooser.current?.click()}>
              <IconPhotoPlus size={20} stroke={1.6} aria-hidden />
              {t('reference.add')}
            </button>
            <button type="button" className={css.pick} onClick={() => setPicking(true)}>
              <IconMovie size={15} stroke={1.8} aria-hidden />
              {t('slot.library')}
            </button>
          </li>
        )}
      </ul>
      {form.references.length > most && (
        <p className={css.note}>{t('reference.full', { name: names.slice(most).join(', '), count: most })}</p>
      )}
      {unknown
        .filter((name, at) => !names.includes(name) && unknown.indexOf(name) === at)
        .map((name) => (
          <p key={name} className={css.bad}>
            {t('reference.unknown', { name })}
          </p>
        ))}
      <input
        ref={chooser}
        type="file"
        hidden
        multiple
        accept="image/png,image/jpeg,image/webp,image/gif,image/bmp"
        onChange={(event) => {
          void take(event.target.files);
          event.target.value = '';
        }}
      />
      {picking && (
        <PickClip
          kind="reference"
          onPick={(image, clip) => add(image, clip.prompt.split(/\s+/).slice(0, 3).join('-'))}
          onClose={() => setPicking(false)}
        />
      )}
    </fieldset>
  );
}

interface TileProps {
  one: GivenReference;
  number: number;
  spare: boolean; // more than the model takes
  others: string[];
  onName: (name: string) => void;
  onRemove: () => void;
  onUse: () => void;
}

/** A name is taken when it can be used; until then it is only written. */
function Tile({ one, number, spare, others, onName, onRemove, onUse }: TileProps) {
  const { t } = useTranslation('make');
  const [written, setWritten] = useState<string | null>(null);
  const name = written ?? one.name;
  const good = NAME.test(name) && !others.includes(name);
  return (
    <li className={css.tile} data-spare={spare || undefined}>
      <button type="button" className={css.look} onClick={onUse} aria-label={t('reference.use', { name: one.name })}>
        {one.url && <img src={one.url} alt="" />}
      </button>
      <span className={css.close}>
        <IconButton small label={t('reference.remove', { name: one.name })} onClick={onRemove}>
          <IconX size={14} stroke={1.9} />
        </IconButton>
      </span>
      <label className={css.name} data-bad={!good || undefined}>
        <span aria-hidden>@</span>
        <input
          value={name}
          aria-label={t('reference.name', { number })}
          aria-invalid={!good}
          title={good ? undefined : t('reference.broken')}
          spellCheck={false}
          onChange={(event) => {
            const now = event.target.value;
            const usable = NAME.test(now) && !others.includes(now);
            setWritten(usable ? null : now);
            if (usable) onName(now);
          }}
          onBlur={() => setWritten(null)}
        />
      </label>
    </li>
  );
}

import {
  IconArrowRight,
  IconArrowsExchange,
  IconMovie,
  IconPhotoPlus,
  IconVideoPlus,
  IconX,
} from '@tabler/icons-react';
import { useEffect, useRef, useState, type DragEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../parts/Button';
import { span } from '../parts/time';
import { language } from '../words';
import { useForm, type GivenImage } from './form';
import css from './slots.module.css';
import { PickClip } from './PickClip';
import { takeFile } from './take';

type SlotName = 'image' | 'lastImage' | 'extend';

/** The pictures or the clip that this mode starts from. */
export function Slots() {
  const { t } = useTranslation('make');
  const { mode, image, lastImage, extend, fill } = useForm();
  if (mode === 'image') {
    return (
      <div className={css.slots}>
        <Slot name="image" title={t('slot.image')} image={image} />
        <p className={css.slotNote}>{t('slot.redrawn')}</p>
      </div>
    );
  }
  if (mode === 'frames') {
    return (
      <div className={css.slots} data-two>
        <Slot name="image" title={t('slot.first')} image={image} />
        <span className={css.between}>
          <IconArrowRight size={18} stroke={1.7} aria-hidden />
          <IconButton small label={t('slot.swap')} onClick={() => fill({ mode, image: lastImage, lastImage: image })}>
            <IconArrowsExchange size={16} stroke={1.8} />
          </IconButton>
        </span>
        <Slot name="lastImage" title={t('slot.last')} image={lastImage} />
      </div>
    );
  }
  if (mode !== 'extend') return null;
  const shown = extend && {
    url: extend.thumbnail ?? '',
    name: extend.name ?? '',
    width: extend.width,
    height: extend.height,
  };
  return (
    <div className={css.slots}>
      <Slot name="extend" title={t('slot.clip')} image={shown} />
      {extend && (
        <p className={css.slotNote}>
          {t('slot.newPart', { seconds: span(extend.seconds, language()).replace(/\D+$/, '') })}
        </p>
      )}
    </div>
  );
}

function Slot({ name, title, image }: { name: SlotName; title: string; image: GivenImage | null }) {
  const { t } = useTranslation('make');
  const fill = useForm((form) => form.fill);
  const mode = useForm((form) => form.mode);
  const chooser = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [picking, setPicking] = useState(false);
  const clip = name === 'extend';

  const drop = (event: DragEvent) => {
    event.preventDefault();
    event.stopPropagation();
    setOver(false);
    window.dispatchEvent(new Event('vitascope:dropped'));
    const [file] = event.dataTransfer.files;
    if (file) void takeFile(file, t, name);
  };

  return (
    <div
      className={css.slot}
      data-over={over || undefined}
      id={`slot-${name}`}
      onDragOver={(event) => (event.preventDefault(), setOver(true))}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <span className={css.slotTitle}>{title}</span>
      {image ? (
        <div className={css.given}>
          <Shown image={image} title={title} />
          <span className={css.slotClose}>
            <IconButton small label={t('slot.remove')} onClick={() => fill({ mode, [name]: null })}>
              <IconX size={16} stroke={1.9} />
            </IconButton>
          </span>
          <span className={css.slotFrom}>{from(image, t)}</span>
        </div>
      ) : (
        <button type="button" className={css.slotEmpty} onClick={() => chooser.current?.click()}>
          {clip ? (
            <IconVideoPlus size={22} stroke={1.6} aria-hidden />
          ) : (
            <IconPhotoPlus size={22} stroke={1.6} aria-hidden />
          )}
          <span>{t(clip ? 'slot.addClip' : 'slot.add')}</span>
        </button>
      )}
      <button type="button" className={css.slotPick} onClick={() => setPicking(true)}>
        <IconMovie size={16} stroke={1.8} aria-hidden />
        {t('slot.library')}
      </button>
      <input
        ref={chooser}
        type="file"
        hidden
        accept={clip ? 'video/mp4' : 'image/png,image/jpeg,image/webp,image/gif,image/bmp'}
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) void takeFile(file, t, name);
          event.target.value = '';
        }}
      />
      {picking && <PickClip kind={name} onClose={() => setPicking(false)} />}
    </div>
  );
}

/** The moment of a clip; while it cannot be had, the clip's own picture. */
function Shown({ image, title }: { image: GivenImage; title: string }) {
  const [broken, setBroken] = useState(false);
  useEffect(() => setBroken(false), [image.url]);
  const instead = 'clipId' in image ? `/v1/library/${image.clipId}/content?variant=thumbnail` : '';
  return (
    <img
      key={image.url} // or the picture before would stay until this one is here
      src={broken && instead ? instead : image.url}
      alt={`${title}: ${image.name ?? ''}`}
      onError={() => setBroken(true)}
    />
  );
}

function from(image: GivenImage, t: ReturnType<typeof useTranslation<'make'>>['t']): string {
  if (!('clipId' in image)) return image.name;
  return typeof image.at === 'number' ? t('slot.at.moment', { seconds: image.at }) : t(`slot.at.${image.at}`);
}

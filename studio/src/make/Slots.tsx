import {
  IconArrowRight,
  IconArrowsExchange,
  IconMovie,
  IconPhotoPlus,
  IconPhotoUp,
  IconVideoPlus,
  IconX,
} from '@tabler/icons-react';
import { useEffect, useRef, useState, type DragEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../parts/Button';
import { span } from '../parts/time';
import { language } from '../words';
import { address } from '../api/root';
import type { Card } from '../api/types';
import { Segment } from '../parts/Segment';
import { givenSize, otherShapes } from './ask';
import { useForm, type GivenImage } from './form';
import { isWorld } from './format';
import { fitted, sizeOf, type Fit } from './shapes';
import css from './slots.module.css';
import { PickClip } from './PickClip';
import { takeFile } from './take';

type SlotName = 'image' | 'lastImage' | 'extend';

/** The pictures or the clip that this mode starts from. */
export function Slots({ card }: { card: Card | undefined }) {
  const { t } = useTranslation('make');
  const { mode, image, lastImage, extend, fill } = useForm();
  const builtIn = isWorld(card);
  if (mode === 'image') {
    return (
      <div className={css.slots}>
        <Slot name="image" title={t('slot.image')} image={image} card={card} />
        <div className={css.slotSide}>
          {builtIn && <p className={css.slotNote}>{t('slot.redrawn')}</p>}
          <FitChoice card={card} />
        </div>
      </div>
    );
  }
  if (mode === 'frames') {
    return (
      <div className={css.slots} data-two>
        <Slot name="image" title={t('slot.first')} image={image} card={card} />
        <span className={css.between}>
          <IconArrowRight size={18} stroke={1.7} aria-hidden />
          <IconButton small label={t('slot.swap')} onClick={() => fill({ mode, image: lastImage, lastImage: image })}>
            <IconArrowsExchange size={16} stroke={1.8} />
          </IconButton>
        </span>
        <Slot name="lastImage" title={t('slot.last')} image={lastImage} card={card} />
        <div className={css.slotUnder}>
          {builtIn && <p className={css.slotNote}>{t('slot.redrawnTwo')}</p>}
          <FitChoice card={card} />
        </div>
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

/** Where a picture has another shape than the clip: what becomes of it, and the choice. */
function FitChoice({ card }: { card: Card | undefined }) {
  const { t } = useTranslation('make');
  const form = useForm();
  const names = otherShapes(form, card);
  const size = sizeOf(givenSize(form, card));
  if (!names.length) return null;
  const said = names.map((name) => {
    const { width = 0, height = 0 } = form[name] ?? {};
    const found = fitted({ width, height }, size, form.fit)!;
    const what = t(form.fit === 'crop' ? `fit.cut.${found.at}` : `fit.padded.${found.at}`, { lost: found.lost });
    return names.length > 1 || form.mode === 'frames'
      ? `${t(name === 'image' ? 'slot.first' : 'slot.last')}: ${what}`
      : what;
  });
  return (
    <div className={css.fit}>
      <Segment
        label={t('fit.label')}
        value={form.fit}
        onChange={(fit) => form.fill({ mode: form.mode, fit })}
        choices={(['crop', 'pad'] as const).map((value) => ({ value, label: t(`fit.${value}`) }))}
      />
      {said.map((text) => (
        <p key={text} className={css.slotNote}>
          {text}
        </p>
      ))}
    </div>
  );
}

interface SlotProps {
  name: SlotName;
  title: string;
  image: GivenImage | null;
  card?: Card;
}

function Slot({ name, title, image, card }: SlotProps) {
  const { t } = useTranslation('make');
  const fill = useForm((form) => form.fill);
  const mode = useForm((form) => form.mode);
  const chooser = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [picking, setPicking] = useState(false);
  const clip = name === 'extend';
  const size = useForm((form) => givenSize(form, card));
  const fit = useForm((form) => form.fit);
  const making = useForm((form) => form.still !== null);

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
          <Shown image={image} title={title} size={clip ? undefined : size} fit={fit} />
          <span className={css.slotClose}>
            <IconButton small label={t('slot.remove')} onClick={() => fill({ mode, [name]: null })}>
              <IconX size={16} stroke={1.9} />
            </IconButton>
          </span>
          <span className={css.slotFrom}>{from(image, t)}</span>
        </div>
      ) : making && name === 'image' ? (
        <div className={css.slotEmpty} role="status">
          <IconPhotoUp size={22} stroke={1.6} aria-hidden />
          <span>{t('still.making')}</span>
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
        accept={clip ? 'video/mp4' : 'image/png,image/jpeg,image/webp,image/gif,image/bmp,video/mp4'}
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
function Shown({ image, title, size, fit }: { image: GivenImage; title: string; size?: string; fit: Fit }) {
  const [broken, setBroken] = useState(false);
  useEffect(() => setBroken(false), [image.url]);
  const instead = 'clipId' in image ? address(`/v1/library/${image.clipId}/content?variant=thumbnail`) : '';
  const { width, height } = sizeOf(size || '0x0');
  const frame =
    width && height
      ? { aspectRatio: `${width} / ${height}`, [width > height ? 'width' : 'height']: '100%' }
      : undefined;
  const wide = (image.width ?? 1) * height > (image.height ?? 1) * width;
  const picture = (
    <img
      key={image.url} // or the picture before would stay until this one is here
      src={broken && instead ? instead : image.url}
      alt={`${title}: ${image.name ?? ''}`}
      onError={() => setBroken(true)}
      data-fit={frame && fit}
      data-wide={wide || undefined}
    />
  );
  if (!frame) return picture;
  return (
    <span className={css.frame} style={frame}>
      {picture}
    </span>
  );
}

function from(image: GivenImage, t: ReturnType<typeof useTranslation<'make'>>['t']): string {
  if (!('clipId' in image)) return image.name;
  return typeof image.at === 'number' ? t('slot.at.moment', { seconds: image.at }) : t(`slot.at.${image.at}`);
}

// The left side of Make: everything that can be asked for, from the plain view to the last number.
import { IconAdjustmentsHorizontal, IconBolt, IconEraser, IconGitBranch, IconX } from '@tabler/icons-react';
import { useRef, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { useCards } from '../api/hooks';
import { CameraField } from '../camera/CameraField';
import { IconButton } from '../parts/Button';
import { Chip } from '../parts/Chip';
import { Logo } from '../parts/Logo';
import { Segment } from '../parts/Segment';
import { toast } from '../parts/toast';
import { Balance } from '../shell/Rail';
import { Words } from '../start/Words';
import { Advanced } from './Advanced';
import { givenSize, usesImages } from './ask';
import { AspectChip, ModelChip, ProjectChip, SecondsChip, SeedChip } from './Chips';
import { EMPTY, useForm, type FormValues } from './form';
import css from './make.module.css';
import { Modes } from './Modes';
import { Prompt } from './Prompt';
import { Read } from './Read';
import { Send } from './Send';
import { aspectOf, sizeOf } from './shapes';
import { Slots } from './Slots';
import { takeFile } from './take';
import { useDropping } from './useDropping';
import { useReading } from './useReading';

export function Composer({ phone, top }: { phone: boolean; top?: React.ReactNode }) {
  const { t } = useTranslation('make');
  const form = useForm();
  const cards = useCards().data;
  const card = cards?.find((one) => one.id === form.model) ?? cards?.[0];
  const reading = useReading(form.prompt);
  const box = useRef<HTMLTextAreaElement>(null);
  const files = (list: FileList | null) => {
    for (const file of [...(list ?? [])].slice(0, 2)) void takeFile(file, t);
  };
  const { dropping, zone } = useDropping(files);
  const size = givenSize(form, card);

  return (
    <form
      className={css.composer}
      id="composer"
      aria-label={t('title')}
      onSubmit={(event) => event.preventDefault()}
      {...zone}
    >
      <div className={css.scroll}>
        <Head phone={phone} />
        {top}
        <Modes card={card} />
        {form.remixOf && form.mode !== 'extend' && <Remix />}
        <Slots card={card} />
        <div className={css.stack}>
          <Prompt box={box} reading={reading} dropping={dropping} short={phone} onFiles={files} />
          {reading && <Read reading={reading} short={phone} />}
        </div>
        <Words card={card} reading={reading} box={box} />
        {form.mode !== 'still' && (
          <CameraField
            value={form.camera}
            onChange={(camera) => form.fill({ camera })}
            reading={reading}
            seconds={form.seconds}
            aspect={size ? aspectOf(sizeOf(size)) : form.aspect}
            image={usesImages(form) ? form.image : undefined}
            advanced={form.advanced}
            extending={form.mode === 'extend'}
            source={form.extend?.clipId}
          />
        )}
        <div className={css.chips}>
          <AspectChip card={card} />
          {form.mode !== 'still' && <SecondsChip card={card} />}
          {(form.advanced || form.seedLocked) && <SeedChip />}
          {form.advanced && <ProjectChip />}
          {form.advanced && <ModelChip card={card} />}
          {phone && (
            <Chip
              icon={<IconBolt size={17} stroke={1.7} aria-hidden />}
              on={form.draft}
              onClick={() => form.fill({ draft: !form.draft })}
            >
              {t('draft')}
            </Chip>
          )}
          {phone && (
            <Chip
              icon={<IconAdjustmentsHorizontal size={17} stroke={1.7} aria-hidden />}
              on={form.advanced}
              onClick={() => form.fill({ advanced: !form.advanced })}
            >
              {t('advanced')}
            </Chip>
          )}
        </div>
        {form.advanced && <Advanced card={card} />}
      </div>
      <Send card={card} phone={phone} onJump={(field) => jump(field, box)} />
    </form>
  );
}

function Head({ phone }: { phone: boolean }) {
  const { t } = useTranslation('make');
  const form = useForm();
  const clear = () => {
    const before: FormValues = { ...form };
    form.clear();
    toast(t('cleared'), { action: { label: t('undo'), run: () => form.fill(before) } });
  };
  const used = form.prompt || form.image || form.lastImage || form.extend || form.camera.kind !== EMPTY.camera.kind;
  return (
    <header className={css.head}>
      {phone && <Logo size={30} />}
      <h1>{t('title')}</h1>
      <span className={css.grow} />
      {used && (
        <IconButton small label={t('clear')} onClick={clear}>
          <IconEraser size={18} stroke={1.7} />
        </IconButton>
      )}
      {phone ? (
        <Balance className={css.balance} />
      ) : (
        <Segment
          label={t('view')}
          value={form.advanced ? 'advanced' : 'simple'}
          onChange={(value) => form.fill({ advanced: value === 'advanced' })}
          choices={[
            { value: 'simple', label: t('simple') },
            { value: 'advanced', label: t('advanced') },
          ]}
        />
      )}
    </header>
  );
}

/** Says that this is another take of a clip, and lets one make it a clip of its own. */
function Remix() {
  const { t } = useTranslation('make');
  const { remixOf, fill } = useForm();
  return (
    <div className={css.remix} title={t('remix.keep')}>
      <IconGitBranch size={16} stroke={1.8} aria-hidden />
      <span>
        {t('remix.of')} <b>{remixOf?.prompt}</b>
      </span>
      <IconButton small label={t('remix.leave')} onClick={() => fill({ remixOf: null })}>
        <IconX size={15} stroke={1.9} />
      </IconButton>
    </div>
  );
}

function jump(field: string, box: RefObject<HTMLTextAreaElement | null>) {
  const slot = document.getElementById(`slot-${field}`);
  if (!slot) return box.current?.focus();
  slot.scrollIntoView({ block: 'center', behavior: 'smooth' });
  slot.querySelector('button')?.focus();
}

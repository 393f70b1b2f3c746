// The left side of Make: everything that can be asked for, from the plain view to the last number.
import { IconAdjustmentsHorizontal, IconBolt, IconEraser, IconGitBranch, IconX } from '@tabler/icons-react';
import { useRef, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { CameraField } from '../camera/CameraField';
import { formWith } from '../models/changes';
import { Greyed } from '../models/Greyed';
import { useModels } from '../models/hooks';
import { ModelBar } from '../models/ModelBar';
import { IconButton } from '../parts/Button';
import { Chip } from '../parts/Chip';
import { Logo } from '../parts/Logo';
import { Segment } from '../parts/Segment';
import { toast } from '../parts/toast';
import { Balance } from '../shell/Rail';
import { Words } from '../start/Words';
import { Advanced } from './Advanced';
import { aspectFor, canMake, givenSize, secondsOf, usesImages } from './ask';
import { AspectChip, ProjectChip, SecondsChip, SeedChip } from './Chips';
import { EMPTY, useForm, type FormValues } from './form';
import { framesOf, isWorld, longest } from './format';
import { Made } from './Made';
import css from './make.module.css';
import { Modes } from './Modes';
import { Prompt } from './Prompt';
import { Read } from './Read';
import { References } from './References';
import { Send } from './Send';
import { aspectOf, sizeOf } from './shapes';
import { Slots } from './Slots';
import { Sound } from './Sound';
import { StillFirst, useStill } from './StillFirst';
import { takeFile } from './take';
import { useDropping } from './useDropping';
import { useQuote } from './useQuote';
import { useReading } from './useReading';
import { WordIt } from './WordIt';

export function Composer({ phone, top }: { phone: boolean; top?: React.ReactNode }) {
  const { t } = useTranslation(['make', 'picker', 'start']);
  const form = useForm();
  const { used, tried, shown: card } = useModels();
  const asked = tried ? formWith(form, tried) : form; // what it would be with the model that is tried on
  const priced = useQuote(asked, card);
  const reading = useReading(isWorld(used) ? form.prompt : '', used?.id);
  const box = useRef<HTMLTextAreaElement>(null);
  const files = (list: FileList | null) => {
    for (const file of [...(list ?? [])].slice(0, 2)) void takeFile(file, t);
  };
  const { dropping, zone } = useDropping(files);
  useStill();
  const size = givenSize(form, card);
  const modeOf = canMake(card, form.mode) ? card : used;
  const cameraOf = card?.modes.includes('camera') ? card : used;
  const timeOf = card && longest(card.format) > 0 ? card : used;
  const jumpTo = (field: string) => jump(field, box);

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
        <ModelBar />
        <Modes card={card} />
        {form.remixOf && form.mode !== 'extend' && <Remix />}
        {form.mode !== 'text' && form.mode !== 'still' && (
          <Greyed why={modeOf === card ? '' : t('picker:without.mode')} name={t(`mode.${form.mode}`)} take={form.mode}>
            <Slots card={modeOf} />
          </Greyed>
        )}
        <div className={css.stack}>
          <Prompt
            box={box}
            reading={reading}
            dropping={dropping}
            names={used?.modes.includes('references') ? form.references.map(({ name }) => name) : null}
            short={phone}
            onFiles={files}
          />
          {used && !tried && <WordIt card={used} />}
          {reading && <Read reading={reading} short={phone} />}
        </div>
        {used?.modes.includes('references') && (
          <Greyed
            why={card?.modes.includes('references') ? '' : t('picker:without.references')}
            name={t('picker:take.references')}
            take="references"
          >
            <References card={used} box={box} />
          </Greyed>
        )}
        {isWorld(used) && (
          <Greyed why={isWorld(card) ? '' : t('picker:without.words')} name={t('start:words.title')}>
            <Words card={used} reading={reading} box={box} />
          </Greyed>
        )}
        {form.mode !== 'still' && cameraOf?.modes.includes('camera') && (
          <Greyed
            why={cameraOf === card ? '' : t('picker:without.camera')}
            name={t('picker:take.camera')}
            take="camera"
          >
            <CameraField
              value={form.camera}
              onChange={(camera) => form.fill({ camera })}
              reading={reading}
              seconds={secondsOf(form, cameraOf)}
              frames={framesOf(cameraOf.format, secondsOf(form, cameraOf), form.mode === 'extend')}
              aspect={size ? aspectOf(sizeOf(size)) : aspectFor(form, card)}
              image={usesImages(form) ? form.image : undefined}
              advanced={form.advanced}
              extending={form.mode === 'extend'}
              source={form.extend?.clipId}
            />
          </Greyed>
        )}
        <div className={css.stack}>
          <div className={css.chips}>
            <AspectChip card={card} />
            {form.mode !== 'still' && <SecondsChip card={timeOf} />}
            {(form.advanced || form.seedLocked) && <SeedChip />}
            {form.advanced && <ProjectChip />}
            {phone && card && card.format.steps > 0 && (
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
          <Made form={asked} card={card} quote={priced.quote} />
        </div>
        <Sound used={used} card={card} />
        {form.advanced && <Advanced used={used} card={card} />}
        {!tried && <StillFirst onJump={jumpTo} />}
      </div>
      <Send form={asked} card={card} used={used} priced={priced} phone={phone} onJump={jumpTo} />
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

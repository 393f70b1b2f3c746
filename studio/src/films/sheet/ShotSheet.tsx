// One shot: its takes, and everything that people decide of it. Every field is a change of the document.
import { Menu, NumberInput, Select, Textarea, TextInput } from '@mantine/core';
import { IconLock, IconLockOpen, IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useCards } from '../../api/hooks';
import { shortName } from '../../models/takes';
import { IconButton } from '../../parts/Button';
import { Chip } from '../../parts/Chip';
import { MoreMenu } from '../../parts/MoreMenu';
import { addShot, moveShot, removeShot, splitShot, toSeconds, written, type Placed } from '../document';
import type { Film } from '../edits';
import { Mark } from '../Mark';
import { label as labelOf, seconds, stateOf, useModelName } from '../say';
import type { Shot } from '../types';
import { useDraft } from '../useDraft';
import { Another } from './Another';
import { Lines } from './Lines';
import css from './sheet.module.css';
import { Takes } from './Takes';

interface Props {
  here: Film;
  placed: Placed;
  length: string | undefined;
  onClose: () => void;
  onChoose: (id: string, open?: boolean) => void;
}

export function ShotSheet({ here, placed, length, onClose, onChoose }: Props) {
  const { t } = useTranslation('films');
  const { film, change } = here;
  const { shotId, shot, label, before } = placed;
  const cards = useCards().data ?? [];
  const modelName = useModelName();
  const otherModel = cards.some(({ id }) => id === shot.model) ? '' : shot.model; // a route, or one that is gone
  const state = stateOf(film, shotId);
  const set = (fields: { [Name in keyof Shot]?: Shot[Name] | null }) => change({ shots: { [shotId]: fields } });
  const length_ = useDraft<number | ''>(toSeconds(shot.seconds) ?? '', (value) =>
    set({ seconds: value === '' ? null : written(value) }),
  );
  const cast = Object.entries(film.document.cast ?? {}).filter(([, member]) => member.kind !== 'place');
  const inIt = shot.cast ?? [];
  const move = (step: 1 | -1) => {
    const patch = moveShot(film.document, placed, step);
    if (patch) change(patch);
  };
  const add = () => {
    const { patch, id } = addShot(film.document, placed.sceneId, shotId);
    change(patch);
    onChoose(id);
  };
  const split = () => {
    const half = toSeconds(shot.seconds);
    const { patch, id } = splitShot(film.document, placed, Math.ceil((shot.lines ?? []).length / 2), half && half / 2);
    change(patch);
    onChoose(id);
  };
  const cause = film.states.find(({ of }) => of === state?.cause && of !== shotId);

  return (
    <div className={css.sheet}>
      <header className={css.head}>
        <h2>{t('shotOf', { label })}</h2>
        {state && <Mark state={state.state} />}
        <span className={css.grow} />
        <IconButton
          small
          label={t(shot.locked ? 'unlock' : 'lock')}
          aria-pressed={Boolean(shot.locked)}
          onClick={() => set({ locked: shot.locked ? null : true })}
        >
          {shot.locked ? (
            <IconLock size={17} stroke={1.8} aria-hidden />
          ) : (
            <IconLockOpen size={17} stroke={1.8} aria-hidden />
          )}
        </IconButton>
        <MoreMenu label={t('moreOf', { title: t('shotOf', { label }) })} width={210}>
          <Menu.Item onClick={add}>{t('addAfter')}</Menu.Item>
          <Menu.Item onClick={split}>{t('split')}</Menu.Item>
          <Menu.Item disabled={!moveShot(film.document, placed, -1)} onClick={() => move(-1)}>
            {t('moveBack')}
          </Menu.Item>
          <Menu.Item disabled={!moveShot(film.document, placed, 1)} onClick={() => move(1)}>
            {t('moveOn')}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            onClick={() => {
              onClose();
              change(removeShot(film.document, placed));
            }}
          >
            {t('removeShot')}
          </Menu.Item>
        </MoreMenu>
        <IconButton small label={t('close')} onClick={onClose}>
          <IconX size={17} stroke={1.8} aria-hidden />
        </IconButton>
      </header>
      <Takes here={here} placed={placed} />
      {state?.why && (
        <p className={css.why} data-state={state.state}>
          {state.state === 'blocked' && cause ? t('waitsFor', { label: labelOf(cause.label) }) : state.why}{' '}
          {cause && (
            <button type="button" onClick={() => onChoose(cause.of)}>
              {t('openShot', { label: labelOf(cause.label) })}
            </button>
          )}
        </p>
      )}
      <Words
        label={t('field.action')}
        value={shot.action ?? ''}
        onCommit={(action) => set({ action: action || null })}
      />
      <Lines here={here} placed={placed} />
      <div className={css.fields}>
        <Row label={t('field.seconds')} note={length && !shot.seconds ? t('follows', { length: seconds(length) }) : ''}>
          <NumberInput
            aria-label={t('field.seconds')}
            size="xs"
            min={0.1}
            max={600}
            step={0.5}
            decimalScale={3}
            placeholder={t('auto')}
            suffix={t('secondsUnit')}
            value={length_.value}
            onChange={(value) => length_.onChange(typeof value === 'number' ? value : '')}
            onBlur={length_.onBlur}
          />
        </Row>
        {(['framing', 'angle', 'camera'] as const).map((name) => (
          <Row key={name} label={t(`field.${name}`)}>
            <Short
              label={t(`field.${name}`)}
              value={shot[name] ?? ''}
              onCommit={(value) => set({ [name]: value || null })}
            />
          </Row>
        ))}
        {cast.length > 0 && (
          <Row label={t('field.cast')}>
            <div className={css.chips} role="group" aria-label={t('field.cast')}>
              {cast.map(([id, member]) => (
                <Chip
                  key={id}
                  on={inIt.includes(id)}
                  onClick={() => set({ cast: inIt.includes(id) ? inIt.filter((one) => one !== id) : [...inIt, id] })}
                >
                  {member.name}
                </Chip>
              ))}
            </div>
          </Row>
        )}
        <Row label={t('field.model')}>
          <Select
            aria-label={t('field.model')}
            size="xs"
            allowDeselect={false}
            value={shot.model ?? ''}
            onChange={(model) => set({ model: model || null })}
            data={[
              { value: '', label: t('filmModel', { model: modelName(film.document.model) }) },
              ...cards.map((card) => ({ value: card.id, label: shortName(card) })),
              ...(otherModel ? [{ value: otherModel, label: otherModel }] : []),
            ]}
          />
        </Row>
        <Row label={t('field.start')}>
          <Select
            aria-label={t('field.start')}
            size="xs"
            allowDeselect={false}
            value={shot.start ?? 'new'}
            onChange={(start) => set({ start: start === 'new' ? null : (start as Shot['start']) })}
            data={[
              { value: 'new', label: t('start.new') },
              { value: 'still', label: t('start.still') },
              { value: 'continue', label: t('start.continue'), disabled: !before },
            ]}
          />
        </Row>
        <Row label={t('field.transition')}>
          <Select
            aria-label={t('field.transition')}
            size="xs"
            allowDeselect={false}
            value={shot.transition ?? 'cut'}
            onChange={(into) => set({ transition: into === 'cut' ? null : (into as Shot['transition']) })}
            data={[
              { value: 'cut', label: t('cut') },
              { value: 'dissolve', label: t('dissolve') },
            ]}
          />
        </Row>
      </div>
      <Another here={here} placed={placed} />
      <Words
        label={t('field.prompt')}
        hint={t('promptWhy')}
        value={shot.prompt ?? ''}
        onCommit={(prompt) => set({ prompt: prompt || null })}
      />
      <Words label={t('field.note')} value={shot.note ?? ''} onCommit={(note) => set({ note: note || null })} />
    </div>
  );
}

function Row({ label, note, children }: { label: string; note?: string; children: ReactNode }) {
  return (
    <div className={css.row}>
      <span>{label}</span>
      <div>
        {children}
        {note && <small>{note}</small>}
      </div>
    </div>
  );
}

export function Words(props: { label: string; hint?: string; value: string; onCommit: (value: string) => void }) {
  const { value, onChange, onBlur } = useDraft(props.value, props.onCommit);
  return (
    <Textarea
      label={props.label}
      description={props.hint}
      autosize
      minRows={1}
      maxRows={8}
      maxLength={4000}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      onBlur={onBlur}
    />
  );
}

export function Short(props: { label: string; value: string; onCommit: (value: string) => void }) {
  const { value, onChange, onBlur } = useDraft(props.value, props.onCommit);
  return (
    <TextInput
      aria-label={props.label}
      size="xs"
      maxLength={60}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      onBlur={onBlur}
    />
  );
}

import { Menu, NumberInput, Popover, Slider, Switch, Tooltip } from '@mantine/core';
import { IconClock, IconDice5, IconFolder, IconLock, IconLockOpen } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useProjects, useVideos } from '../api/hooks';
import type { Card } from '../api/types';
import { Button } from '../parts/Button';
import { Chip } from '../parts/Chip';
import { Segment } from '../parts/Segment';
import { aspectFor, before, givenSize, secondsOf } from './ask';
import { MAX_SEED, useForm } from './form';
import { lengthsOf, longest, shortest, sizesOf } from './format';
import css from './make.module.css';
import { aspectOf, aspects, ratioOf, sizeOf } from './shapes';

const LINE = { size: 17, stroke: 1.7, 'aria-hidden': true } as const;
const USUAL_MOST = 20; // the slider's end, where the model goes further: more can be typed

export function AspectChip({ card }: { card: Card | undefined }) {
  const { t } = useTranslation('make');
  const form = useForm();
  const given = givenSize(form, card);
  const shown = given ? aspectOf(sizeOf(given)) : aspectFor(form, card);
  const known = card ? aspects(sizesOf(card, form.tier)) : [shown];
  const tiers = card && card.format.tiers.length > 1 ? card.format.tiers : [];
  const tier = tiers.find((one) => one.name === form.tier) ?? tiers[0];
  const chip = (
    <Chip
      icon={<Frame aspect={shown} />}
      disabled={Boolean(given)}
      aria-label={`${t('aspect')}: ${shown}${tier ? `, ${tier.name}` : ''}`}
    >
      {shown}
      {tier && !given ? ` · ${tier.name}` : ''}
    </Chip>
  );
  if (given) {
    return (
      <Tooltip label={t('aspectFixed')} events={{ hover: true, focus: true, touch: true }}>
        <span tabIndex={0} aria-label={`${t('aspect')}: ${shown}. ${t('aspectFixed')}`} role="note">
          {chip}
        </span>
      </Tooltip>
    );
  }
  return (
    <Menu position="bottom-start" width={140}>
      <Menu.Target>{chip}</Menu.Target>
      <Menu.Dropdown>
        {known.map((aspect) => (
          <Menu.Item
            key={aspect}
            leftSection={<Frame aspect={aspect} />}
            aria-current={aspect === shown}
            onClick={() => form.fill({ aspect })}
          >
            {aspect}
          </Menu.Item>
        ))}
        {tiers.length > 0 && <Menu.Label>{t('tier')}</Menu.Label>}
        {tiers.map(({ name }) => (
          <Menu.Item
            key={name}
            aria-current={name === tier?.name}
            onClick={() => form.fill({ tier: name === tiers[0]?.name ? '' : name })}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** The shape itself, as an icon. */
function Frame({ aspect }: { aspect: string }) {
  const ratio = ratioOf(aspect);
  const [width, height] = ratio > 1 ? [16, 10] : ratio < 1 ? [10, 16] : [13, 13];
  return (
    <svg width="18" height="18" viewBox="0 0 18 18" fill="none" stroke="currentColor" strokeWidth="1.6" aria-hidden>
      <rect x={(18 - width) / 2} y={(18 - height) / 2} width={width} height={height} rx="2" />
    </svg>
  );
}

export function SecondsChip({ card }: { card: Card | undefined }) {
  const { t } = useTranslation('make');
  const form = useForm();
  const { mode, fill } = form;
  if (!card) return null;
  const seconds = secondsOf(form, card);
  const { lengths } = card.format;
  const [least, most] = [shortest(card.format), longest(card.format, before(form))];
  const said = t(mode === 'extend' ? 'seconds.more' : 'seconds.value', { count: seconds });
  return (
    <Popover position="bottom-start" width={272} trapFocus>
      <Popover.Target>
        <PopChip icon={<IconClock {...LINE} />} name={`${t('seconds.label')}: ${said}`}>
          {said}
        </PopChip>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={css.pop}>
          <span className="label">{t('seconds.label')}</span>
          <Segment
            label={t('seconds.label')}
            value={seconds}
            onChange={(value) => fill({ seconds: value })}
            choices={lengthsOf(card.format, before(form)).map((length) => ({
              value: length,
              label: String(length),
            }))}
            className={css.tight}
          />
          {!lengths.length && (
            <div className={css.sliderRow}>
              <Slider
                thumbLabel={t('seconds.label')}
                min={least}
                max={Math.min(most, USUAL_MOST)}
                step={0.5}
                value={Math.min(seconds, USUAL_MOST)}
                onChange={(value) => fill({ seconds: value })}
                label={null}
              />
              <NumberInput
                aria-label={t('seconds.label')}
                size="xs"
                w={66}
                min={least}
                max={most}
                step={0.5}
                decimalScale={1}
                value={seconds}
                onChange={(value) =>
                  typeof value === 'number' && value >= least && fill({ seconds: Math.min(value, most) })
                }
              />
            </div>
          )}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

export function SeedChip() {
  const { t } = useTranslation('make');
  const { seed, seedLocked, fill } = useForm();
  const newest = useVideos().data?.data.find((video) => video.seed !== null)?.seed;
  const locked = seedLocked && seed !== null;
  const said = locked ? t('seed.locked', { seed }) : t('seed.any');
  return (
    <Popover position="bottom-start" width={272} trapFocus>
      <Popover.Target>
        <PopChip icon={locked ? <IconLock {...LINE} /> : <IconLockOpen {...LINE} />} name={said}>
          {said}
        </PopChip>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={css.pop}>
          <Switch
            label={t('seed.lock')}
            checked={locked}
            onChange={(event) => fill({ seedLocked: event.currentTarget.checked, seed: seed ?? newest ?? drawn() })}
          />
          <NumberInput
            aria-label={t('seed.label')}
            min={0}
            max={MAX_SEED}
            allowDecimal={false}
            allowNegative={false}
            hideControls
            value={seed ?? ''}
            placeholder={t('seed.any')}
            onChange={(value) =>
              fill(typeof value === 'number' ? { seed: value, seedLocked: true } : { seed: null, seedLocked: false })
            }
          />
          <div className={css.popRow}>
            <Button
              small
              icon={<IconDice5 size={16} stroke={1.8} aria-hidden />}
              onClick={() => fill({ seed: drawn(), seedLocked: true })}
            >
              {t('seed.new')}
            </Button>
          </div>
          {newest !== undefined && newest !== null && newest !== seed && (
            <button type="button" className={css.link} onClick={() => fill({ seed: newest, seedLocked: true })}>
              {t('seed.last')}: {newest}
            </button>
          )}
          <p className="cap">{t('seed.note')}</p>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function drawn(): number {
  return Math.floor(Math.random() * 100_000); // short ones are easier to say to somebody
}

export function ProjectChip() {
  const { t } = useTranslation('make');
  const projects = useProjects().data ?? [];
  const { projectId, fill } = useForm();
  const chosen = projects.find((project) => project.id === projectId);
  if (!projects.length) return null;
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <Chip icon={<IconFolder {...LINE} />} aria-label={`${t('project')}: ${chosen?.name ?? t('noProject')}`}>
          <span className={css.modelName}>{chosen?.name ?? t('project')}</span>
        </Chip>
      </Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflow: 'auto' }}>
        <Menu.Item onClick={() => fill({ projectId: null })}>{t('noProject')}</Menu.Item>
        {projects.map((project) => (
          <Menu.Item key={project.id} onClick={() => fill({ projectId: project.id })}>
            {project.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

interface PopProps {
  icon: ReactNode;
  name: string;
  children: ReactNode;
}

function PopChip({ icon, name, children, ...rest }: PopProps) {
  return (
    <Chip icon={icon} aria-label={name} {...rest}>
      {children}
    </Chip>
  );
}

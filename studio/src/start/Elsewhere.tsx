// Which other models there are, and how one gets them: those of this server, an engine of one's own, and what is not
// there yet, which is said.

import { IconBinaryTree2, IconCpu, IconKey, IconPlug } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useCards } from '../api/hooks';
import { Tag } from '../parts/Tag';
import css from './start.module.css';

const ICON = { size: 20, stroke: 1.6, 'aria-hidden': true } as const;

export function Elsewhere({ page }: { page?: boolean }) {
  const { t } = useTranslation('start');
  const others = (useCards().data ?? []).filter((card) => !card.default);
  const Title = page ? 'h2' : 'h3';
  return (
    <section className={css.elsewhere} aria-labelledby="elsewhere">
      <header className="head">
        <Title id="elsewhere">{t('elsewhere.title')}</Title>
        <span className="grow meta">{t('elsewhere.only', { count: others.length })}</span>
        {!page && (
          <Link to="/models" className="label">
            {t('elsewhere.all')}
          </Link>
        )}
      </header>
      <ul>
        {others.map((card) => (
          <Way key={card.id} icon={<IconCpu {...ICON} />} title={card.title || card.id} text={card.limits} />
        ))}
        <Way icon={<IconPlug {...ICON} />} title={t('elsewhere.own')} text={t('elsewhere.ownText')}>
          <code>vitascope serve --engine module:factory</code>
        </Way>
        <Way later icon={<IconCpu {...ICON} />} title={t('elsewhere.open')} text={t('elsewhere.openText')} />
        <Way later icon={<IconKey {...ICON} />} title={t('elsewhere.vendor')} text={t('elsewhere.vendorText')} />
        <Way later icon={<IconBinaryTree2 {...ICON} />} title={t('elsewhere.comfy')} text={t('elsewhere.comfyText')} />
      </ul>
    </section>
  );
}

interface WayProps {
  icon: React.ReactNode;
  title: string;
  text: string;
  later?: boolean; // it is not in this version
  children?: React.ReactNode;
}

function Way({ icon, title, text, later, children }: WayProps) {
  const { t } = useTranslation('start');
  return (
    <li>
      <span className={css.icon}>{icon}</span>
      <div>
        <b>{title}</b>
        <p>{text}</p>
        {children}
        <Tag tone={later ? undefined : 'ok'}>{t(later ? 'elsewhere.later' : 'elsewhere.now')}</Tag>
      </div>
    </li>
  );
}

import { Popover } from '@mantine/core';
import {
  IconAperture,
  IconChartBar,
  IconKey,
  IconKeyboard,
  IconLogout,
  IconServer,
  IconUser,
} from '@tabler/icons-react';
import { useState, type ReactElement, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { api, call } from '../api/client';
import { queries, useAccount, useSettings } from '../api/hooks';
import { useNames } from '../parts/names';
import { Segment } from '../parts/Segment';
import type { Language } from '../words';
import { openHelp } from './Help';
import { chooseLanguage, chooseTheme, usePrefs } from './prefs';

const LINE = { size: 18, stroke: 1.7, 'aria-hidden': true } as const;

interface Props {
  target: (open: () => void) => ReactElement;
  position: 'right-end' | 'top-end';
  short?: boolean; // on phones, where the rail's pages are here too
}

/** Who is signed in, the pages about them, theme and language. */
export function YouMenu({ target, position, short = false }: Props) {
  const { t } = useTranslation('shell');
  const names = useNames();
  const go = useNavigate();
  const [open, setOpen] = useState(false);
  const { data: account } = useAccount();
  const { choice, language } = usePrefs();
  const settings = useSettings();
  const close = () => setOpen(false);

  const speak = (wanted: Language) => {
    chooseLanguage(wanted);
    if (account) settings.mutate({ language: wanted });
  };
  const leave = async () => {
    await call(api.POST('/v1/account/logout'));
    queries.clear();
    void go('/signin');
  };
  const page = (to: string, icon: ReactNode, word: string) => (
    <li>
      <Link to={to} className="you-item" onClick={close}>
        {icon}
        {word}
      </Link>
    </li>
  );
  const operates = account?.role === 'owner' || account?.role === 'admin';

  return (
    <Popover opened={open} onChange={setOpen} position={position} width={264} trapFocus returnFocus>
      <Popover.Target>{target(() => setOpen((was) => !was))}</Popover.Target>
      <Popover.Dropdown aria-label={t('you')}>
        {account && (
          <div className="you-who">
            <strong>{names.person(account.name) || account.email}</strong>
            <span className="cap">{names.plan(account.plan_title)}</span>
          </div>
        )}
        <ul className="you-list">
          {page('/account', <IconUser {...LINE} />, t('account'))}
          {page('/keys', <IconKey {...LINE} />, t('keys'))}
          {short && page('/models', <IconAperture {...LINE} />, t('models'))}
          {short && page('/usage', <IconChartBar {...LINE} />, t('usage'))}
          {operates && page('/operator', <IconServer {...LINE} />, t('operator'))}
          {!short && (
            <li>
              <button
                type="button"
                className="you-item"
                onClick={() => {
                  close();
                  openHelp();
                }}
              >
                <IconKeyboard {...LINE} />
                {t('shortcuts')}
                <kbd>?</kbd>
              </button>
            </li>
          )}
        </ul>
        <div className="you-choice">
          <Segment
            label={t('theme')}
            value={choice}
            onChange={chooseTheme}
            choices={[
              { value: 'auto', label: t('themeAuto') },
              { value: 'light', label: t('themeLight') },
              { value: 'dark', label: t('themeDark') },
            ]}
          />
          <Segment
            label={t('language')}
            value={language}
            onChange={speak}
            choices={[
              { value: 'en', label: 'English' },
              { value: 'zh', label: '中文' },
            ]}
          />
        </div>
        {account?.signed_in_by === 'session' && (
          <button type="button" className="you-item" onClick={() => void leave()}>
            <IconLogout {...LINE} />
            {t('signOut')}
          </button>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

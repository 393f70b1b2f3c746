/** Signing in with an address and a password; the owner of the machine needs neither. */
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link, useLocation, useNavigate } from 'react-router';
import { api, call } from '../api/client';
import { queries, useDoor } from '../api/hooks';
import { Gate } from './Gate';

export default function SignIn() {
  const { t } = useTranslation('pages');
  const go = useNavigate();
  const state = useLocation().state as { from?: string; note?: string } | null;
  const door = useDoor();
  const enter = useMutation({
    mutationFn: ({ email, password }: { email: string; password: string }) =>
      call(api.POST('/v1/account/login', { body: { email: email.trim(), password } })),
    onSuccess: (account) => {
      queries.clear();
      queries.setQueryData(['account'], account);
      void go(state?.from ?? '/', { replace: true });
    },
  });
  return (
    <Gate
      title={t('sign.in')}
      note={state?.note === 'changed' || state?.note === 'deleted' ? t(`account.${state.note}`) : undefined}
      isNew={false}
      error={enter.error}
      busy={enter.isPending}
      onSend={enter.mutate}
      foot={
        <>
          {door.data?.local && <Link to="/">{t('sign.local')}</Link>}
          {door.data?.signup_open && (
            <span>
              {t('sign.noAccount')} <Link to="/signup">{t('sign.up')}</Link>
            </span>
          )}
          {door.data?.own_machine && !door.data.local && <span>{t('sign.ownMachine')}</span>}
          {door.data && !door.data.own_machine && !door.data.signup_open && <span>{t('sign.closed')}</span>}
        </>
      }
    />
  );
}
